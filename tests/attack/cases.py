"""Commands that write, each on inputs made once: what is killed, and what is run twice at once.

A desk is a folder of its own for one try: `in` leads to the inputs, what a command changes is a
copy, and beside all outputs lie files of a person under names that a careless writer would take.
"""

import hashlib
import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from PIL import Image
from tests.annotation.server import KEY, MODEL
from tests.cutbench.features.toys import dinov2
from tests.cutbench.frozen import frozen
from tests.cutbench.makers import __file__ as makers
from tests.films.footage import shots, write_film
from tests.generation import loras
from tests.generation.toy import toy
from tests.recipes.folders import film_cut, written
from tests.recipes.lora.runs import saved_toy
from tests.training.batches.sets import film

from cut2next.curation.decisions import Decision, Verdict, write_decisions
from cut2next.cuts.annotating import ANSWERS
from cut2next.cuts.dataset import read_records
from cut2next.cuts.exporting import export
from cut2next.cuts.record import CutRecord, ShotRecord
from cut2next.film import IndividualPrompt, RelationalPrompt
from cut2next.film.keyframe import write_png
from cut2next.film.png_prompt import png_text

Told = Callable[[Path], bytes]
"""What counts of a file, where not every byte does."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A command that writes."""

    name: str
    words: tuple[str, ...]
    """Relative to a desk; {server} is the address of one that annotates."""
    out: str
    """What it makes, beside which a person's files are put."""
    copied: tuple[str, ...] = ()
    """Inputs that it changes, copied to the desk."""
    told: Mapping[str, Told] = field(default_factory=dict)
    """By a pattern of paths: what counts of a file."""
    often: bool = False
    """Whether a share of its kills is in every run of the tests."""
    by_hand: bool = False
    """Whether it takes too long for any: `python -m tests.attack` has it all the same."""


