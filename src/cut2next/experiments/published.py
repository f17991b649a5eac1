"""Values that were measured elsewhere: who has them need not run again what they are of.

One file, small enough to be shared, with the value of every run, measure and set, and with what
they hang on. So a report can be made again, asked otherwise, and gone on from, by anybody.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import file_digest
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa
import pyarrow.parquet as pq

from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.film.paths import checked, opened
from cut2next.film.writing import whole_file

VALUES, WEIGHTS = "values.parquet", "base.safetensors"
"""What is published, and the base that it hangs on."""

Values = Mapping[str, Mapping[str, float]]
"""Of a run: by measure and set."""

_SCHEMA = pa.schema(
    [
        ("run", pa.dictionary(pa.int32(), pa.string())),
        ("measure", pa.dictionary(pa.int32(), pa.string())),
        ("set", pa.dictionary(pa.int32(), pa.string())),
        ("value", pa.float64()),
    ]
)
_FACTS = b"cut2next.experiments"


@dataclass(frozen=True, kw_only=True)
class Published:
    """By run, what was measured of it, and what it has cost."""

    values: Mapping[str, Values] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    """By stage, of one processor."""
    bases: Mapping[str, str] = field(default_factory=dict)
    """By variant, the `digest` of what runs began as."""

    def write(self, path: Path, facts: Mapping[str, object]) -> None:
        """Keeps it with what it hangs on. Raises OutputError where it cannot be written."""
        rows = [
            (run, measure, of, value)
            for run, values in self.values.items()
            for measure, of_sets in values.items()
            for of, value in of_sets.items()
        ]
        columns = zip(*rows, strict=True) if rows else [()] * len(_SCHEMA)
        about = {"facts": facts, "bases": self.bases, "seconds": self.seconds}
        told = json.dumps(about).encode()
        arrays = [
            pa.array(list(column), type=kind)
            for column, kind in zip(columns, _SCHEMA.types, strict=True)
        ]
        table = pa.Table.from_arrays(arrays, schema=_SCHEMA.with_metadata({_FACTS: told}))
        with whole_file(path) as partial:
            pq.write_table(table, partial, compression="zstd")


def read_published(
    path: Path, facts: Mapping[str, object], bases: Mapping[str, str] = MappingProxyType({})
) -> Published:
    """What was kept there; `bases` are those that are here, which it may know others besides.

    Raises InputError for what is no such file, and for values that hang on something else.
    """
    try:
        table = pq.read_table(checked(path), schema=_SCHEMA)
        told = json.loads(pq.read_schema(checked(path)).metadata[_FACTS])
        known, begun = dict(told["facts"]), dict(told["bases"])
        seconds = dict(told["seconds"])
    except (pa.ArrowException, KeyError, TypeError, ValueError, OSError) as error:
        raise _refused(path, f"no values of experiments ({one_line(error)})") from error
    now = json.loads(json.dumps(facts))
    other = [name for name in known.keys() | now.keys() if known.get(name) != now.get(name)]
    other += [name for name in begun.keys() & bases.keys() if begun[name] != bases[name]]
    if other:
        raise _refused(path, f"measured with other {' and '.join(sorted(other))}")
    values: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for row in table.to_pylist():
        values[row["run"]][row["measure"]][row["set"]] = row["value"]
    return Published(values=values, seconds=seconds, bases=begun)


def digest(weights: Path) -> str:
    """Of a file of weights, as SHA-256."""
    with opened(weights) as file:
        return file_digest(file, "sha256").hexdigest()


def _refused(path: Path, got: str) -> InputError:
    return InputError(
        f"{path}: {got}",
        expected="values.parquet of a report with the same numbers and the same base",
        hint="leave --values out, and everything is run here",
    )
