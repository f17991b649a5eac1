"""Every cut of some folders looked at before the first step: what can be trained on, what cannot.

Pictures are known by their contents from here on, and read again when latents are made of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cut2next.cuts.dataset import checked_rows, split_files, split_of
from cut2next.cuts.opening import Table, refused
from cut2next.cuts.record import CutRecord
from cut2next.cuts.row_checks import CheckedRow
from cut2next.cuts.splitting import TRAIN, VALIDATION
from cut2next.cuts.validation import Fault
from cut2next.film import IndividualPrompt, InputError
from cut2next.film.errors import one_line
from cut2next.generation.framing import Size
from cut2next.training.batches.buckets import Buckets
from cut2next.training.batches.pictures import Pair, pictures_of
from cut2next.training.batches.store import digest_of, share_of


@dataclass(frozen=True, kw_only=True)
class CutSource:
    """A folder of cuts, and how much of the training comes from it, whatever its size.

    Raises InputError for a share that is none.
    """

    folder: Path
    share: float = 1.0
    """By those of the other sources."""
    split: str = TRAIN

    def __post_init__(self) -> None:
        if not 0 < self.share < float("inf"):
            raise InputError(
                f"{self.folder} with a share of {self.share:g}",
                expected="a number above 0",
                hint="leave out a folder that nothing shall come from",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class SurveyedCut:
    """A cut that can be trained on; its pictures stay where they are."""

    id: str
    film: str
    source: int
    """Which of the sources it comes from, from 0 on."""
    file: Path
    row: int
    """Where its pictures are."""
    current: str
    next: str
    """The contents of its pictures, as a digest."""
    size: Size
    """What both are brought to."""
    relational: str
    """The text of its prompt."""
    current_prompt: IndividualPrompt
    next_prompt: IndividualPrompt

    @property
    def learnt(self) -> tuple[object, ...]:
        """All of it that training sees."""
        prompts = self.relational, self.current_prompt, self.next_prompt
        return self.source, self.current, self.next, self.size, *prompts


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What there is to train on, and what there is besides."""

    sources: tuple[CutSource, ...]
    cuts: tuple[SurveyedCut, ...]
    """Source by source, in the order of their rows."""
    faults: tuple[Fault, ...] = field(repr=False)
    """The cuts that are left out: where each is, its id, and why."""

    @property
    def digest(self) -> str:
        """What tells these cuts from others: a run goes on where it was only with the same ones.

        Folders may have moved; pictures, prompts, sizes, shares and the order count.
        """
        shares = (source.share for source in self.sources)
        return digest_of([*shares, *(cut.learnt for cut in self.cuts)])


def look_ahead(
    sources: Sequence[CutSource], kept: Path, process: int = 0, processes: int = 1
) -> Iterator[tuple[int, int]]:
    """What takes long of a survey, shared by processes; yields (done, all) of this one's files.

    It looks at pictures, also at those for validation, and keeps in a folder what they are. Raises
    InputError for what is no folder of cuts, OutputError where nothing can be kept.
    """
    files = [
        file
        for source in sources
        for file in split_files(source.folder)
        if split_of(file) in (source.split, VALIDATION)
    ]
    own = share_of(len(files), process, processes)
    for done, number in enumerate(own, 1):
        pictures_of(files[number], kept)
        yield done, len(own)


def survey(sources: Sequence[CutSource], buckets: Buckets, kept: Path | None = None) -> Survey:
    """Looks at every cut of some folders.

    What pictures are is kept in the folder `kept`, if one is given. Raises InputError for what is
    no folder of cuts, for one that holds several formats, and for one of which no cut is left.
    """
    cuts: list[SurveyedCut] = []
    faults: list[Fault] = []
    for number, source in enumerate(sources):
        own, before = len(faults), len(cuts)
        for found in _looked_through(number, source, buckets, kept):
            if isinstance(found, Fault):
                faults.append(found)
            else:
                cuts.append(found)
        if len(cuts) == before:
            raise _nothing_left(source, faults[own:])
    return Survey(sources=tuple(sources), cuts=tuple(cuts), faults=tuple(faults))


def _looked_through(
    number: int, source: CutSource, buckets: Buckets, kept: Path | None
) -> Iterator[SurveyedCut | Fault]:
    """The cuts of one source, or what is wrong with each."""
    formats = dict[int, Path]()
    ids = set[str]()
    for file in split_files(source.folder, source.split):
        pairs = pictures_of(file, kept)
        with Table(file) as table:
            formats.setdefault(table.version, file)
            _check_format(source.folder, formats)
        rows = checked_rows(file, images=False)
        for at, (row, pair) in enumerate(zip(rows, pairs, strict=True)):
            if (record := row.record) is None:
                column, why = row.faults[0]
                yield Fault(file=file, row=at, column=column, text=why)
                continue
            try:
                _check_usable(record, row, pair, ids)
                size = buckets.size_of_cut(*((seen.width, seen.height) for seen in pair))
            except InputError as error:
                yield Fault(file=file, row=at, text=f"{record.id}: {error.got}")
                continue
            except ValueError as error:
                yield Fault(file=file, row=at, text=f"{record.id}: {one_line(error)}")
                continue
            ids.add(record.id)
            yield _surveyed(record, number, file, at, pair, size)


def _surveyed(
    record: CutRecord, source: int, file: Path, row: int, pair: Pair, size: Size
) -> SurveyedCut:
    return SurveyedCut(
        id=record.id,
        film=record.film,
        source=source,
        file=file,
        row=row,
        current=pair[0].digest,
        next=pair[1].digest,
        size=size,
        relational=record.relational.text,
        current_prompt=record.current.prompt,
        next_prompt=record.next.prompt,
    )


def _check_usable(record: CutRecord, row: CheckedRow, pair: Pair, ids: set[str]) -> None:
    """Raises ValueError for a cut that cannot be trained on, or not again."""
    for side, seen in zip(("current", "next"), pair, strict=True):
        if seen.fault:
            raise ValueError(f"the picture of the {side} shot {seen.fault}")
    if not record.annotated or not record.relational.text:
        raise ValueError("is not annotated")
    if pair[0].digest == pair[1].digest:
        raise ValueError("both shots have the same picture")
    if record.id in ids:
        raise ValueError("is there twice")
    for column, fault in row.faults:
        raise ValueError(f"{column} {fault}")


def _check_format(folder: Path, formats: dict[int, Path]) -> None:
    if len(formats) > 1:
        told = ", ".join(f"format {number} in {path.name}" for number, path in formats.items())
        raise InputError(
            f"{folder}: cuts of several formats ({told})",
            expected="a folder that one version of cut2next wrote",
            hint="`cut2next data merge` writes all of it anew",
        )


def _nothing_left(source: CutSource, faults: list[Fault]) -> InputError:
    """What is said of a folder without a cut that can be trained on."""
    unannotated = all(fault.text.endswith("is not annotated") for fault in faults)
    if not faults:
        return refused(source.folder, f"holds no cuts in split {source.split}")
    return InputError(
        f"{source.folder}: none of {len(faults)} cuts in split {source.split} can be trained on "
        f"({'they are not annotated' if unannotated else faults[0]})",
        expected="annotated cuts of two different pictures",
        hint="`cut2next data annotate` has prompts written; by hand, it is `export` and `import`"
        if unannotated
        else "`cut2next data validate` tells what is wrong",
    )
