"""A study on a local page: FastAPI's routes over a `Desk`, served by uvicorn.

The page is plain files in `page/`; what it shows comes as JSON, and is put there as text.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, StrictStr

from cut2next.cutbench.study.access import HEADERS, Door
from cut2next.cutbench.study.desk import Desk, Place, StaleError, UnknownError
from cut2next.cutbench.study.order import Side
from cut2next.cutbench.study.votes import Rater
from cut2next.film import Cut2NextError, InputError
from cut2next.pages.access import Refusal, cookie_of
from cut2next.pages.html import STYLE
from cut2next.pages.serving import Doorkeeper, remembered

_PAGE = Path(__file__).parent / "page"
_FILES = {
    "/": (_PAGE / "index.html", "text/html"),
    "/study.css": (_PAGE / "study.css", "text/css"),
    "/study.js": (_PAGE / "study.js", "text/javascript"),
    "/icon.svg": (_PAGE / "icon.svg", "image/svg+xml"),
    "/server.js": (_PAGE / "server.js", "text/javascript"),
    "/style.css": (STYLE, "text/css"),
}
"""All files that are served."""
_FAULTS: dict[type[Exception], tuple[int, str]] = {
    UnknownError: (404, "There is no such question."),
    StaleError: (409, "That was answered before, or is not asked now."),
    RequestValidationError: (422, "That is no answer."),
}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Name(_Body):
    name: StrictStr


class _Answer(_Body):
    word: StrictStr
    side: Side


class _RefusedError(Exception):
    """What a route answers instead."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.refusal = Refusal(status, words)


def app_of(desk: Desk, door: Door) -> FastAPI:
    """The study as a web application."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    for path, (file, kind) in _FILES.items():
        app.get(path)(_sending(file.read_bytes(), kind))
    cookie = f"{door.cookie}-rater"
    _add_raters(app, desk, door, cookie)
    _add_questions(app, desk, door, cookie)
    _add_faults(app)
    app.add_middleware(Doorkeeper, door=door, headers=HEADERS)
    return app


def server_of(app: FastAPI) -> uvicorn.Server:
    """What serves it; `run(sockets=[...])` goes on until somebody stops the process."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="none",
        )
    )


def _add_raters(app: FastAPI, desk: Desk, door: Door, cookie: str) -> None:
    """Who begins, goes on, and leaves."""

    @app.post("/api/raters")
    def begin(body: _Name, request: Request) -> Response:
        rater = _rater(desk, request, cookie)
        if rater is None:
            try:
                rater = desk.votes.join(body.name)
            except InputError as error:
                raise _RefusedError(400, str(error)) from error
            except Cut2NextError as error:
                raise _RefusedError(409, str(error)) from error
        return remembered(JSONResponse(_state(desk, door, rater, request)), cookie, rater.token)

    @app.get("/r/{token}")
    def go_on(token: str, request: Request) -> Response:
        rater = desk.votes.rater(token)
        if rater is None:
            return PlainTextResponse("That link is of nobody in this study.", 404)
        return remembered(
            RedirectResponse(_root(request) + "/", status_code=303), cookie, rater.token
        )

    @app.post("/api/leave")
    def leave() -> Response:
        response = JSONResponse({"name": None})
        response.delete_cookie(cookie)
        return response


def _add_questions(app: FastAPI, desk: Desk, door: Door, cookie: str) -> None:
    """What a rater is asked, is shown, and answers."""

    def known(request: Request) -> Rater:
        rater = _rater(desk, request, cookie)
        if rater is None:
            raise _RefusedError(401, "Tell your name first.")
        return rater

    @app.get("/api/state")
    def state(request: Request) -> dict[str, Any]:
        rater = _rater(desk, request, cookie)
        return _state(desk, door, rater, request) if rater else {"name": None}

    @app.post("/api/votes")
    def vote(
        body: _Answer, request: Request, rater: Annotated[Rater, Depends(known)]
    ) -> dict[str, Any]:
        desk.vote(rater, body.word, body.side)
        return _state(desk, door, rater, request)

    @app.get("/pictures/{word}/{place}")
    def picture(word: str, place: Place, rater: Annotated[Rater, Depends(known)]) -> Response:
        file = desk.picture(rater, word, place)
        kept = {"Cache-Control": "private, max-age=86400, immutable"}
        return Response(file, media_type="image/png", headers=kept)


def _add_faults(app: FastAPI) -> None:
    """What goes wrong, in a line; nothing of what was sent is said back."""

    async def known(_: Request, error: Exception) -> Response:
        return _fault(*_FAULTS[type(error)])

    async def refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, _RefusedError)
        return _fault(error.refusal.status, error.refusal.words)

    async def ours(_: Request, error: Exception) -> Response:
        return _fault(500, str(error))

    for fault in _FAULTS:
        app.add_exception_handler(fault, known)
    app.add_exception_handler(_RefusedError, refused)
    app.add_exception_handler(Cut2NextError, ours)


def _rater(desk: Desk, request: Request, cookie: str) -> Rater | None:
    return desk.votes.rater(cookie_of(request.headers, cookie) or "")


def _state(desk: Desk, door: Door, rater: Rater, request: Request) -> dict[str, Any]:
    return desk.state(rater) | {"link": door.link(f"{_root(request)}/r/{rater.token}")}


def _root(request: Request) -> str:
    """Where the study is mounted in another application; empty where it stands alone."""
    return str(request.scope.get("root_path", ""))


def _sending(content: bytes, kind: str) -> Callable[[], Response]:
    return lambda: Response(content, media_type=kind)


def _fault(status: int, words: str) -> Response:
    return JSONResponse({"error": words}, status)
