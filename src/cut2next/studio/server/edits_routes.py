"""`/v1/images/edits` as OpenAI's clients send it, with patterns; the board stays as it is."""

import asyncio
import re
import time
from base64 import b64encode
from collections.abc import Coroutine
from dataclasses import replace
from io import BytesIO
from secrets import randbelow
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from starlette.datastructures import UploadFile

from cut2next.film import Cut2NextError, InputError, RelationalPrompt, parse_pattern
from cut2next.film.errors import one_line
from cut2next.generation.ranges import STRENGTH, Range
from cut2next.generation.request import NextShotRequest
from cut2next.makers.maker import brought_to
from cut2next.studio.asking import size_of
from cut2next.studio.board import Strengths, Way, new_id
from cut2next.studio.checks import SEED, check_text
from cut2next.studio.pictures import MOST_BYTES
from cut2next.studio.server.answers import written
from cut2next.studio.server.bodies import file_of, form_of
from cut2next.studio.server.job_routes import check_maker
from cut2next.studio.server.services import Services, services
from cut2next.studio.store import Asked, Job

router = APIRouter(tags=["OpenAI"])
Here = Annotated[Services, Depends(services)]
_COUNT = Range(1, 10, 1)
_SIDE = Range(16, 4096, 1024)
_SEEDS = 2**31
_GLANCE = 0.5
"""Seconds between looks at whether a client is there still."""
_GONE = 499
"""The status of what nobody is there to read, as nginx has it."""
Made = list[tuple[bytes, int]]
"""Pictures, and their seeds."""


@router.post("/v1/images/edits")
async def edit(request: Request, here: Here) -> JSONResponse:
    """Next shots of `image`: `prompt` says what they show.

    Beside OpenAI's `n`, `size`, `model` and `response_format=b64_json` a form may have `patterns`
    (comma separated), `relation`, `current`, `seed`, `relational_strength` and `current_strength`.
    """
    form = await form_of(request)
    try:
        image = await file_of(form, "image" if "image" in form else "image[]", MOST_BYTES)
        fields = {name: at for name, at in form.items() if not isinstance(at, UploadFile)}
    finally:
        await form.close()
    maker = _text(fields, "model") or next(iter(here.makers))
    check_maker(here, maker)
    _check_form(fields)
    asked = await asyncio.to_thread(_asked, here, maker, image.data, fields)
    count = int(_number(fields, "n", _COUNT, 1))
    size = _size(_text(fields, "size"))
    several = [_with_seed(asked, number) for number in range(count)]
    made = await _while_there(request, _made(here, several))

    def told() -> dict[str, Any]:
        data = [
            {"b64_json": b64encode(_sized(png, size)).decode(), "seed": seed} for png, seed in made
        ]
        return {"created": int(time.time()), "data": data}

    return await written(told)


async def _while_there(request: Request, work: Coroutine[Any, Any, Made]) -> Made:
    """What comes of some work, which is given up when whoever asked has gone."""
    task = asyncio.ensure_future(work)
    while not (await asyncio.wait([task], timeout=_GLANCE))[0]:
        if await request.is_disconnected():
            task.cancel()
    try:
        return await task
    except asyncio.CancelledError:
        raise HTTPException(_GONE) from None


async def _made(here: Services, asked: list[Asked]) -> Made:
    """The pictures, once all are made. Of the first fault, or when given up, the rest is not."""
    jobs = [Job(id=new_id(), panel=None, asked=each) for each in asked]
    results = await here.dispatcher.results(jobs)
    made = []
    try:
        for job, result in zip(jobs, results, strict=True):
            png = await result
            if isinstance(png, Cut2NextError):
                raise png
            made.append((png, job.asked.way.seed or 0))
    finally:
        for job in jobs[len(made) :]:
            await _cancelled(here, job.id)
    return made


async def _cancelled(here: Services, id: str) -> None:
    try:
        await here.dispatcher.cancel(id)
    except Cut2NextError:  # ended already
        return


def _asked(here: Services, maker: str, data: bytes, fields: dict[str, str]) -> Asked:
    """What a maker is asked, as `cut2next generate` would. Raises InputError."""
    picture = here.store.pictures.add_bytes(data, source="v1/images/edits")
    patterns = tuple(map(parse_pattern, filter(None, _text(fields, "patterns").split(","))))
    said, relation = _text(fields, "prompt"), _text(fields, "relation")
    strengths = Strengths(
        relational=_number(fields, "relational_strength", STRENGTH, 1.0),
        current=_number(fields, "current_strength", STRENGTH, 1.0),
    )
    request = NextShotRequest(
        picture=here.store.pictures.image(picture),
        source="image",
        next=said,
        patterns=patterns,
        relation=relation or (None if patterns else said),
        current=_text(fields, "current") or None,
    )
    seed = int(_number(fields, "seed", SEED, randbelow(_SEEDS)))
    way = Way(
        patterns=patterns,
        relation=RelationalPrompt(transition=relation) if relation else None,
        seed=seed,
        strengths=strengths,
    )
    size = _size(_text(fields, "size")) or size_of(picture, here.store.board)
    return Asked(maker=maker, picture=picture, prompt=request.prompt, way=way, size=size)


def _with_seed(asked: Asked, more: int) -> Asked:
    seed = ((asked.way.seed or 0) + more) % (SEED.most + 1)
    return replace(asked, way=replace(asked.way, seed=seed))


def _sized(png: bytes, size: tuple[int, int] | None) -> bytes:
    """A picture at the size that was asked for, with all that it says of itself."""
    with Image.open(BytesIO(png), formats=("PNG",)) as image:
        if size is None or image.size == size:
            return png
        text = PngInfo()
        for name, said in getattr(image, "text", {}).items():
            text.add_itxt(name, said)
        file = BytesIO()
        brought_to(image, size).save(file, format="PNG", pnginfo=text)
    return file.getvalue()


def _check_form(fields: dict[str, str]) -> None:
    if _text(fields, "response_format") not in ("", "b64_json"):
        raise InputError(
            "another response_format", expected="b64_json", hint="pictures have no URL"
        )


def _text(fields: dict[str, Any], name: str) -> str:
    given = str(fields.get(name, ""))
    check_text(given, name)
    return given.strip()


def _number(fields: dict[str, str], name: str, allowed: Range[Any], usual: float) -> float:
    """A number of a form. Raises InputError for another."""
    given = _text(fields, name)
    if not given:
        return usual
    try:
        number = type(allowed.least)(given)
    except ValueError:
        number = given
    taken: float = allowed.taken(number, name)
    return taken


def _size(given: str) -> tuple[int, int] | None:
    """None for what the maker likes. Raises InputError for what is no size."""
    if given in ("", "auto"):
        return None
    if not (sides := re.fullmatch(r"(\d{1,5})x(\d{1,5})", given)):
        raise InputError(
            f"size={one_line(repr(given), 40)}", expected="WIDTHxHEIGHT", hint="or auto"
        )
    width, height = (_SIDE.taken(int(side), "size") for side in sides.groups())
    return width, height
