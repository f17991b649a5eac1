"""Small frozen benchmarks between plain colours, and entries for them."""

import json
from hashlib import sha256
from pathlib import Path

from PIL import Image
from tests.cutbench.cuts import cut

from cut2next.cutbench.benchmark import Benchmark, MadeFrom, open_benchmark
from cut2next.cutbench.freezing import About, CaseToFreeze, freeze, png
from cut2next.film import EditingPattern

ABOUT = About(
    name="Walls", version="1", licence="CC0-1.0", made_by=MadeFrom(tool="tests", version="0")
)
PATTERNS = tuple(EditingPattern)


def case(number: int) -> CaseToFreeze:
    """One of a film of its own, each of the next pattern."""
    made = cut(number, PATTERNS[number % len(PATTERNS)])
    current, following = png(made.current.keyframe), png(made.next.keyframe)
    return CaseToFreeze(cut=made, current=current, following=following)


def frozen(folder: Path, count: int = 5) -> Benchmark:
    """A benchmark of so many cases."""
    freeze(map(case, range(count)), ABOUT, folder)
    return open_benchmark(folder)


def entry(folder: Path, benchmark: Benchmark, color: str = "blue", maker: str = "me") -> Path:
    """What an entrant would hand in, written with nothing of ours."""
    (folder / "shots").mkdir(parents=True)
    lines = []
    for each in benchmark.cases:
        file = folder / "shots" / f"{each.name}.png"
        Image.new("RGB", each.line.size, color).save(file)
        shot = {"file": f"shots/{each.name}.png", "sha256": sha256(file.read_bytes()).hexdigest()}
        lines.append(json.dumps({"case": each.name, "shot": shot}))
    (folder / "shots.jsonl").write_text("\n".join(lines) + "\n")
    manifest = {"cut2next": "entry", "format": 1, "maker": maker, "benchmark": benchmark.digest}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder
