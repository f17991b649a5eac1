"""What the pictures of a file of cuts are: each decoded once, then known by its pixels.

Decoding all of them takes minutes where there are many, so what is found out may be kept on disk,
for the same file at the same place.
"""

import json
import re
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from cut2next.cuts.columns import IMAGE_COLUMNS
from cut2next.cuts.opening import Table, refused
from cut2next.cuts.schema import Row
from cut2next.film import InputError
from cut2next.film.keyframe import read_picture
from cut2next.film.paths import looked_at, read_json
from cut2next.film.workers import in_order, processors
from cut2next.film.writing import make_folder, whole_file


class SeenPicture(NamedTuple):
    """A picture that was looked at."""

    digest: str = ""
    """Its `contents`: the same picture in another file is the same."""
    width: int = 0
    height: int = 0
    fault: str = ""
    """What is wrong with it; empty for one that can be read, which alone has the rest."""


Pair = tuple[SeenPicture, SeenPicture]
"""Of a cut: current and next."""


def pictures_of(path: Path, kept: Path | None = None) -> list[Pair]:
    """The pictures of every row of a file of cuts.

    They are kept in the folder `kept`, if one is given, and taken from there as long as the file is
    the same. Raises InputError for a file that cannot be read, OutputError where none can be kept.
    """
    known = kept and kept / f"{_stamp(path)}.json"
    if known is not None and (pairs := _read(known)) is not None:
        return pairs
    with warnings.catch_warnings(), Table(path) as table, ThreadPoolExecutor(processors()) as pool:
        warnings.simplefilter("ignore")  # of threads none may switch that on while others read
        table.check()
        jobs = (pool.submit(_both, row) for row in table.rows(list(IMAGE_COLUMNS)))
        pairs = list(in_order(jobs, 2 * processors()))
    if known is not None:
        make_folder(known.parent)
        with whole_file(known) as partial:
            partial.write_text(json.dumps(pairs))
    return pairs


def forget(kept: Path) -> None:
    """Deletes what `pictures_of` keeps in a folder, and it, but nobody else's files."""
    for known in kept.glob("*.json"):
        if re.fullmatch("[0-9a-f]{32}", known.stem):
            known.unlink()
    with suppress(OSError):
        kept.rmdir()


def contents(picture: Image.Image) -> str:
    """What tells an RGB picture from others: a digest of its size and pixels."""
    digest = blake2b(f"{picture.size}".encode(), digest_size=16)
    digest.update(picture.tobytes())
    return digest.hexdigest()


def _both(row: Row) -> Pair:
    current, following = (_looked_at((row[column] or {}).get("bytes")) for column in IMAGE_COLUMNS)
    return current, following


def _looked_at(data: bytes | None) -> SeenPicture:
    try:
        picture = read_picture(data, "it")
    except InputError as error:
        return SeenPicture(fault=error.got.removeprefix("it: "))
    return SeenPicture(contents(picture), *picture.size)


def _stamp(path: Path) -> str:
    """What tells a file at a place from what will be there when it was written again."""
    facts = looked_at(path, refused)
    named = f"{path.resolve()} {facts.st_size} {facts.st_mtime_ns}"
    return blake2b(named.encode(), digest_size=16).hexdigest()


def _read(path: Path) -> list[Pair] | None:
    """What was kept; None where nothing was, or something else."""
    with suppress(InputError, ValueError, TypeError):
        return [
            (SeenPicture(*current), SeenPicture(*following))
            for current, following in read_json(path)
        ]
    return None
