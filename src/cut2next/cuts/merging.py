"""Several folders of cuts into one: what is there twice once, what contradicts itself refused."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from cut2next.cuts.dataset import has_truth, read_records
from cut2next.cuts.record import CutRecord
from cut2next.cuts.schema import record_to_row
from cut2next.film import InputError


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


def _merged(folders: Sequence[Path]) -> Iterator[CutRecord]:
    digests: dict[str, tuple[bytes, Path]] = {}
    films: dict[str, tuple[str, str, Path]] = {}
    names: dict[str, str] = {}
    for folder in folders:
        for record in read_records(folder):
            _check_film(record, folder, films)
            if names.setdefault(record.film_identity, record.film) != record.film:
                raise _refused(
                    f"the film {record.film} is {names[record.film_identity]} under another name"
                )
            digest = _digest(record)
            if record.id not in digests:
                digests[record.id] = digest, folder
                yield record
            elif digests[record.id][0] != digest:
                where = digests[record.id][1]
                before = next(other for other in read_records(where) if other.id == record.id)
                raise _refused(
                    f"the cut {record.id} is there twice, {_where(where, folder)}, and differs in "
                    f"{_differing(before, record)}"
                )


def _check_film(record: CutRecord, folder: Path, films: dict[str, tuple[str, str, Path]]) -> None:
    """Refuses another source or split than the film had first; `films` has those, and where."""
    ours = (record.source, record.split, folder)
    source, split, first = films.setdefault(record.film, ours)
    where = _where(first, folder)
    # Within one folder a film may well be put together from several sources.
    if source != record.source and first != folder:
        raise _refused(
            f"the film {record.film} comes from {source!r} and from {record.source!r}, {where}",
            hint="export one, give the film another name there, and import it",
        )
    if split != record.split:
        raise _refused(
            f"the film {record.film} is in the splits {split} and {record.split}, {where}",
            hint="run `cut2next data split` alike on each folder",
        )


def _columns(record: CutRecord) -> dict[str, str]:
    """All columns as JSON, but for what made a cut: a film set shot twice makes equal cuts."""
    row = record_to_row(record)
    return {name: json.dumps(row[name], default=bytes.hex) for name in row if name != "made_by"}


def _digest(record: CutRecord) -> bytes:
    """What stands for a record, whose pictures would fill the memory."""
    return hashlib.blake2b(json.dumps(_columns(record)).encode(), digest_size=16).digest()


def _differing(first: CutRecord, second: CutRecord) -> str:
    ours = _columns(second)
    return ", ".join(sorted(name for name, value in _columns(first).items() if value != ours[name]))


def _where(first: Path, second: Path) -> str:
    return f"both in {first}" if first == second else f"in {first} and in {second}"


def _refused(got: str, hint: str = "leave it out of one of them") -> InputError:
    return InputError(got, expected="folders that agree", hint=hint)
