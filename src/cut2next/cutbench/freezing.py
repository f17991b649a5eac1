"""Freezes a benchmark: cuts with their true next shots become a folder of cases.

From folders of cuts, those of one split are taken (a split is made by film, so that nothing leaks),
and every editing pattern has as many cases as the others, as far as there are cuts; what a rare one
lacks, the others have.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from cut2next import __version__
from cut2next.cutbench.benchmark import (
    ABOUT,
    CASES,
    TRUTH,
    BenchmarkFacts,
    CaseLine,
    MadeFrom,
    Prompts,
    TruthLine,
)
from cut2next.cutbench.lines import StoredPicture, digest_of, to_line
from cut2next.cuts.dataset import read_records
from cut2next.cuts.record import CutRecord
from cut2next.film import Cut, EditingPattern, InputError
from cut2next.film.keyframe import picture_suffix
from cut2next.film.png_prompt import printable
from cut2next.film.writing import new_folder


@dataclass(frozen=True, kw_only=True, eq=False)
class CaseToFreeze:
    """A cut, and its keyframes as files."""

    cut: Cut
    current: bytes
    following: bytes


@dataclass(frozen=True, kw_only=True)
class About:
    """What is told of a benchmark as a whole."""

    name: str
    version: str
    licence: str
    made_by: MadeFrom


def freeze(cases: Iterable[CaseToFreeze], about: About, out: Path) -> int:
    """Writes a benchmark, whole or not at all; returns how many cases it has.

    Raises OutputError when it cannot be written, or is there already, InputError for no cases.
    """
    films: dict[str, None] = {}
    count = 0
    with new_folder(out) as folder:
        for side in ("cases/current", "truth/next"):
            (folder / side).mkdir(parents=True)
        with (folder / CASES).open("w") as public, (folder / TRUTH).open("w") as truth:
            for count, case in enumerate(cases, 1):
                line, true = _lines(folder, f"{count - 1:04d}", case)
                public.write(to_line(line))
                truth.write(to_line(true))
                films[true.film] = None
        if not count:
            raise InputError("no cases", expected="some", hint="take other cuts, or another split")
        facts = BenchmarkFacts(
            name=about.name,
            version=about.version,
            licence=about.licence,
            films=list(films),
            cases=digest_of(folder / CASES),
            truth=digest_of(folder / TRUTH),
            made_by=about.made_by,
        )
        (folder / ABOUT).write_text(facts.model_dump_json(indent=1) + "\n")
    return count


def chosen_cuts(
    folders: Sequence[Path], split: str, count: int
) -> tuple[list[tuple[Path, str]], Counter[EditingPattern]]:
    """Which annotated cuts of some folders make a balanced benchmark, and cases by pattern.

    A cut counts for the rarest of its patterns. Which cuts are taken follows from their names
    alone. Raises InputError as reading does, and when there are none.
    """
    by_pattern: dict[EditingPattern, list[tuple[str, Path, str]]] = {
        pattern: [] for pattern in EditingPattern
    }
    records = [
        (folder, record)
        for folder in dict.fromkeys(folders)
        for record in read_records(folder, split=split, images=False)
        if record.annotated and record.patterns
    ]
    common = Counter(pattern for _, record in records for pattern in record.patterns)
    for folder, record in records:
        rarest = min(record.patterns, key=lambda pattern: (common[pattern], pattern.value))
        drawn = sha256(record.id.encode()).hexdigest()
        by_pattern[rarest].append((drawn, folder, record.id))
    if not records:
        raise InputError(
            f"no annotated cuts in split {split}",
            expected="cuts with prompts and patterns",
            hint="`cut2next data annotate` writes them; --split names another",
        )
    # In rounds, each of which gives every pattern one more that still has a cut.
    balanced = sorted(
        (number, *cut, pattern)
        for pattern, cuts in by_pattern.items()
        for number, cut in enumerate(sorted(cuts))
    )[:count]
    counts = Counter(dict.fromkeys(EditingPattern, 0))
    counts.update(pattern for *_, pattern in balanced)
    return [(folder, name) for _, _, folder, name, _ in balanced], counts


def cases_of(chosen: Sequence[tuple[Path, str]]) -> Iterator[CaseToFreeze]:
    """The cuts that were chosen, folder by folder, with their pictures as they are stored."""
    wanted: dict[Path, set[str]] = {}
    for folder, name in chosen:
        wanted.setdefault(folder, set()).add(name)
    for folder, names in wanted.items():
        yield from (_case(record) for record in read_records(folder) if record.id in names)


def frozen_from(folders: Sequence[Path], split: str, count: int, name: str, version: str) -> About:
    """What is told of a benchmark from folders of cuts."""
    licences = {
        record.licence
        for folder in folders
        for record in read_records(folder, split=split, images=False)
    }
    parameters: dict[str, Any] = {"split": split, "count": count}
    made_by = MadeFrom(tool="cut2next bench build", version=__version__, parameters=parameters)
    name, version = printable(name), printable(version)
    return About(name=name, version=version, licence=", ".join(sorted(licences)), made_by=made_by)


def png(picture: Image.Image) -> bytes:
    """A picture as a PNG file, the same on every machine with the same zlib."""
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _case(record: CutRecord) -> CaseToFreeze:
    return CaseToFreeze(cut=record.cut(), current=record.current.image, following=record.next.image)


def _lines(folder: Path, name: str, case: CaseToFreeze) -> tuple[CaseLine, TruthLine]:
    """The two lines of a case, its pictures written."""
    cut = case.cut
    prompt = cut.prompt
    public = CaseLine(
        case=name,
        patterns=[pattern for pattern in EditingPattern if pattern in cut.patterns],
        size=cut.next.keyframe.size,
        prompts=Prompts.model_validate(
            {side: asdict(getattr(prompt, side)) for side in ("relational", "current", "next")}
        ),
        current=_stored(folder / "cases", f"current/{name}", case.current),
    )
    true = TruthLine(
        case=name,
        film=cut.film,
        shots=(cut.current.name, cut.next.name),
        next=_stored(folder / "truth", f"next/{name}", case.following),
    )
    return public, true


def _stored(folder: Path, stem: str, data: bytes) -> StoredPicture:
    file = f"{stem}.{picture_suffix(data)}"
    (folder / file).write_bytes(data)
    return StoredPicture(file=file, sha256=sha256(data).hexdigest())
