"""The keyframes of a set for its pages, each written once however many cuts show it."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

from PIL import Image

from cut2next.cuts.dataset import read_file, split_files
from cut2next.cuts.record import CutRecord, ShotRecord

OF_FILE_MANAGERS = (".DS_Store", "Thumbs.db", "desktop.ini")
"""What is nobody's, in any folder that was looked at."""


def with_pictures(folder: Path, wanted: Collection[str]) -> Iterator[CutRecord]:
    """The records with these ids, pictures and all; files that hold none of them are passed over.

    Raises InputError as `read_records` does.
    """
    for path in split_files(folder):
        left = {record.id for record in read_file(path, images=False)} & set(wanted)
        for record in read_file(path) if left else ():
            if record.id in left:
                left.discard(record.id)
                yield record
            if not left:
                break


def picture_name(film: str, shot: ShotRecord) -> str:
    """The file of a shot: a plain name, whatever the film is called."""
    return blake2b(f"{film}\0{shot.name}".encode(), digest_size=10).hexdigest() + ".jpg"


def strangers(folder: Path) -> Iterator[Path]:
    """What lies in a folder of thumbnails and is none."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not re.fullmatch(r"[0-9a-f]{20}\.jpg", path.name) and path.name not in OF_FILE_MANAGERS:
            yield path


def with_thumbnails(
    records: Iterable[CutRecord], folder: Path, *, width: int
) -> Iterator[CutRecord]:
    """Writes keyframes as JPEG files that fit a square of `width` pixels, unless they are there.

    Smaller ones stay so. Gives each record without its pictures, which is all that a page needs
    then. Raises InputError when a keyframe is damaged.
    """
    for record in records:
        for shot in record.shots:
            path = folder / picture_name(record.film, shot)
            if not path.exists():
                image = shot.keyframe(record.id)
                image.thumbnail((width, width), Image.Resampling.LANCZOS)
                image.save(path, format="JPEG", quality=80)
        current, following = (replace(shot, image=b"") for shot in record.shots)
        yield replace(record, current=current, next=following, truth=None)
