"""The board: read whole, changed by operations, and its events."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Discriminator

from cut2next.studio.as_json import to_json
from cut2next.studio.board import Board
from cut2next.studio.numbering import numbers
from cut2next.studio.operations import Operation
from cut2next.studio.server.answers import written
from cut2next.studio.server.events import standing
from cut2next.studio.server.faults import answer
from cut2next.studio.server.services import Services, services

router = APIRouter(tags=["board"])
Here = Annotated[Services, Depends(services)]
_CLIENTS = 200
"""That may listen at once."""


class Standing(BaseModel):
    """Where the board is after a change."""

    version: int
    can_undo: bool
    can_redo: bool


class WholeBoard(Standing):
    """The board, and what follows from it."""

    board: Board
    numbers: dict[str, str]
    """By panel."""
    sources: dict[str, str | None]
    """The panel that each is cut from."""


class Did(BaseModel):
    """An operation to do."""

    model_config = ConfigDict(extra="forbid")

    operation: Annotated[Operation, Discriminator("op")]
    version: int | None = None
    """That the operation was made for: it is refused where others came since."""


@router.get("/api/board", response_model=WholeBoard)
async def board(here: Here) -> JSONResponse:
    """The whole board, with every panel's number and what it is cut from."""

    def told() -> dict[str, Any]:
        head = here.store.head
        follows = {"numbers": dict(numbers(head.board)), "sources": sources(head.board)}
        return {**standing(head), "board": to_json(head.board), **follows}

    return await written(told)


@router.post("/api/operations", response_model=Standing)
async def do(body: Did, here: Here) -> JSONResponse:
    """Does an operation, and tells all clients."""

    def change() -> None:
        here.store.pictures.check_new(body.operation, here.store.board)
        here.store.do(body.operation, version=body.version)

    await here.changing(change)
    return JSONResponse(standing(here.store.head))


@router.post("/api/undo", response_model=Standing)
async def undo(here: Here) -> JSONResponse:
    """Takes the last change back."""
    await here.changing(here.store.undo)
    return JSONResponse(standing(here.store.head))


@router.post("/api/redo", response_model=Standing)
async def redo(here: Here) -> JSONResponse:
    """Does again what was taken back last."""
    await here.changing(here.store.redo)
    return JSONResponse(standing(here.store.head))


@router.get("/api/events", response_class=StreamingResponse)
async def listen(
    here: Here,
    since: int | None = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """What happens, as server-sent events: `hello`, `operation` and `job`.

    Goes on after `Last-Event-ID`, or `since`, and tells every operation. One that changes `numbers`
    of panels has all of them; of several that come together, the last has.
    `hello` has the board's version: without one to go on after, or too far behind, read the board.
    Of jobs it tells those that change from now on: read /api/jobs once it has begun.
    """
    if len(here.hub.listeners) >= _CLIENTS:
        hint = "close some, and try again"
        return answer(503, f"{_CLIENTS} pages and programs listen; expected fewer; {hint}")
    if last_event_id and last_event_id.isascii() and last_event_id.isdigit():
        since = int(last_event_id[:18])
    kept = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    stream = here.hub.events(since)
    return StreamingResponse(stream, media_type="text/event-stream", headers=kept)


def sources(board: Board) -> dict[str, str | None]:
    """Of every panel, the one that it is cut from: `Board.source_of`, of all at once."""
    found: dict[str, str | None] = {}
    before: str | None = None
    for id, panel in board.by_id.items():
        named = panel.way.source
        found[id] = named if named in board.by_id and named != id else before
        before = id
    return found
