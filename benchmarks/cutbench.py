"""How fast entries are scored: beside networks that read the pictures, and from stored features.

    python benchmarks/cutbench.py [--cases 1000] [--side 384x160] [--dinov2 NAME] [--clip NAME]

Without names, tiny untrained networks stand in, in the layout of the public ones: what is then told
is nearly all of it scoring, and not reading. Three figures for one entry and the three controls:

- reading: a network reads each different picture once, from memory, and nothing else is done;
- scoring: `cut2next bench score`'s own loop on an empty store: files are read and checked, networks
  read what is new, features are kept, all metrics are taken;
- again: the same with all features stored.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tokenizers.pre_tokenizers import ByteLevel
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer, Dinov2Config, Dinov2Model
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from cut2next.cutbench.benchmark import Benchmark, MadeFrom, open_benchmark
from cut2next.cutbench.entry import Entry, Manifest, ShotLine, open_entry
from cut2next.cutbench.features.clip import CLIP
from cut2next.cutbench.features.dinov2 import DINOv2
from cut2next.cutbench.features.features import Features
from cut2next.cutbench.features.store import FeatureStore
from cut2next.cutbench.freezing import About, CaseToFreeze, freeze, png
from cut2next.cutbench.lines import StoredPicture, to_line
from cut2next.cutbench.metrics.learned import learned_metrics, set_metrics
from cut2next.cutbench.results import Results
from cut2next.cutbench.scoring import Scoring
from cut2next.film import Cut, EditingPattern, IndividualPrompt, RelationalPrompt, Shot

Seconds = tuple[float, float]
"""Of the processor, which a busy machine leaves as they are, and by the clock."""
TOWER = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}


def main() -> None:
    """Time, and show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--side", default="384x160", help="width and height of pictures")
    parser.add_argument("--dinov2", help="folder or hub name")
    parser.add_argument("--clip", help="folder or hub name")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    width, height = map(int, args.side.split("x"))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        benchmark, entry = cases_and_entry(folder, args.cases, (width, height))
        names = args.dinov2 or tiny_dinov2(folder), args.clip or tiny_clip(folder)
        networks = DINOv2(str(names[0])), CLIP(str(names[1]))
        pictures = different_pictures(benchmark, entry)
        found = {
            "cases": args.cases,
            "pictures": len(pictures),
            "reading": seconds_reading(networks, pictures),
            "scoring": seconds_scoring(networks, folder, benchmark, entry),
            "again": seconds_scoring(networks, folder, benchmark, entry),
        }
    print(
        f"{args.cases} cases, {len(pictures)} different pictures; of the processor and by the clock"
    )
    for name in ("reading", "scoring", "again"):
        work, taken = found[name]
        print(f"{name:8} {work:7.1f} s {taken:7.1f} s")
    if args.json:
        args.json.write_text(json.dumps(found, indent=1))


def now() -> Seconds:
    """Where both clocks stand."""
    return time.process_time(), time.perf_counter()


def since(began: Seconds) -> Seconds:
    """What has gone by."""
    return time.process_time() - began[0], time.perf_counter() - began[1]


def seconds_reading(networks: Sequence[DINOv2 | CLIP], pictures: list[Image.Image]) -> Seconds:
    """Both networks, each picture once."""
    began = now()
    for network in networks:
        for start in range(0, len(pictures), 32):
            network.read_pictures(pictures[start : start + 32])
    return since(began)


def seconds_scoring(
    networks: tuple[DINOv2, CLIP], folder: Path, benchmark: Benchmark, entry: Entry
) -> Seconds:
    """The whole loop, with what the store has."""
    store = FeatureStore(folder / "features.sqlite")
    dinov2, clip = (Features(network, store) for network in networks)
    scoring = Scoring(
        benchmark=benchmark,
        entries=[entry],
        metrics=learned_metrics(dinov2, clip, strangers=0.9),
        set_metrics=set_metrics(dinov2, clip),
    )
    began = now()
    results = Results(scoring=scoring, scored=list(scoring.run()))
    told = results.figures, results.distances
    taken = since(began)
    assert all(len(of) == 4 for of in told)
    store.close()
    return taken


