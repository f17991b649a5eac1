"""Looks for everything that is wrong with a folder of cuts, and says where; a row at a time.

What one row tells is checked in `row_checks.py`; here are files, and what only many rows show.
"""

from collections.abc import Callable, Iterator, Set
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import yaml  # type: ignore[import-untyped]
from huggingface_hub.repocard import metadata_load

from cut2next.cuts.columns import FORMAT
from cut2next.cuts.dataset import split_files, split_of
from cut2next.cuts.opening import Table
from cut2next.cuts.row_checks import checked_row, picture_faults
from cut2next.cuts.schema import Row, files_of
from cut2next.cuts.writer import CARD, data_of
from cut2next.film import InputError, cut_id
from cut2next.film.errors import one_line
from cut2next.film.paths import TEXT, checked
from cut2next.film.png_prompt import printable

_NO_HEADER = (OSError, ValueError, KeyError, TypeError)
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that is wrong."""

    file: Path
    row: int | None = None
    """Counted from 0, as `datasets` does; None for what concerns the whole file."""
    column: str = ""
    text: str

    def __str__(self) -> str:
        where = str(self.file) if self.row is None else f"{self.file}, row {self.row}"
        where += f", column {self.column}" if self.column else ""
        return printable(f"{where}: {self.text}")


@dataclass(kw_only=True)
class _Seen:
    """What earlier rows held."""

    ids: dict[str, str] = field(default_factory=dict)
    """By id, where it was."""
    splits: dict[str, dict[str, None]] = field(default_factory=dict)
    """By film, in the order they turned up."""


def find_faults(folder: Path, on_row: Callable[[], object] = lambda: None) -> Iterator[Fault]:
    """Every fault of a folder of cuts; `on_row` is called after each row.

    Raises InputError, here, when there is nothing to look at.
    """
    files = split_files(folder)
    return _faults(folder, files, on_row)


def count_rows(folder: Path) -> int:
    """How many cuts the readable files of a folder hold."""
    return sum(_read_each(folder, len).values())


def old_formats(folder: Path) -> dict[Path, int]:
    """The files that an older version wrote, with their format; they are valid all the same."""
    versions = _read_each(folder, lambda table: table.version)
    return {
        path: version
        for path, version in versions.items()
        if isinstance(version, int) and 1 <= version < FORMAT
    }


def _read_each(folder: Path, read: Callable[[Table], T]) -> dict[Path, T]:
    """Something of each file, without those that cannot be read."""
    values = {}
    for path in split_files(folder):
        with suppress(InputError), Table(path) as table:
            values[path] = read(table)
    return values


def _faults(folder: Path, files: list[Path], on_row: Callable[[], object]) -> Iterator[Fault]:
    yield from _card_faults(folder / CARD, {split_of(path) for path in files})
    for path in sorted(data_of(folder).glob("[!.]*.parquet")):
        if path not in files:
            yield Fault(file=path, text="is not named SPLIT-NUMBER.parquet, so readers pass it by")
    seen = _Seen()
    for path in files:
        try:
            yield from _file_faults(path, seen, on_row)
        except InputError as error:
            yield Fault(file=path, text=error.got.removeprefix(f"{path}: "))


def _file_faults(path: Path, seen: _Seen, on_row: Callable[[], object]) -> Iterator[Fault]:
    with Table(path) as table:
        yield from (Fault(file=path, text=text) for text in table.faults)
        for at, row in enumerate(() if table.faults else table.rows(table.columns)):
            found = checked_row(row, placed=split_of(path), version=table.version)
            # What a look at a picture finds, decoding it would find as well.
            known = {column for column, _ in found.faults}
            left = {name: data for name, data in files_of(row).items() if name not in known}
            for column, text in (*found.faults, *picture_faults(left, decoded=True)):
                yield Fault(file=path, row=at, column=column, text=text)
            yield from (Fault(file=path, row=at, text=text) for text in _known(row, seen, path, at))
            on_row()


def _known(row: Row, seen: _Seen, path: Path, at: int) -> Iterator[str]:
    """What is wrong with a row in the light of those before it."""
    film, split = row.get("film"), row.get("split")
    name = row.get("id") or cut_id(
        *(str(row[name]) for name in ("film", "current_name", "next_name"))
    )
    where = f"{path}, row {at}"
    if (before := seen.ids.setdefault(name, where)) != where:
        yield f"the id {name} is in {before} too"
    if film and split:
        splits = seen.splits.setdefault(row.get("contents") or film, {})
        if splits and split not in splits:
            yield f"the film {film} is in {' and '.join(splits)} as well as in {split}: a leak"
        splits[split] = None


def _card_faults(card: Path, splits: Set[str]) -> Iterator[Fault]:
    """What keeps Hugging Face from finding the files through the header of the README."""
    try:
        header = metadata_load(checked(card, most=TEXT) if card.exists() else card)
        configs = (header or {})["configs"]
        named = {str(files["split"]) for config in configs for files in config["data_files"]}
    except FileNotFoundError:
        yield Fault(file=card, text="is missing")
        return
    except (InputError, RecursionError, yaml.YAMLError, *_NO_HEADER) as error:
        yield Fault(file=card, text=f"has no header that names the splits ({one_line(error, 120)})")
        return
    for split in sorted(splits - named):
        yield Fault(file=card, text=f"does not name the split {split}; `datasets` will not find it")
    for split in sorted(named - splits):
        yield Fault(file=card, text=f"names the split {split}, which has no files")
