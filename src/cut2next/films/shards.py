"""What a stretch of a film gave, on disk: the unit of work that a kill cannot undo.

A shard is one Parquet file, there when it is whole. Its place follows from the film's contents, the
settings and the span, so a run that begins again finds what an earlier one did.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from math import inf
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pyarrow
import pyarrow.parquet

from cut2next.cuts.schema import SHOT_COLUMNS, Row, row_to_shot, shot_to_row
from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.film.paths import checked
from cut2next.film.scratch import clear_inside
from cut2next.film.writing import make_folder, whole_file
from cut2next.films.steps.keyframes import KeyframedShot
from cut2next.films.video import Film

_SHOTS_AT_ONCE = 8
"""Keyframes held in memory."""
_BYTES = datasets.Value("binary")
_SCHEMA = datasets.Features({**SHOT_COLUMNS, "look": _BYTES, "fingerprint": _BYTES}).arrow_schema


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A span of a film, to be taken by one process in one go."""

    film: Film
    number: int
    start: float
    """Seconds."""
    end: float
    shard: Path
    """Where the result goes."""


def stretches(
    film: Film, seconds: float, folder: Path, identity: Mapping[str, Any]
) -> list[Stretch]:
    """A film in stretches of so many seconds; one that cannot be sought in is a single one.

    `identity` is all else that the contents of a shard depend on.
    """
    settings = json.dumps(identity, sort_keys=True, default=str)
    place = folder / f"{film.digest}-{hashlib.sha256(settings.encode()).hexdigest()[:12]}"
    count = max(round(film.duration / seconds), 1) if film.seekable else 1
    return [
        Stretch(
            film=film,
            number=number,
            start=number * seconds if number else 0.0,
            end=(number + 1) * seconds if number + 1 < count else inf,
            shard=place / f"{seconds:g}s-{number:04d}.parquet",
        )
        for number in range(count)
    ]


def write_shard(path: Path, shots: Iterable[KeyframedShot]) -> None:
    """Writes shots, whole or not at all; few are in memory.

    Raises OutputError when they cannot be written.
    """
    make_folder(path.parent)
    rows = (
        {
            **shot_to_row(shot.record),
            "look": shot.look.tobytes(),
            "fingerprint": shot.fingerprint.to_bytes(8),
        }
        for shot in shots
    )
    # On a cluster, a task of an earlier run may still be writing the same.
    with whole_file(path) as partial, pyarrow.parquet.ParquetWriter(partial, _SCHEMA) as file:
        while group := list(islice(rows, _SHOTS_AT_ONCE)):
            file.write_table(pyarrow.Table.from_pylist(group, _SCHEMA))


def clear_shards(folder: Path) -> None:
    """Deletes the shards of a folder that `stretches` names, and it, but nobody else's files."""
    clear_inside(folder)
    for place in folder.glob("*-*/"):
        for kind in ("parquet", "tries"):
            for shard in place.glob(f"*s-[0-9][0-9][0-9][0-9].{kind}"):
                shard.unlink(missing_ok=True)
        with suppress(OSError):
            place.rmdir()
    with suppress(OSError):
        folder.rmdir()


def is_whole(path: Path) -> bool:
    """Whether a shard is there; one that a power cut has torn is not, nor is another's table."""
    try:
        with _opened(path) as file:
            return bool(file.schema_arrow.equals(_SCHEMA))
    except (InputError, OSError, pyarrow.ArrowException):
        return False


def read_shard(path: Path, *, images: bool = True) -> Iterator[KeyframedShot]:
    """The shots of a shard, in order; few at once are in memory, with their images or without.

    Raises InputError for one that somebody else has written.
    """
    columns = [name for name in _SCHEMA.names if images or name != "image"]
    try:
        with _opened(path) as file:
            for batch in file.iter_batches(_SHOTS_AT_ONCE, columns=columns):
                yield from map(_shot, batch.to_pylist())
    except (ValueError, TypeError, pyarrow.ArrowException) as error:
        raise InputError(
            f"{path}: is no shard of a film ({one_line(error, 80)})",
            expected="what an earlier run has left there",
            hint="remove it, and it is made anew",
        ) from error


def _opened(path: Path) -> Any:
    return pyarrow.parquet.ParquetFile(checked(path))


def _shot(row: Row) -> KeyframedShot:
    """Raises ValueError and TypeError for what is none."""
    return KeyframedShot(
        record=row_to_shot({name: row[name] for name in SHOT_COLUMNS if name in row}),
        look=np.frombuffer(row["look"], np.float32),
        fingerprint=int.from_bytes(row["fingerprint"]),
    )
