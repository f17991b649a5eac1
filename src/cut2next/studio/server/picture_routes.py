"""Pictures: taken in by anybody's client, and given out whole or small."""

import asyncio
from io import BytesIO
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from PIL import Image

from cut2next.film.keyframe import picture_kind, read_keyframe
from cut2next.film.paths import opened
from cut2next.film.writing import whole_file
from cut2next.studio.as_json import to_json
from cut2next.studio.board import Origin, Picture
from cut2next.studio.pictures import MOST_BYTES
from cut2next.studio.server.bodies import uploaded
from cut2next.studio.server.faults import missing
from cut2next.studio.server.services import Services, services

router = APIRouter(tags=["pictures"])
Here = Annotated[Services, Depends(services)]
KEPT = {"Cache-Control": "private, max-age=31536000, immutable"}
"""What is called by its content never changes."""
_QUALITY = 85
_WIDTHS = (160, 320, 640, 1280)
Width = Annotated[int | None, Query(ge=1, le=_WIDTHS[-1])]
"""Pixels; what is given is the next wider of a few."""


@router.post("/api/pictures", response_model=Picture)
async def add(
    request: Request, here: Here, source: str = "", origin: Origin = Origin.UNKNOWN
) -> JSONResponse:
    """Takes a picture in: its bytes as they are, or `file` of a form. Nothing is put on the board.

    PNG, JPEG, WebP, TIFF, BMP, GIF, PPM; at most 100 MB.
    """
    file = await uploaded(request, "file", MOST_BYTES)
    name = source or file.name

    def keep() -> Picture:
        return here.store.pictures.add_bytes(file.data, origin=origin, source=name)

    return JSONResponse(to_json(await asyncio.to_thread(keep)))


@router.get("/api/pictures/{sha256}", response_class=FileResponse)
async def give(sha256: str, here: Here, width: Width = None) -> Response:
    """A picture's file; with a width, a JPEG that is at most so wide."""
    path = here.store.pictures.folder / Picture(sha256=sha256, width=1, height=1).sha256
    if not await asyncio.to_thread(path.is_file):
        raise missing(f"the picture {sha256[:12]}", "one that was added to this board")
    if width is None:
        return FileResponse(path, media_type=await asyncio.to_thread(_kind, path), headers=KEPT)
    small = await asyncio.to_thread(small_copy, path, _wide(width), here.cache)
    return FileResponse(small, media_type="image/jpeg", headers=KEPT)


def small_copy(path: Path, width: int, cache: Path) -> Path:
    """A JPEG of a picture, at most so wide, made unless it is there.

    Raises InputError for a picture that is damaged, OutputError where there is no room.
    """
    small = cache / f"{path.name}-{width}.jpg"
    if not small.exists():
        data = as_jpeg(read_keyframe(path), width)
        with whole_file(small) as partial:
            partial.write_bytes(data)
    return small


def as_jpeg(image: Image.Image, width: int) -> bytes:
    """A picture as a JPEG, at most so wide."""
    image.thumbnail((width, image.height))
    file = BytesIO()
    image.save(file, format="JPEG", quality=_QUALITY)
    return file.getvalue()


def _wide(width: int) -> int:
    return next(wide for wide in _WIDTHS if wide >= width)


def _kind(path: Path) -> str:
    with opened(path) as file:
        return f"image/{picture_kind(file.read(8)) or 'png'}"
