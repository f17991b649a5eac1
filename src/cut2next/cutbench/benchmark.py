"""A frozen benchmark: a folder of cases that anyone may ask makers, and of what is true of them.

- benchmark.json: what it is, and the digests of the two files below
- cases/cases.jsonl and cases/current/: what a maker may know, a case a line
- truth/truth.jsonl and truth/next/: the true next shots, which may be kept back from entrants

Every line has the digest of its picture, so that one changed byte is found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal
from zlib import crc32

from PIL import Image
from pydantic import Field

from cut2next.cutbench.cases import CaseWithTruth
from cut2next.cutbench.lines import (
    Digest,
    Facts,
    Line,
    StoredPicture,
    digest_of,
    read_facts,
    read_lines,
)
from cut2next.film import (
    Cut,
    EditingPattern,
    HierarchicalPrompt,
    IndividualPrompt,
    InputError,
    RelationalPrompt,
    Shot,
)
from cut2next.film.keyframe import read_keyframe
from cut2next.makers import Brief
from cut2next.makers.maker import Told

ABOUT, CASES, TRUTH = "benchmark.json", "cases/cases.jsonl", "truth/truth.jsonl"
CaseName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
_Side = Annotated[int, Field(ge=16, le=16384)]


class MadeFrom(Facts):
    """How a benchmark was made: enough to make it again."""

    tool: str
    version: str
    parameters: Told = Field(default_factory=dict)


class BenchmarkFacts(Facts):
    """benchmark.json."""

    cut2next: Literal["benchmark"] = "benchmark"
    format: Literal[1] = 1
    name: Line
    version: Line
    licence: str
    films: list[str]
    """All that it was cut from: train on none of these."""
    cases: Digest
    truth: Digest
    made_by: MadeFrom


class ShotPrompt(Facts):
    """An individual prompt."""

    summary: str
    description: str
    attributes: dict[str, str]


class RelationalFacts(Facts):
    """A relational prompt."""

    transition: str
    scene: str = ""
    scene_consistency: str = ""
    character_consistency: str = ""


class Prompts(Facts):
    """The three prompts of a case."""

    relational: RelationalFacts
    current: ShotPrompt
    next: ShotPrompt


class CaseLine(Facts):
    """A line of cases.jsonl: all that a maker may know."""

    case: CaseName
    patterns: Annotated[list[EditingPattern], Field(min_length=1, strict=False)]
    size: Annotated[tuple[_Side, _Side], Field(strict=False)]
    """Width and height of the next shot, pixels."""
    prompts: Prompts
    current: StoredPicture


class TruthLine(Facts):
    """A line of truth.jsonl."""

    case: CaseName
    film: str
    shots: Annotated[tuple[str, str], Field(strict=False)]
    """Names of the current shot and the next, in the film."""
    next: StoredPicture


@dataclass(frozen=True, kw_only=True)
class FrozenCase:
    """One case; its pictures are read, and checked, when they are asked for."""

    folder: Path
    line: CaseLine
    truth: TruthLine | None
    """None where the true next shots are kept back."""

    @property
    def name(self) -> str:
        """Unique in its benchmark."""
        return self.line.case

    def brief(self, number: int) -> Brief:
        """What a maker is told for its shot number 1, 2, ...: each has noise of its own.

        Raises InputError when the current shot is not what it was.
        """
        return Brief(
            name=f"{self.name}-{number}",
            current=self.current(),
            prompt=self.prompt,
            patterns=frozenset(self.line.patterns),
            size=self.line.size,
            seed=crc32(f"{self.name} {number}".encode()),
        )

    @property
    def film(self) -> str:
        """Where it is from. Raises InputError where the true next shots are kept back."""
        return self._known.film

    def check(self) -> None:
        """Raises InputError when one of its pictures is missing or was altered; decodes none."""
        _check_unchanged(self.folder / "cases" / self.line.current.file, self.line.current.sha256)
        if self.truth is not None:
            _check_unchanged(self.folder / "truth" / self.truth.next.file, self.truth.next.sha256)

    def current(self) -> Image.Image:
        """The current shot. Raises InputError when it is missing or was altered."""
        return picture_in(self.folder / "cases", self.line.current)

    def true_next(self) -> Image.Image:
        """The true next shot. Raises InputError when it is missing, was altered or kept back."""
        return picture_in(self.folder / "truth", self._known.next)

    def case(self) -> CaseWithTruth:
        """What metrics are told. Raises InputError when a picture is missing or was altered."""
        prompt, (current, following) = self.prompt, self._known.shots
        cut = Cut(
            film=self.film,
            current=Shot(name=current, keyframe=self.current(), prompt=prompt.current),
            next=Shot(name=following, keyframe=self.true_next(), prompt=prompt.next),
            patterns=frozenset(self.line.patterns),
            relational=prompt.relational,
        )
        return CaseWithTruth(cut=cut)

    @property
    def _known(self) -> TruthLine:
        if self.truth is None:
            raise InputError(
                f"{self.folder}: holds no true next shots",
                expected=f"{TRUTH} and its pictures",
                hint="score where they are",
            )
        return self.truth

    @cached_property
    def prompt(self) -> HierarchicalPrompt:
        """The three prompts."""
        prompts = self.line.prompts
        current, following = (
            IndividualPrompt(**vars(prompt)) for prompt in (prompts.current, prompts.next)
        )
        return HierarchicalPrompt(
            relational=RelationalPrompt(**vars(prompts.relational)), current=current, next=following
        )


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A frozen benchmark, opened and checked but for its pictures."""

    folder: Path
    about: BenchmarkFacts
    cases: Sequence[FrozenCase]
    left_out: frozenset[str] = frozenset()
    """Names of its cases that were not asked for."""

    @property
    def digest(self) -> str:
        """By which an entry names it."""
        return digest_of(self.folder / ABOUT)

    def first(self, limit: int | None) -> "Benchmark":
        """Only so many of its cases, or all."""
        if limit is None:
            return self
        left_out = frozenset(case.name for case in self.cases[limit:])
        return replace(self, cases=self.cases[:limit], left_out=left_out)

    @property
    def has_truth(self) -> bool:
        """Whether the true next shots are here, and not kept back."""
        return all(case.truth is not None for case in self.cases)

    @cached_property
    def by_name(self) -> Mapping[str, FrozenCase]:
        """The cases by name."""
        return {case.name: case for case in self.cases}


def open_benchmark(folder: Path) -> Benchmark:
    """Opens a frozen benchmark.

    Raises InputError when it is none, or any of its files of JSON is not what it was.
    """
    about = read_facts(folder / ABOUT, BenchmarkFacts)
    _check_unchanged(folder / CASES, about.cases)
    lines = list(read_lines(folder / CASES, CaseLine))
    truths: dict[str, TruthLine] = {}
    if (folder / TRUTH).parent.exists():
        _check_unchanged(folder / TRUTH, about.truth)
        truths = {line.case: line for line in read_lines(folder / TRUTH, TruthLine)}
    cases = [FrozenCase(folder=folder, line=line, truth=truths.get(line.case)) for line in lines]
    return Benchmark(folder=folder, about=about, cases=cases)


def picture_in(folder: Path, stored: StoredPicture) -> Image.Image:
    """A picture, whose file must be the one that was named. Raises InputError for any other."""
    _check_unchanged(folder / stored.file, stored.sha256)
    return read_keyframe(folder / stored.file)


def _check_unchanged(path: Path, digest: str) -> None:
    if digest_of(path) != digest:
        raise InputError(
            f"{path}: is not the file that was frozen",
            expected=f"one with the digest {digest[:12]}",
            hint="copy the folder again",
        )
