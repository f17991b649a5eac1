"""Words that a page offers, makers that may be asked, and how the server does."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, PlainTextResponse

from cut2next import __version__
from cut2next.film import EditingPattern
from cut2next.studio.asking import CAMERA_WORDS
from cut2next.studio.board import RATES, Numbering
from cut2next.studio.server.exchange_routes import formats
from cut2next.studio.server.services import Services, services
from cut2next.studio.store import State

router = APIRouter(tags=["about"])
Here = Annotated[Services, Depends(services)]
PATTERNS = [
    {"value": each.value, "label": each.label, "definition": each.definition}
    for each in EditingPattern
]


@router.get("/api/words")
async def words() -> dict[str, Any]:
    """Patterns, camera words, rates, numberings, and formats that boards come and go in."""
    return {
        "patterns": PATTERNS,
        "camera": {field: list(offered) for field, (_, offered) in CAMERA_WORDS.items()},
        "rates": [str(rate) for rate in RATES],
        "numberings": [each.value for each in Numbering],
        "formats": formats(),
    }


@router.get("/api/makers")
async def makers(here: Here) -> list[dict[str, Any]]:
    """Who may be asked for next shots."""
    return [
        {"name": name, "ready": True, "words": choice.told} for name, choice in here.makers.items()
    ]


@router.get("/v1/models")
async def models(here: Here) -> dict[str, Any]:
    """The same, as OpenAI's clients ask."""
    told = [{"id": name, "object": "model", "owned_by": "cut2next"} for name in here.makers]
    return {"object": "list", "data": told}


@router.get("/healthz")
async def healthz(here: Here) -> JSONResponse:
    """Whether the server is there, does not close, and takes jobs; `fault` says why it does not."""
    fault = "the studio is closing" if here.hub.is_closing else here.dispatcher.fault
    told = {"ok": not fault, "version": __version__, "fault": fault}
    return JSONResponse(told, 503 if fault else 200)


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(here: Here) -> PlainTextResponse:
    """Figures for Prometheus."""
    counts = await asyncio.to_thread(here.store.counts)
    lines = [
        *_metric("cut2next_studio_jobs", "gauge", "Jobs by state."),
        *(f'cut2next_studio_jobs{{state="{each.value}"}} {counts[each]}' for each in State),
        *_metric("cut2next_studio_job_seconds", "summary", "Time that jobs took which are done."),
        f"cut2next_studio_job_seconds_sum {here.dispatcher.seconds:.3f}",
        f"cut2next_studio_job_seconds_count {here.dispatcher.ended}",
        *_metric("cut2next_studio_clients", "gauge", "Pages and programs that listen."),
        f"cut2next_studio_clients {len(here.hub.listeners)}",
        *_metric("cut2next_studio_panels", "gauge", "Panels on the board."),
        f"cut2next_studio_panels {len(here.store.board.by_id)}",
        *_metric("cut2next_studio_board_version", "counter", "Operations that were done."),
        f"cut2next_studio_board_version {here.store.version}",
    ]
    return PlainTextResponse("\n".join([*lines, ""]), media_type="text/plain; version=0.0.4")


def _metric(name: str, kind: str, about: str) -> tuple[str, str]:
    return f"# HELP {name} {about}", f"# TYPE {name} {kind}"
