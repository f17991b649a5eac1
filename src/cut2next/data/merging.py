"""Several folders of cuts into one: what is there twice once, what contradicts itself refused."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cut2next.data.dataset import read_records
from cut2next.data.record import CutRecord
from cut2next.data.schema import IMAGE_COLUMNS, record_to_row
from cut2next.film import InputError


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
        told = " and ".join(str(folder) for folder in folders if has_truth(folder))
        raise InputError(
            f"only {told} of the folders holds the film set's truth",
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
    for folder in folders:
        for record in read_records(folder):
            _check_film(record, folder, films)
            digest = _digest(record)
            if record.id not in digests:
                digests[record.id] = digest, folder
                yield record
            elif digests[record.id][0] != digest:
                where = _told(digests[record.id][1], folder)
                raise _refused(f"the cut {record.id} is there twice and differs, {where}")


def _check_film(record: CutRecord, folder: Path, films: dict[str, _Film]) -> None:
    ours = _Film(source=record.source, split=record.split, folder=folder)
    first = films.setdefault(record.film, ours)
    where = _told(first.folder, folder)
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
    """Of all that a record says; pictures would not fit into memory."""
    row = record_to_row(record)
    found = hashlib.sha256()
    for column in IMAGE_COLUMNS:
        found.update(row.pop(column)["bytes"])
        found.update(b"|")
    found.update(json.dumps(row, default=bytes.hex).encode())
    return found.digest()


def _told(one: Path, other: Path) -> str:
    return f"both in {one}" if one == other else f"in {one} and in {other}"


def _refused(got: str, hint: str = "leave it out of one of them") -> InputError:
    return InputError(got, expected="folders that agree", hint=hint)
