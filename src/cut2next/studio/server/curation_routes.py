"""Curation as a page of the studio: what is chosen there is saved to the set's decisions."""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, StringConstraints

from cut2next.curation.decisions import Verdict
from cut2next.curation.desk import FILES, ChangedError, Choice, Desk
from cut2next.studio.server.faults import answer, missing

_KINDS = {".css": "text/css", ".js": "text/javascript"}
Line = Annotated[str, StringConstraints(max_length=1000, pattern=r"^[^\x00]*$")]
Text = Annotated[str, StringConstraints(max_length=10_000, pattern=r"^[^\x00]*$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ChosenCut(_Body):
    """What is decided about one cut."""

    id: str
    spans: str = ""
    decision: Literal["keep", "drop", ""]
    curator: Line = ""
    note: Text = ""


class Chosen(_Body):
    """What a page has decided since its last save."""

    version: str
    """Of the file, as the page knows it."""
    curator: Line = ""
    """Who saves."""
    rows: list[ChosenCut]


class Saved(BaseModel):
    """What the file is now."""

    version: str


def router_of(desk: Desk) -> APIRouter:
    """The page, its files and pictures, and where it saves."""
    router = APIRouter(tags=["curation"])

    @router.get("/", include_in_schema=False)
    def page() -> Response:
        return Response(desk.page(), media_type="text/html")

    for name, path in FILES.items():
        sending = _sending(path.read_bytes(), _KINDS[path.suffix])
        router.get(f"/{name}", include_in_schema=False)(sending)

    @router.get("/images/{name}", include_in_schema=False)
    def picture(name: str) -> Response:
        file = desk.picture(name)
        if file is None:
            raise missing(f"the picture {name[:40]!r}", "one of the page")
        return Response(file, media_type="image/jpeg")

    @router.post("/decisions", response_model=Saved)
    def save(body: Chosen) -> JSONResponse:
        """Writes them to decisions.csv; 409 where that was changed by somebody else."""
        try:
            version = desk.save(
                [_choice(row) for row in body.rows], version=body.version, curator=body.curator
            )
        except ChangedError as error:
            return answer(409, str(error))
        return JSONResponse({"version": version})

    return router


def _choice(row: ChosenCut) -> Choice:
    return Choice(
        id=row.id,
        spans=row.spans,
        verdict=Verdict(row.decision) if row.decision else None,
        curator=row.curator,
        note=row.note,
    )


def _sending(content: bytes, kind: str) -> Callable[[], Response]:
    return lambda: Response(content, media_type=kind)
