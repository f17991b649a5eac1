"""Looks for everything that is wrong with a folder of cuts, and says where; a row at a time.

What one row tells is checked in `row_checks.py`; here are files, and what only many rows show.
"""

from collections.abc import Callable, Iterator, Set
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pyarrow
import pyarrow.parquet
import yaml  # type: ignore[import-untyped]
from huggingface_hub.repocard import metadata_load

from cut2next.cuts.columns import FORMAT, TRUTH_COLUMNS
from cut2next.cuts.dataset import split_files, split_of
from cut2next.cuts.row_checks import NAME_COLUMNS, row_faults
from cut2next.cuts.schema import Row, features, missing_columns
from cut2next.cuts.writer import CARD, data_of
from cut2next.film import InputError, cut_id
from cut2next.film.errors import one_line
from cut2next.film.paths import TEXT, checked
from cut2next.film.png_prompt import printable

_CUTS_AT_ONCE = 8
"""Cuts held in memory."""
_NO_HEADER = (OSError, ValueError, KeyError, TypeError)
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that is wrong."""

    file: Path
    row: int | None = None
    """Counted from 0, as `datasets` does; None for what concerns the whole file."""
    text: str

    def __str__(self) -> str:
        where = self.file if self.row is None else f"{self.file}, row {self.row}"
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
    return sum(_read_each(folder, lambda file: int(file.metadata.num_rows)).values())


def old_formats(folder: Path) -> dict[Path, int]:
    """The files that an older version wrote, with their format; they are valid all the same."""
    versions = _read_each(folder, _version)
    return {path: version for path, version in versions.items() if version and version < FORMAT}


def _read_each(folder: Path, read: Callable[[Any], T]) -> dict[Path, T]:
    """Something of each file, without those that cannot be read."""
    values = {}
    for path in split_files(folder):
        with suppress(pyarrow.ArrowException, OSError), pyarrow.parquet.ParquetFile(path) as file:
            values[path] = read(file)
    return values


def _faults(folder: Path, files: list[Path], on_row: Callable[[], object]) -> Iterator[Fault]:
    yield from _card_faults(folder / CARD, {split_of(path) for path in files})
    for path in sorted(data_of(folder).glob("*.parquet")):
        if path not in files:
            yield Fault(file=path, text="is not named SPLIT-NUMBER.parquet, so readers pass it by")
    seen = _Seen()
    for path in files:
        try:
            yield from _file_faults(path, seen, on_row)
        except (pyarrow.ArrowException, OSError) as error:
            yield Fault(file=path, text=f"cannot be read ({one_line(error, 120)})")


def _file_faults(path: Path, seen: _Seen, on_row: Callable[[], object]) -> Iterator[Fault]:
    with pyarrow.parquet.ParquetFile(path) as file:
        names = file.schema_arrow.names
        version = _version(file)
        if version is None or not 1 <= version <= FORMAT:
            which = "no format" if version is None else f"format {version}"
            yield Fault(file=path, text=f"is in {which}; this version reads 1 to {FORMAT}")
            return
        for name in missing_columns(names, version):
            yield Fault(file=path, text=f"lacks the column {name}")
        expected = _expected(version, names)
        unlike = list(_unlike(file.schema_arrow, expected))
        yield from (Fault(file=path, text=text) for text in unlike)
        if unlike:
            return
        batches = file.iter_batches(_CUTS_AT_ONCE, columns=expected.names)
        tables = (pyarrow.Table.from_batches([batch]).cast(expected) for batch in batches)
        for at, row in enumerate(row for table in tables for row in table.to_pylist()):
            own = row_faults(row, placed=split_of(path), version=version)
            for text in (*own, *_known(row, seen, path, at)):
                yield Fault(file=path, row=at, text=text)
            on_row()


def _known(row: Row, seen: _Seen, path: Path, at: int) -> Iterator[str]:
    """What is wrong with a row in the light of those before it."""
    film, split = row.get("film"), row.get("split")
    name = row.get("id") or cut_id(*(str(row.get(column)) for column in NAME_COLUMNS))
    where = f"{path}, row {at}"
    if (before := seen.ids.setdefault(name, where)) != where:
        yield f"the id {name} is in {before} too"
    if film and split:
        splits = seen.splits.setdefault(row.get("contents") or film, {})
        if splits and split not in splits:
            yield f"the film {film} is in {' and '.join(splits)} as well as in {split}: a leak"
        splits[split] = None


def _expected(version: int, names: list[str]) -> Any:
    """The columns of a format that a file has, as Arrow types."""
    with_truth = all(name in names for name in TRUTH_COLUMNS)
    ours = features(with_truth=with_truth).arrow_schema
    columns = {column.name: column for column in ours if column.name in names}
    if version == 1 and (makers := columns.get("made_by")):
        columns["made_by"] = makers.with_type(makers.type.value_type)  # there was one
    return pyarrow.schema(columns.values())


def _unlike(schema: Any, expected: Any) -> Iterator[str]:
    """Columns that hold something else than they should."""
    for column in expected:
        given = schema.field(column.name).type
        try:
            pyarrow.nulls(0, given).cast(column.type)
        except pyarrow.ArrowException:
            wanted = one_line(column.type, 120)
            yield f"the column {column.name} holds {one_line(given, 120)}, not {wanted}"


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


def _version(file: Any) -> int | None:
    """The format that the first row names."""
    if "format" not in file.schema_arrow.names:
        return None
    if not file.metadata.num_rows:
        return FORMAT
    first = file.read_row_group(0, columns=["format"])["format"][0].as_py()
    return first if isinstance(first, int) else None
