"""A small frozen benchmark and entries for it, written by hand: pictures of plain colours."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from PIL import Image
from PIL.ImageCms import ImageCmsProfile, createProfile
from PIL.PngImagePlugin import PngInfo

from cut2next.cutbench.benchmark import Benchmark, open_benchmark
from cut2next.cutbench.entry import Entry, open_entry
from cut2next.cutbench.study.design import StudyFacts, designed
from cut2next.film import EditingPattern

SIZE = (64, 36)
COLORS = {"current": 40, "next": 90, "good": 140, "bad": 190, "ugly": 240}
"""The red of each kind of picture; green counts the cases."""


@dataclass(frozen=True)
class Desk:
    """What a study is made of."""

    benchmark: Benchmark
    entries: list[Entry]

    def study(
        self, *, items: int = 8, repeats: int = 2, checks: int = 2, seed: int = 5
    ) -> StudyFacts:
        """A study of all of it."""
        return designed(
            self.benchmark, self.entries, items=items, repeats=repeats, checks=checks, seed=seed
        )


def furnished(
    folder: Path,
    makers: Sequence[str] = ("good", "bad"),
    *,
    cases: int = 8,
    films: int = 2,
    text: str = "",
    size: tuple[int, int] = SIZE,
) -> Desk:
    """A benchmark in `folder/cases` and entries beside it; `text` is in all that is foreign."""
    benchmark = _benchmark(folder / "cases", cases, films, text, size)
    entries = [_entry(folder / maker, maker, benchmark, size) for maker in makers]
    return Desk(benchmark, entries)


def colour(kind: str, number: int) -> tuple[int, int, int]:
    """Of every pixel of a picture of a case."""
    return COLORS[kind], number, 0


def _benchmark(folder: Path, cases: int, films: int, text: str, size: tuple[int, int]) -> Benchmark:
    lines, truths = [], []
    for number in range(cases):
        pattern = list(EditingPattern)[number % 5]
        prompt = {"summary": f"A wall {text}", "description": "", "attributes": {}}
        relational = {"transition": f"A cut of number {number} {text}"}
        prompts = {"relational": relational, "current": prompt, "next": prompt}
        current = _picture(folder / "cases", f"current/{number}.png", "current", number, size)
        lines.append(
            {
                "case": f"c{number}",
                "patterns": [pattern.value],
                "size": size,
                "prompts": prompts,
                "current": current,
            }
        )
        true = _picture(folder / "truth", f"next/{number}.png", "next", number, size)
        film = f"film {number % films} {text}"
        truths.append({"case": f"c{number}", "film": film, "shots": ["a", "b"], "next": true})
    digests = {
        "cases": _lines(folder / "cases" / "cases.jsonl", lines),
        "truth": _lines(folder / "truth" / "truth.jsonl", truths),
    }
    about = {"name": "walls", "version": "1", "licence": "CC0", "films": []}
    made = {"tool": "by hand", "version": "1"}
    (folder / "benchmark.json").write_text(json.dumps({**about, **digests, "made_by": made}))
    return open_benchmark(folder)


def _entry(folder: Path, maker: str, benchmark: Benchmark, size: tuple[int, int]) -> Entry:
    lines = [
        {"case": case.name, "shot": _picture(folder, f"{number}.png", maker, number, size)}
        for number, case in enumerate(benchmark.cases)
    ]
    _lines(folder / "shots.jsonl", lines)
    manifest = {"maker": maker, "benchmark": benchmark.digest}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return open_entry(folder, benchmark)


def _picture(
    folder: Path, name: str, kind: str, number: int, size: tuple[int, int]
) -> dict[str, str]:
    """Writes one that tells in its text who made it, and more by the profile that it has."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    told = PngInfo()
    told.add_text("cut2next", f"made by {kind}")
    profile = ImageCmsProfile(createProfile("sRGB")).tobytes()
    picture = Image.new("RGB", size, colour(kind, number))
    picture.save(path, pnginfo=told, icc_profile=profile)
    return {"file": name, "sha256": sha256(path.read_bytes()).hexdigest()}


def _lines(path: Path, lines: Sequence[Mapping[str, object]]) -> str:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return sha256(path.read_bytes()).hexdigest()
