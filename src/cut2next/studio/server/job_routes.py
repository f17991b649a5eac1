"""Jobs: next shots that are asked for, one by one, five ways at once, or a whole board tonight."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from cut2next.film import EditingPattern, InputError
from cut2next.film.errors import one_line
from cut2next.studio.as_json import to_json
from cut2next.studio.asking import asked
from cut2next.studio.board import Board, new_id
from cut2next.studio.checks import PANELS, SEED
from cut2next.studio.server.answers import written
from cut2next.studio.server.services import Services, services
from cut2next.studio.store import MOST_JOBS, Asked, EndedError, Job, State, TooManyError

router = APIRouter(tags=["jobs"])
Here = Annotated[Services, Depends(services)]


class Wanted(BaseModel):
    """Which next shots are asked for."""

    model_config = ConfigDict(extra="forbid")

    panels: list[str] = Field(min_length=1, max_length=PANELS)
    maker: str
    patterns: list[list[EditingPattern]] | None = Field(default=None, max_length=32)
    """Ways to cut, each some patterns, one job for each; None is each panel's own way."""
    count: int = Field(default=1, ge=1, le=16)
    """Of each; where a panel's seed is locked, the next has the seed after it."""
    priority: int = Field(default=0, ge=0, le=1)
    """0 is now; 1 waits for all that is wanted now."""
    key: str | None = Field(default=None, max_length=100)
    """A word of the client's: asked again with the same, it is given the same jobs."""


class Jobs(BaseModel):
    """Some jobs."""

    jobs: list[Job]


@router.post("/api/jobs", response_model=Jobs)
async def add(body: Wanted, here: Here) -> JSONResponse:
    """Queues jobs; what comes of each is a candidate of its panel."""
    check_maker(here, body.maker)
    many = len(body.panels) * len(body.patterns or [None]) * body.count
    if many > MOST_JOBS:
        raise TooManyError(
            f"{many:,} jobs", expected=f"at most {MOST_JOBS:,}", hint="ask for fewer"
        )
    jobs = await asyncio.to_thread(_jobs, here.store.board, body)
    queued = await asyncio.to_thread(here.store.add, jobs, body.key)
    for job in queued:
        here.hub.job(job)
    here.dispatcher.wake()
    return await written(lambda: _told(queued))


@router.get("/api/jobs", response_model=Jobs)
async def jobs(here: Here, state: State | None = None) -> JSONResponse:
    """Jobs in the order they were asked for; of one state, or all.

    Of those that have ended only what is among the last thousand.
    """
    states = tuple(State) if state is None else (state,)
    return await written(lambda: _told(here.store.jobs(states)))


@router.delete("/api/jobs", response_model=Jobs)
async def cancel_all(here: Here) -> JSONResponse:
    """Cancels every job that waits."""
    ended = []
    for job in await asyncio.to_thread(here.store.jobs, (State.WAITING,)):
        try:
            ended.append(await here.dispatcher.cancel(job.id))
        except EndedError:  # a moment ago
            continue
    return await written(lambda: _told(ended))


@router.get("/api/jobs/{id}", response_model=Job)
async def job(id: str, here: Here) -> JSONResponse:
    """One job."""
    return JSONResponse(to_json(await asyncio.to_thread(here.store.job, id)))


@router.delete("/api/jobs/{id}", response_model=Job)
async def cancel(id: str, here: Here) -> JSONResponse:
    """Cancels a job, running or not; one that has failed is dismissed by it."""
    return JSONResponse(to_json(await here.dispatcher.cancel(id)))


def check_maker(here: Services, name: str) -> None:
    """Raises InputError for one that the studio was not started with."""
    if name not in here.makers:
        raise InputError(
            f"a maker called {one_line(repr(name), 60)}",
            expected=f"one of {', '.join(here.makers)}",
            hint="start the studio with --maker to have another",
        )


def _told(jobs: Sequence[Job]) -> dict[str, Any]:
    return {"jobs": [to_json(job) for job in jobs]}


def _jobs(board: Board, body: Wanted) -> list[Job]:
    ways: Sequence[list[EditingPattern] | None] = body.patterns or [None]
    return [
        Job(id=new_id(), panel=panel, asked=each, priority=body.priority)
        for panel in body.panels
        for way in ways
        for each in _variations(asked(board, panel, body.maker, way), body.count)
    ]


def _variations(first: Asked, count: int) -> list[Asked]:
    """So many of the same, with one seed after the other."""
    seed = first.way.seed or 0
    seeds = [(seed + more) % (SEED.most + 1) for more in range(count)]
    return [replace(first, way=replace(first.way, seed=each)) for each in seeds]