def make_inputs(folder: Path) -> Path:
    """All that the cases are given."""
    written(folder / "cuts", [film_cut(number) for number in range(3)])
    written(folder / "more", [film_cut(number) for number in range(2, 5)])
    written(folder / "bare", [_bare(film_cut(number)) for number in range(3)])
    export(read_records(folder / "cuts"), folder / "plain")
    film(folder / "small", 5)
    (folder / "films").mkdir()
    for number in range(2):
        write_film(folder / "films" / f"{number}.mp4", shots(range(3 * number, 3 * number + 3)))
    saved_toy(folder / "model")
    toy(default_size=[96, 48], default_steps=1).save_pretrained(folder / "wide")
    loras.written(folder)
    dinov2(folder / "dino")
    frozen(folder / "walls", 4)
    (folder / "copier.sh").write_text("sleep 0.05; cp $1/current.png $1/next.png\n")
    image = Image.linear_gradient("L").resize((48, 32)).convert("RGB")
    write_png(image, folder / "current.png", png_text(IndividualPrompt(summary="red fox")))
    lines = [{"image": "in/current.png", "output": f"{at}.png", "seed": at} for at in range(3)]
    (folder / "requests.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in lines))
    cuts = [{"next": "fox", "pattern": "cut-in", "seed": at} for at in range(3)]
    (folder / "plan.json").write_text(json.dumps({"image": "in/current.png", "cuts": cuts}))
    kept = [Decision(id=film_cut(number).id, verdict=Verdict.KEEP) for number in range(2)]
    write_decisions(folder / "decisions.csv", kept)
    return folder


def _bare(record: CutRecord) -> CutRecord:
    """As `data rawcuts` leaves it."""

    def shot(of: ShotRecord) -> ShotRecord:
        return replace(of, prompt=IndividualPrompt(summary=""))

    plain = {"current": shot(record.current), "next": shot(record.next)}
    none = RelationalPrompt(transition="")
    return replace(record, **plain, relational=none, patterns=frozenset())  # type: ignore[arg-type]


def make_desk(folder: Path, case: Case, inputs: Path) -> Path:
    """A folder to run a case in, with a person's own files."""
    folder.mkdir()
    (folder / "in").symlink_to(inputs)
    (folder / "tmp").mkdir()
    for name in case.copied:
        shutil.copytree(inputs / name, folder / name)
    out = folder / case.out
    for name in (f"{out.name}.old", f"{out.name}.part", f".{out.name}.old", ".data.old", "lock"):
        (out.parent / name).mkdir(parents=True, exist_ok=True)
        (out.parent / name / "mine").write_text("a person's")
    (out.parent / f"{out.name}.tmp").write_text("a person's")
    return folder


def words_of(case: Case, server: str) -> list[str]:
    """What is typed."""
    return [word.replace("{server}", server) for word in case.words]


def environment(desk: Path) -> dict[str, str]:
    """In which it is typed."""
    return {"TMPDIR": str(desk / "tmp"), "GEMINI_API_KEY": KEY, "NUMBA_NUM_THREADS": "1"}


def seen(desk: Path, case: Case) -> dict[str, str]:
    """All that lies on a desk, by path: what counts of each file, as a digest."""
    found = {}
    for path in sorted(desk.rglob("*")):
        name = str(path.relative_to(desk))
        if name == "tmp/.ses":  # onnxruntime's, which a library loads
            continue
        if not path.is_symlink() and path.is_file():
            tell = next((t for like, t in case.told.items() if re.fullmatch(like, name)), None)
            data = tell(path) if tell else path.read_bytes()
            found[name] = hashlib.sha256(data).hexdigest()
        else:
            found[name] = "folder" if path.is_dir() else "link"
    return found


def without(*patterns: str) -> Told:
    """A text without what changes from run to run."""

    def told(path: Path) -> bytes:
        text = path.read_bytes()
        for pattern in patterns:
            text = re.sub(pattern.encode(), b"", text)
        return text

    return told


def tensors(path: Path) -> bytes:
    """A safetensors file without its header, which has a date."""
    data = path.read_bytes()
    return data[8 + int.from_bytes(data[:8], "little") :]


def answers(path: Path) -> bytes:
    """Answers in whatever order they came."""
    lines = map(json.loads, path.read_text().splitlines()[1:])
    return repr(sorted((line["key"], line["raw"]) for line in lines)).encode()


def rows(path: Path) -> bytes:
    """What an SQLite file holds."""
    with closing(sqlite3.connect(path)) as database:
        return "\n".join(database.iterdump()).encode()


_SECONDS = r'"[a-z_ ]*seconds?": ?[0-9.e+-]+'
_LORA = (
    "--rank 2 --batch 2 --each 2 --warmup 1 --held-out 1 --size 64x48 --steps 4 "
    "--checkpoint-every 1 --validate-every 2 --device cpu"
)
_ASKED = ("--annotator", "gemini", "--model", MODEL, "--base-url", "{server}")
_BENCH = {
    r"out/features\.sqlite": rows,
    r"out/entries/.*/shots\.jsonl": without(_SECONDS),
    r"out/report\.(json|html|md)": without(_SECONDS, r"[0-9.]+ s\b"),
}


def case(name: str, words: str, out: str, **more: object) -> Case:
    return Case(name=name, words=tuple(words.split()), out=out, **more)  # type: ignore[arg-type]


CASES: tuple[Case, ...] = (
    case("soundstage", "soundstage cuts --count 2 --workers 1", "cuts"),
    case("export", "data export in/cuts plain", "plain"),
    case("import", "data import in/plain cuts", "cuts"),
    case("merge", "data merge in/cuts in/more --out all", "all"),
    case(
        "filter",
        "data filter cuts --max-motion 0.0001",
        "cuts/data",
        copied=("cuts",),
        often=True,
    ),
    case("split", "data split cuts --test 0.5", "cuts/data", copied=("cuts",)),
    case("report", "data report in/cuts --out report", "report"),
    case("curate", "data curate cuts", "cuts/curation/images", copied=("cuts",), often=True),
    case("apply", "data curate in/cuts --apply in/decisions.csv --out chosen", "chosen"),
    case("rawcuts", "data rawcuts in/films --out cuts --no-text --workers 1", "cuts"),
    Case(
        name="annotate",
        words=("data", "annotate", "bare", *_ASKED),
        out="bare/data",
        copied=("bare",),
        told={f"bare/{ANSWERS}": answers},
        often=True,
    ),
    case(
        "lora merge",
        "lora merge in/mine.safetensors --model in/model -o merged",
        "merged",
    ),
    case(
        "lora convert",
        "lora convert in/mine.safetensors --to kohya -o k.safetensors",
        "k.safetensors",
        told={"k.safetensors": tensors},
    ),
    case(
        "generate",
        "generate in/current.png --next fox --pattern cut-in --model in/model -o next.png",
        "next.png",
    ),
    case(
        "batch",
        "generate --batch in/requests.jsonl --next fox --pattern cut-in --model in/model",
        "0.png",
    ),
    case("storyboard", "storyboard in/plan.json --model in/model --out out", "out"),
    case("build", "bench build in/cuts --split train -o cases", "cases"),
    Case(
        name="bench run",
        words=(
            *("bench", "run", "--cases", "in/walls", "--out", "out", "--dino", "in/dino"),
            *("--makers", f"{makers}:blue,copier=command:sh in/copier.sh"),
        ),
        out="out",
        told=_BENCH,
    ),
    case(
        "bench soundstage",
        "bench soundstage --model in/wide --count 1 --probes 0 --only cafe --out out",
        "out",
    ),
    case(
        "train lora",
        f"train rawcuts in/small --model in/model -o run {_LORA}",
        "run",
        told={r"run/metrics\.jsonl": without(_SECONDS), r"run/lora\.safetensors": tensors},
    ),
    case(
        "train mini",
        "train mini --folder run --steps 2 --groups 1 --sets 2",
        "run",
        told={r"run/metrics\.jsonl": without(_SECONDS)},
    ),
    case(
        "experiments",
        "experiments --folder run --only closed --sets 2 --base-steps 1 --steps 2 --seeds 1"
        " --cuts 2",
        "run",
        told={
            r"run/(runs/.*/)?cost\.json": lambda path: b"",
            r"run/report/experiments/values\.parquet": lambda path: b"",
            r"run/report/experiments\.md": without(r"processor hours.*"),
            r"run/report/experiments/figures\.json": without(r'"processor hours[^}]*\}'),
        },
        by_hand=True,
    ),
)
IN_TESTS = tuple(case for case in CASES if not case.by_hand)
OFTEN = tuple(case for case in IN_TESTS if case.often)
