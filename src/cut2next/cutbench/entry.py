"""An entry: the pictures that one maker made for a benchmark, and a manifest of them.

- manifest.json: whose they are, and of which benchmark
- shots.jsonl: a picture, or why there is none, a line
- shots/: the pictures

Most entrants hand over pictures, not code, and their folders are the same as those that
`cut2next bench run` makes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from PIL import Image
from pydantic import Field

from cut2next.cutbench.benchmark import Benchmark, CaseName, FrozenCase, picture_in
from cut2next.cutbench.lines import Digest, Facts, Line, StoredPicture, read_facts, read_lines
from cut2next.film import InputError
from cut2next.generation.ranges import OF_A_CASE
from cut2next.makers import Asked
from cut2next.makers.maker import Told

MANIFEST, SHOTS = "manifest.json", "shots.jsonl"


class Manifest(Facts):
    """manifest.json."""

    cut2next: Literal["entry"] = "entry"
    format: Literal[1] = 1
    maker: Annotated[Line, Field(min_length=1, max_length=80)]
    benchmark: Digest
    """Of the benchmark, as `Benchmark.digest` tells it."""
    each: Annotated[int, Field(ge=OF_A_CASE.least, le=OF_A_CASE.most)] = 1
    """Pictures of every case."""
    about: Told = Field(default_factory=dict)
    """Model, licence, hardware: whatever the entrant tells."""


class ShotLine(Facts):
    """A line of shots.jsonl: a picture, or why there is none."""

    case: CaseName
    number: Annotated[int, Field(ge=1)] = 1
    """Of the maker's pictures of this case."""
    shot: StoredPicture | None = None
    fault: str | None = None
    asked: Asked | None = None
    seconds: float | None = None
    """What it took to make."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An entry, opened and complete; pictures are read, and checked, when they are asked for."""

    folder: Path
    manifest: Manifest
    shots: Mapping[tuple[str, int], ShotLine]
    """By case and number."""

    @property
    def maker(self) -> str:
        """As reports call it."""
        return self.manifest.maker

    def picture(self, line: ShotLine, case: FrozenCase) -> Image.Image | None:
        """A next shot; None where the maker made none.

        Raises InputError when it is missing, was altered, or is not of the size of the case.
        """
        if line.shot is None:
            return None
        picture = picture_in(self.folder, line.shot)
        if picture.size != case.line.size:
            raise InputError(
                "{}: is {}x{}".format(self.folder / line.shot.file, *picture.size),
                expected="{}x{}, as the case says".format(*case.line.size),
                hint="scale and crop it",
            )
        return picture

    @cached_property
    def faults(self) -> int:
        """How many pictures its maker failed to make."""
        return sum(line.shot is None for line in self.shots.values())

    @cached_property
    def relation(self) -> tuple[str, bool]:
        """By what it was made, and whether its maker was told the relational prompt."""
        asked = next((line.asked for line in self.shots.values() if line.asked), None)
        if asked is None:
            return "", True
        settings = dict(asked.settings)
        told = settings.pop("relational prompt", True) is True
        settings.pop("rewritten", None)  # by a server, another for every picture
        made_by = (asked.weights, asked.steps, asked.guidance, sorted(settings.items()))
        return repr(made_by), told

    def of(self, case: str) -> Iterator[ShotLine]:
        """Its lines about one case, in order."""
        return (self.shots[case, number] for number in range(1, self.manifest.each + 1))


def open_entry(folder: Path, benchmark: Benchmark) -> Entry:
    """Opens an entry for these cases.

    Raises InputError when it is none, is of another benchmark, or when a line is missing, double or
    of no case of the benchmark.
    """
    manifest = read_facts(folder / MANIFEST, Manifest)
    if manifest.benchmark != benchmark.digest:
        raise InputError(
            f"{folder}: an entry for benchmark {manifest.benchmark[:12]}",
            expected=f"one for {benchmark.about.name} ({benchmark.digest[:12]})",
            hint="make the pictures for these cases",
        )
    shots: dict[tuple[str, int], ShotLine] = {}
    for line in read_lines(folder / SHOTS, ShotLine):
        if (line.case, line.number) in shots:
            raise _refused(folder, f"case {line.case}, number {line.number} twice", "it once")
        shots[line.case, line.number] = line
    _check_complete(folder, manifest, shots, benchmark)
    asked_for = {key: line for key, line in shots.items() if key[0] in benchmark.by_name}
    return Entry(folder=folder, manifest=manifest, shots=asked_for)


def _check_complete(
    folder: Path,
    manifest: Manifest,
    shots: Mapping[tuple[str, int], ShotLine],
    benchmark: Benchmark,
) -> None:
    numbers = range(1, manifest.each + 1)
    wanted = {(case.name, number) for case in benchmark.cases for number in numbers}
    if missing := sorted(wanted - shots.keys()):
        (case, number), *others = missing
        more = f" and {len(others)} more" if others else ""
        raise _refused(folder, f"lacks case {case}, number {number}{more}", f"{len(wanted)} lines")
    known = benchmark.by_name.keys() | benchmark.left_out
    if strange := sorted({case for case, _ in shots if case not in known}):
        raise _refused(folder, f"case {strange[0]}", "cases of the benchmark")
    if foreign := sorted({key for key in shots if key[1] > manifest.each}):
        raise _refused(
            folder, "number {1} of case {0}".format(*foreign[0]), f"{manifest.each} of each"
        )


def _refused(folder: Path, got: str, expected: str) -> InputError:
    return InputError(
        f"{folder / SHOTS}: {got}", expected=expected, hint="a line for every picture"
    )
