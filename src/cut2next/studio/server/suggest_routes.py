"""What the studio thinks: suggestions of prompts, and remarks on continuity; never more."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from cut2next.film import EditingPattern
from cut2next.studio.as_json import to_json
from cut2next.studio.continuity import Remark
from cut2next.studio.server.answers import written
from cut2next.studio.server.faults import missing
from cut2next.studio.server.services import Services, services
from cut2next.studio.suggestions import TEMPLATES, Suggestion, seen, suggested

router = APIRouter(tags=["suggestions"])
Here = Annotated[Services, Depends(services)]


class Cut(BaseModel):
    """A cut to a panel."""

    model_config = ConfigDict(extra="forbid")

    panel: str
    patterns: list[EditingPattern] = Field(default=[], max_length=len(EditingPattern))


@router.post("/api/suggest", response_model=Suggestion)
async def suggest(body: Cut, here: Here) -> JSONResponse:
    """Three prompts for the cut to a panel. What is known of the current shot is kept."""
    board = here.store.board
    if body.panel not in board.by_id:
        raise missing(f"the panel {body.panel[:40]}", "one on the board")
    source = board.source_of(body.panel)
    current, by = source.shows if source else None, TEMPLATES
    if here.annotator is not None and current is None and source and source.picture:
        still = await asyncio.to_thread(here.store.pictures.read, source.picture)
        current = await seen(still, here.annotator)
        by = here.annotator.model
    return JSONResponse(to_json(suggested(current, body.patterns, by)))


@router.get("/api/continuity", response_model=list[Remark])
async def continuity(here: Here) -> JSONResponse:
    """What may be wrong with cuts on the board: direction, eyelines, sizes, who is who."""
    async with here.one_look:
        board, pictures = here.store.board, here.store.pictures
        return await written(
            lambda: [to_json(remark) for remark in here.continuity.remarks(board, pictures)]
        )
