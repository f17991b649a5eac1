"""Several folders of cuts into one: what is there twice once, what contradicts itself refused."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cut2next.cuts.dataset import read_records
from cut2next.cuts.record import CutRecord
from cut2next.cuts.schema import Row, record_to_row
from cut2next.film import InputError

_DIGEST = 8
"""Bytes that stand for a column."""


@dataclass(frozen=True, kw_only=True)
class _Film:
    """What every cut of a film has in common, and the folder that said so first."""

    source: str
    split: str
    folder: Path


def merged(folders: Sequence[Path]) -> Iterator[CutRecord]:
    """The records of all folders in their order, each once, in today's format.

    Raises InputError for folders of which only some hold truth; while reading, for cuts of one id
    that differ, for a film that is in two splits, and for one name with two sources, since they may
    be two films.
    """
    if len({has_truth(folder) for folder in folders}) > 1:
        names = " and ".join(str(folder) for folder in folders if has_truth(folder))
        raise InputError(
            f"only {names} of the folders holds the film set's truth",
            expected="truth for all cuts or for none",
            hint="merge them apart",
        )
    return _merged(folders)


def has_truth(folder: Path) -> bool:
    """Whether a folder of cuts has the film set's columns."""
    return next(read_records(folder, images=False)).truth is not None


def _merged(folders: Sequence[Path]) -> Iterator[CutRecord]:
    digests: dict[str, tuple[bytes, Path]] = {}
    films: dict[str, _Film] = {}
    names: dict[str, str] = {}
    for folder in folders:
        for record in read_records(folder):
            _check_film(record, folder, films)
            if names.setdefault(record.film_identity, record.film) != record.film:
                raise _refused(
                    f"the film {record.film} is {names[record.film_identity]} under another name",
                )
            digest = _digest(record)
            if record.id not in digests:
                digests[record.id] = digest, folder
                yield record
            elif digests[record.id][0] != digest:
                before, where = digests[record.id]
                raise _refused(
                    f"the cut {record.id} is there twice, {_where(where, folder)}, and differs in "
                    f"{_differing(record, before, digest)}"
                )


def _check_film(record: CutRecord, folder: Path, films: dict[str, _Film]) -> None:
    ours = _Film(source=record.source, split=record.split, folder=folder)
    first = films.setdefault(record.film, ours)
    where = _where(first.folder, folder)
    # Within one folder a film may well be put together from several sources.
    if first.source != ours.source and first.folder != folder:
        raise _refused(
            f"the film {record.film} comes from {first.source!r} and from {ours.source!r}, {where}",
            hint="export one, give the film another name there, and import it",
        )
    if first.split != ours.split:
        raise _refused(
            f"the film {record.film} is in the splits {first.split} and {ours.split}, {where}",
            hint="run `cut2next data split` alike on each folder",
        )


def _digest(record: CutRecord) -> bytes:
    """Some bytes for each column, in their order; the pictures themselves would fill the memory.

    What made a cut is left out: the same film set shot in two runs makes equal cuts.
    """
    row = record_to_row(record)
    return b"".join(_column_digest(row[column]) for column in _columns(row))


def _column_digest(value: Any) -> bytes:
    image = value["bytes"] if isinstance(value, dict) and "bytes" in value else None
    contents = json.dumps(value, default=bytes.hex).encode() if image is None else image
    return hashlib.blake2b(contents, digest_size=_DIGEST).digest()


def _columns(row: Row) -> list[str]:
    return sorted(column for column in row if column != "made_by")


def _differing(record: CutRecord, before: bytes, digest: bytes) -> str:
    """The columns that differ, by the digests of two records."""
    columns = _columns(record_to_row(record))
    starts = range(0, len(digest), _DIGEST)
    pairs = zip(columns, starts, strict=True)
    return ", ".join(
        column for column, at in pairs if before[at : at + _DIGEST] != digest[at : at + _DIGEST]
    )


def _where(first: Path, second: Path) -> str:
    return f"both in {first}" if first == second else f"in {first} and in {second}"


def _refused(got: str, hint: str = "leave it out of one of them") -> InputError:
    return InputError(got, expected="folders that agree", hint=hint)
