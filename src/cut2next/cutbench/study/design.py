"""What a study asks: which pictures are set side by side, and how often, frozen before it begins.

Pairs are drawn so that every two makers meet equally often. Among them are attention checks, whose
right answer anyone sees who looks: they look like every other pair.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from hashlib import sha256
from itertools import combinations, islice
from random import Random
from typing import Annotated, Literal

from pydantic import Field

from cut2next.cutbench.benchmark import Benchmark, CaseName, FrozenCase
from cut2next.cutbench.entry import MANIFEST, SHOTS, Entry
from cut2next.cutbench.lines import Digest, Facts
from cut2next.film import EditingPattern, InputError
from cut2next.film.paths import read_bytes


class Question(StrEnum):
    """What a rater is asked of two next shots; the paper's two."""

    CONTINUITY = "continuity"
    ADHERENCE = "adherence"


class Shown(Facts):
    """A picture of the study: a maker's next shot of a case, or a shot of the film itself."""

    case: CaseName
    of: Literal["maker", "next", "current"]
    maker: str = ""
    number: Annotated[int, Field(ge=1)] = 1


class Item(Facts):
    """Two pictures that are set side by side, after the current shot of a case."""

    case: CaseName
    patterns: list[EditingPattern]
    questions: list[Question]
    first: Shown
    """Of a check the right one."""
    second: Shown
    check: bool = False


class Contestant(Facts):
    """A maker whose pictures are compared."""

    maker: str
    entry: Digest
    """Of the manifest and the lines of its entry."""


class StudyFacts(Facts):
    """All that a study asks; kept with its votes, so that it stays the same to its end."""

    cut2next: Literal["study"] = "study"
    format: Literal[1] = 1
    benchmark: str
    """Its name and version."""
    digest: Digest
    """Of the benchmark."""
    contestants: list[Contestant]
    seed: int
    repeats: Annotated[int, Field(ge=1)]
    """How often a rater is asked the same."""
    items: list[Item]

    @property
    def makers(self) -> list[str]:
        """Whose pictures are compared."""
        return [contestant.maker for contestant in self.contestants]

    @property
    def answers(self) -> int:
        """How many a rater gives who goes through to the end."""
        return self.repeats * sum(len(item.questions) for item in self.items)


def designed(
    benchmark: Benchmark,
    entries: Sequence[Entry],
    *,
    items: int,
    repeats: int,
    checks: int,
    seed: int,
) -> StudyFacts:
    """A study of these entries: at most `items` pairs, and `checks` more for each question.

    Raises InputError when they make no pair, or there is nothing to make a check of.
    """
    _check_entries(entries)
    chance = Random(seed)
    pairs = list(islice(_pairs(benchmark.cases, entries, chance), items))
    if not pairs:
        raise InputError(
            f"no case of which two of {', '.join(entry.maker for entry in entries)} have a picture",
            expected="pictures to set side by side",
            hint="see shots.jsonl of each entry",
        )
    return StudyFacts(
        benchmark=f"{benchmark.about.name} {benchmark.about.version}",
        digest=benchmark.digest,
        contestants=[Contestant(maker=entry.maker, entry=_digest_of(entry)) for entry in entries],
        seed=seed,
        repeats=repeats,
        items=[*pairs, *_checks(benchmark.cases, checks, chance)],
    )


def _check_entries(entries: Sequence[Entry]) -> None:
    makers = [entry.maker for entry in entries]
    if len(makers) < 2:
        raise InputError(
            f"{len(makers)} entries", expected="two or more", hint="name the folders to compare"
        )
    if twice := sorted({maker for maker in makers if makers.count(maker) > 1}):
        raise InputError(
            f"several entries of the maker {twice[0]}",
            expected="each maker once",
            hint="leave one out, or give it another name in its manifest",
        )


def _pairs(cases: Sequence[FrozenCase], entries: Sequence[Entry], chance: Random) -> Iterator[Item]:
    """Every pair of makers on every case: first other cases in turn, then the same again."""
    pairs = list(combinations(entries, 2))
    cases = chance.sample(cases, len(cases))
    for turn in range(len(pairs)):
        for place, case in enumerate(cases):
            first, second = (
                _shown(entry, case, chance) for entry in pairs[(place + turn) % len(pairs)]
            )
            if first and second:
                yield _item(case, list(Question), first, second)


def _shown(entry: Entry, case: FrozenCase, chance: Random) -> Shown | None:
    """One of its pictures of a case; None where it made none."""
    made = [line.number for line in entry.of(case.name) if line.shot]
    if not made:
        return None
    return Shown(case=case.name, of="maker", maker=entry.maker, number=chance.choice(made))


def _item(
    case: FrozenCase,
    questions: list[Question],
    first: Shown,
    second: Shown,
    *,
    check: bool = False,
) -> Item:
    return Item(
        case=case.name,
        patterns=case.line.patterns,
        questions=questions,
        first=first,
        second=second,
        check=check,
    )


def _checks(cases: Sequence[FrozenCase], count: int, chance: Random) -> Iterator[Item]:
    """The true next shot beside one of another film; and beside the current shot, which is no cut.

    A copy would be a trap where it is asked what goes on best, so each question has its own.
    """
    if not count:
        return
    films = {case.name: case.truth.film for case in cases if case.truth}
    if len(films) < len(cases) or len(set(films.values())) < 2:
        raise InputError(
            "attention checks without true next shots of two films",
            expected="a benchmark that holds them",
            hint="--checks 0 asks without",
        )
    for case in chance.choices(cases, k=count):
        others = [other for other, film in films.items() if film != films[case.name]]
        unrelated = Shown(case=chance.choice(others), of="next")
        yield _check(case, Question.CONTINUITY, unrelated)
    for case in chance.choices(cases, k=count):
        yield _check(case, Question.ADHERENCE, Shown(case=case.name, of="current"))


def _check(case: FrozenCase, question: Question, wrong: Shown) -> Item:
    return _item(case, [question], Shown(case=case.name, of="next"), wrong, check=True)


def _digest_of(entry: Entry) -> str:
    files = (entry.folder / name for name in (MANIFEST, SHOTS))
    return sha256(b"\0".join(map(read_bytes, files))).hexdigest()
