"""The keyframes of a set for its pages, each written once however many cuts show it."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

from PIL import Image

from cut2next.cuts.dataset import read_rows, split_files
from cut2next.cuts.record import CutRecord, ShotRecord
from cut2next.cuts.schema import row_to_record
from cut2next.film import InputError
from cut2next.pages.thumbnails import thumbnail


def with_pictures(folder: Path, wanted: Collection[str]) -> Iterator[CutRecord]:
    """The records with these ids, pictures and all; files that hold none of them are passed over.

    Raises InputError as `read_records` does.
    """
    for path in split_files(folder):
        left = {row_to_record(row).id for row in read_rows(path, images=False)} & set(wanted)
        for row in read_rows(path) if left else ():
            if (record := row_to_record(row)).id in left:
                left.discard(record.id)
                yield record
            if not left:
                break


def picture_name(film: str, shot: ShotRecord) -> str:
    """The file of a shot: a plain name, whatever the film is called."""
    return blake2b(f"{film}\0{shot.name}".encode(), digest_size=10).hexdigest() + ".jpg"


def without_pictures(record: CutRecord) -> CutRecord:
    """What a page needs of a record once its thumbnails are written: little."""
    current, following = (replace(shot, image=b"") for shot in record.shots)
    return replace(record, current=current, next=following, truth=None)


def write_thumbnails(record: CutRecord, folder: Path, *, width: int) -> None:
    """Both keyframes as JPEG files, unless they are there already; smaller ones stay so.

    Raises InputError when a keyframe is damaged.
    """
    for shot in record.shots:
        path = folder / picture_name(record.film, shot)
        if not path.exists():
            path.write_bytes(thumbnail(_keyframe(record, shot), width))


def _keyframe(record: CutRecord, shot: ShotRecord) -> Image.Image:
    try:
        return shot.keyframe()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(
            f"{record.id}: the keyframe of {shot.name} is damaged",
            expected="a picture",
            hint="build the set again",
        ) from error
