"""The door for tables of cuts: what a Parquet file must be before a row of it is trusted.

Whoever reads cuts opens files here: it is a regular one, its columns are ours, and it takes no more
memory than its size lets expect. `row_checks.py` then looks at each row.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow
import pyarrow.parquet
from pyarrow import types

from cut2next.cuts.columns import FORMAT
from cut2next.cuts.parquet_pages import rows_at_once
from cut2next.cuts.schema import Row, features, missing_columns
from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.film.paths import checked

_OURS = {column.name: column.type for column in features(with_truth=True).arrow_schema}
_KINDS = (
    (types.is_integer, (types.is_integer,)),
    (types.is_floating, (types.is_float32, types.is_float64, types.is_integer)),
    (types.is_binary, (types.is_binary, types.is_large_binary, types.is_binary_view)),
    (types.is_string, (types.is_string, types.is_large_string, types.is_string_view)),
)
"""What is ours, and what is the same to Python."""
_MOST_THINGS, _DEEPEST = 10_000, 32
"""Groups of rows or columns of a footer, and structs within each other."""


class Table:
    """A Parquet file of cuts, open; a context manager that closes it.

    Raises InputError, here, for what is no Parquet file, is damaged or takes too much memory;
    `check` refuses other columns than ours.
    """

    def __init__(self, path: Path) -> None:
        self.path = checked(path, refused)
        with told_damaged(path):
            self._file = pyarrow.parquet.ParquetFile(
                path, thrift_container_size_limit=_MOST_THINGS, schema_depth_limit=_DEEPEST
            )
        try:
            with told_damaged(path):
                self._at_once = rows_at_once(path, self._file)
                self.version = self._first_format()
                self.columns = [name for name in self._file.schema_arrow.names if name in _OURS]
                """Those of ours that it has; what somebody added is left alone."""
                self.faults = tuple(self._unlike_ours())
                """What is not as in our files, in words."""
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._file.close()

    def __len__(self) -> int:
        return int(self._file.metadata.num_rows)

    def check(self) -> None:
        """Raises InputError for the first of the faults."""
        if isinstance(self.version, int) and self.version > FORMAT:
            raise _too_new(self.path, self.version)
        if self.faults:
            raise refused(self.path, self.faults[0])

    def rows(self, columns: list[str]) -> Iterator[Row]:
        """Some columns of its rows; few are in memory. Raises InputError where it is damaged."""
        batches = self._file.iter_batches(self._at_once, columns=columns)
        before = 0
        while True:
            with told_damaged(self.path):
                if (batch := next(batches, None)) is None:
                    return
                # A foreign column "film.x" is read along with "film".
                rows = self._decoded(batch.select(columns), before)
            yield from rows
            before += batch.num_rows

    def _decoded(self, batch: Any, before: int) -> list[Row]:
        try:
            rows: list[Row] = batch.to_pylist()
        except UnicodeDecodeError as error:
            raise _no_text(self.path, batch, before) from error
        return rows

    def _first_format(self) -> Any:
        if "format" not in self._file.schema_arrow.names:
            return None
        batches = self._file.iter_batches(1, columns=["format"])
        return next((batch.column(0)[0].as_py() for batch in batches if batch.num_rows), None)

    def _unlike_ours(self) -> Iterator[str]:
        if not len(self):
            yield "holds no rows"
            return
        if not isinstance(self.version, int) or not 1 <= self.version <= FORMAT:
            told = "no format" if self.version is None else f"format {self.version!r}"
            yield f"is in {told}; this version reads 1 to {FORMAT}"
            return
        for name in missing_columns(self.columns, self.version):
            yield f"lacks the column {name}"
        schema = self._file.schema_arrow
        for name in dict.fromkeys(self.columns):
            if schema.names.count(name) > 1:
                yield f"has the column {name} twice"
                continue
            given, ours = schema.field(name).type, _OURS[name]
            if name == "made_by" and self.version == 1:
                ours = ours.value_type  # there was one
            if not _alike(given, ours):
                yield f"the column {name} holds {one_line(given, 120)}, not {one_line(ours, 120)}"


def refused(path: Path, got: str) -> InputError:
    """What is no folder of cuts, in a line."""
    return InputError(
        f"{path}: {got}",
        expected="a folder of cuts",
        hint="`cut2next soundstage` and `cut2next data rawcuts` write one, `cut2next data import` "
        "makes one of an export",
    )


@contextmanager
def told_damaged(path: Path) -> Iterator[None]:
    """What goes wrong with a file that is read within, as one line."""
    try:
        yield
    except (pyarrow.ArrowException, OSError) as error:
        raise refused(path, f"is damaged ({one_line(error, 80)})") from error
    except ValueError as error:
        raise refused(path, one_line(error, 80)) from error


def _too_new(path: Path, version: int) -> InputError:
    return InputError(
        f"{path}: cuts in format {version}",
        expected=f"format {FORMAT} or older",
        hint="a newer cut2next reads them",
    )


def _no_text(path: Path, batch: Any, before: int) -> InputError:
    """Where a text is that is none, looked for one by one."""
    for name in batch.schema.names:
        for at in range(batch.num_rows):
            try:
                batch[name][at].as_py()
            except UnicodeDecodeError:
                return refused(path, f"row {before + at}, column {name}: is no UTF-8")
    return refused(path, "is damaged")


def _alike(given: Any, ours: Any) -> bool:
    """Whether values of a type are to Python as those of ours; a column may hold nothing at all."""
    if types.is_null(given):
        return True
    if types.is_dictionary(given):
        return _alike(given.value_type, ours)
    if types.is_struct(ours):
        return types.is_struct(given) and _same_fields(given, ours)
    if types.is_list(ours):
        listed = types.is_list(given) or types.is_large_list(given)
        return listed and _alike(given.value_type, ours.value_type)
    kinds = next(kinds for is_one, kinds in _KINDS if is_one(ours))
    return any(is_one(given) for is_one in kinds)


def _same_fields(given: Any, ours: Any) -> bool:
    names = sorted(field.name for field in ours)
    if sorted(field.name for field in given) != names:
        return False
    return all(_alike(given.field(name).type, ours.field(name).type) for name in names)