def cases_and_entry(folder: Path, count: int, size: tuple[int, int]) -> tuple[Benchmark, Entry]:
    """A benchmark of soft patches of colour, eight cuts a film, and an entry for it."""
    freeze(
        (case(number, size) for number in range(count)),
        About(name="patches", version="1", licence="CC0-1.0", made_by=MADE_BY),
        folder / "cases",
    )
    benchmark = open_benchmark(folder / "cases")
    entry = folder / "entry"
    (entry / "shots").mkdir(parents=True)
    manifest = Manifest(maker="patches", benchmark=benchmark.digest)
    (entry / "manifest.json").write_text(manifest.model_dump_json())
    with (entry / "shots.jsonl").open("w") as lines:
        for number, each in enumerate(benchmark.cases):
            data = png(patches(3 * number + 2, size))
            file = f"shots/{each.name}.png"
            (entry / file).write_bytes(data)
            shot = StoredPicture(file=file, sha256=sha256(data).hexdigest())
            lines.write(to_line(ShotLine(case=each.name, shot=shot)))
    return benchmark, open_entry(entry, benchmark)


MADE_BY = MadeFrom(tool="benchmarks/cutbench.py", version="1")


def case(number: int, size: tuple[int, int]) -> CaseToFreeze:
    """A cut between two pictures."""
    shots = [
        Shot(
            name=f"{number}-{side}",
            keyframe=patches(3 * number + side, size),
            prompt=IndividualPrompt(summary=f"Patches {number} {side}", description="soft " * 60),
        )
        for side in range(2)
    ]
    cut = Cut(
        film=f"film-{number // 8}",
        current=shots[0],
        next=shots[1],
        patterns=frozenset({EditingPattern.CUT_IN}),
        relational=RelationalPrompt(transition="The transition is a cut-in"),
    )
    return CaseToFreeze(cut=cut, current=png(shots[0].keyframe), following=png(shots[1].keyframe))


def patches(seed: int, size: tuple[int, int]) -> Image.Image:
    """A picture of its own."""
    few = np.random.default_rng(seed).integers(0, 256, (8, 16, 3), np.uint8)
    return Image.fromarray(few).resize(size, Image.Resampling.BICUBIC)


def different_pictures(benchmark: Benchmark, entry: Entry) -> list[Image.Image]:
    """All that scoring shows to a network."""
    return [
        picture
        for each in benchmark.cases
        for picture in (
            each.case().cut.current.keyframe,
            each.case().true_next,
            entry.picture(entry.shots[each.name, 1], each),
        )
        if picture is not None
    ]


def tiny_dinov2(folder: Path) -> Path:
    """In the layout of facebook/dinov2-base."""
    torch.manual_seed(0)
    Dinov2Model(Dinov2Config(**TOWER, image_size=224, patch_size=14)).save_pretrained(
        folder / "dinov2"
    )
    BitImageProcessorPil(
        size={"shortest_edge": 256}, crop_size={"height": 224, "width": 224}
    ).save_pretrained(folder / "dinov2")
    return folder / "dinov2"


def tiny_clip(folder: Path) -> Path:
    """In the layout of openai/clip-vit-base-patch32, with an alphabet for its vocabulary."""
    letters = sorted(ByteLevel.alphabet())
    names = [*letters, *(f"{one}</w>" for one in letters), "<|startoftext|>", "<|endoftext|>"]
    tower = {**TOWER, "intermediate_size": 256}
    ends = {"bos_token_id": len(names) - 2, "eos_token_id": len(names) - 1}
    torch.manual_seed(0)
    CLIPModel(
        CLIPConfig(
            text_config={**tower, "vocab_size": len(names), **ends},
            vision_config={**tower, "image_size": 224, "patch_size": 32},
        )
    ).save_pretrained(folder / "clip")
    CLIPImageProcessorPil().save_pretrained(folder / "clip")
    CLIPTokenizer(vocab={name: at for at, name in enumerate(names)}, merges=[]).save_pretrained(
        folder / "clip"
    )
    return folder / "clip"


if __name__ == "__main__":
    main()
