"""Films over HTTP: the server decodes, the page scrubs, a frame becomes a picture of the board."""

import asyncio
import math
from hashlib import sha256
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict

from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.film.writing import make_folder, output_errors, passing_folder, put_file
from cut2next.studio.as_json import to_json
from cut2next.studio.board import Origin, Picture
from cut2next.studio.server.answers import written
from cut2next.studio.server.bodies import shown_name
from cut2next.studio.server.films import ID, FilmFacts
from cut2next.studio.server.picture_routes import as_jpeg
from cut2next.studio.server.services import Services, services

router = APIRouter(tags=["films"])
Here = Annotated[Services, Depends(services)]
_LATEST = 10**6
"""Seconds: eleven days."""
_NAME = 80
"""Bytes of a dropped film's own name."""


class At(BaseModel):
    """A time in a film."""

    model_config = ConfigDict(extra="forbid")

    at: str
    """Seconds, as text: "42.5"."""


@router.get("/api/films", response_model=list[FilmFacts])
async def films(here: Here) -> JSONResponse:
    """Films that frames can be picked from."""
    async with here.one_frame:
        return await written(lambda: [to_json(each) for each in here.films.facts()])


@router.post("/api/films", response_model=FilmFacts)
async def drop(request: Request, here: Here, name: str = "film") -> JSONResponse:
    """Takes a film in, as it comes; at most 4 GB."""
    dropped = here.films.dropped
    await asyncio.to_thread(make_folder, dropped)
    with passing_folder(dropped) as beside:
        coming = beside / "film"
        found = await _received(request, coming)
        await asyncio.to_thread(_keep, here, coming, found, name)
    return JSONResponse(to_json(await asyncio.to_thread(here.films.facts_of, found)))


@router.get("/api/films/{film}/frame", response_class=Response)
async def frame(
    film: str,
    here: Here,
    at: Annotated[float, Query(ge=0, le=_LATEST, allow_inf_nan=False)] = 0.0,
    width: Annotated[int, Query(ge=16, le=1920)] = 640,
) -> Response:
    """What a film shows at a time, in seconds, as a JPEG that is at most so wide."""

    def shown() -> bytes:
        return as_jpeg(here.films.frame(film, at), width)

    kept = {"Cache-Control": "private, max-age=3600"}
    async with here.one_frame:
        return Response(await asyncio.to_thread(shown), media_type="image/jpeg", headers=kept)


@router.post("/api/films/{film}/frames", response_model=Picture)
async def pick(film: str, body: At, here: Here) -> JSONResponse:
    """Takes what a film shows at a time in as a picture of the board's."""
    at = _seconds(body.at)

    def keep() -> Picture:
        image = here.films.frame(film, at)
        source = f"{here.films.facts_of(film).name[:150]}, {_clock(at)}"
        return here.store.pictures.add_image(image, origin=Origin.CAMERA, source=source)

    async with here.one_frame:
        return JSONResponse(to_json(await asyncio.to_thread(keep)))


async def _received(request: Request, coming: Path) -> str:
    """Writes what comes; the id of it. Raises OutputError where there is no room."""
    digest = sha256()
    with output_errors(coming), coming.open("wb") as file:
        async for piece in request.stream():
            digest.update(piece)
            await asyncio.to_thread(file.write, piece)
    return digest.hexdigest()[:ID]


def _keep(here: Services, coming: Path, found: str, name: str) -> None:
    """Puts a film that can be decoded among the board's. Raises InputError for another."""
    here.films.check(coming)
    if not here.films.has(found):
        put_file(coming, here.films.dropped / f"{found}-{_safe(name)}")


def _safe(name: str) -> str:
    """A client's name as part of a file's, on any system."""
    shown = shown_name(name).encode()[:_NAME].decode(errors="ignore")
    return "".join(sign if sign.isalnum() or sign in " ._-" else "-" for sign in shown) or "film"


def _seconds(text: str) -> float:
    """Raises InputError for what is no time."""
    try:
        at = float(text)
    except ValueError:
        at = math.nan
    if not 0 <= at <= _LATEST:
        raise InputError(
            f"a time of {one_line(repr(text), 40)}", expected="seconds", hint="for example 42.5"
        )
    return at


def _clock(at: float) -> str:
    """0:42, and 1:02:03 where there are hours."""
    minutes, seconds = divmod(int(at), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
