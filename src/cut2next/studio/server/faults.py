"""What goes wrong, as an answer: a status, and one sentence that a person can act on."""

import errno
import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from cut2next.film import Cut2NextError, OutputError
from cut2next.film.errors import one_line
from cut2next.makers.maker import MakerError
from cut2next.studio.store import ConflictError, MissingError, TooManyError

STATUSES: tuple[tuple[type[Cut2NextError], int], ...] = (
    (MissingError, 404),
    (ConflictError, 409),
    (TooManyError, 429),
    (MakerError, 502),
    (OutputError, 507),
    (Cut2NextError, 400),
)
"""The first that fits an error counts."""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES)
WORDS = {
    404: "nothing is there; expected an address of the API; see /api/openapi.json",
    405: "that cannot be done there; expected another method; see /api/openapi.json",
}
_SEE = "; expected what is documented; see /api/openapi.json"
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": words}
    for status, words in {
        400: "A value cannot be used",
        401: "The key is missing",
        403: "Asked by another page",
        404: "It is not there",
        409: "Not now: the board has changed, or there is nothing to do",
        411: "The length is missing",
        413: "Too large",
        415: "Of another kind than is taken",
        421: "Not found under that name",
        422: "The body is not what is documented",
        429: "Too many jobs wait",
        502: "The maker failed",
        503: "The studio is closing, or too many listen",
        507: "The disk takes no more",
    }.items()
}
"""Of every route: `{"error": "got; expected …; hint"}`."""


class MissingHere(MissingError):
    """There is no such thing on this board."""


def missing(what: str, expected: str) -> MissingHere:
    """The error for something that is not here."""
    return MissingHere(one_line(what), expected=expected, hint="it may have been removed")


def answer(status: int, words: str, **more: Any) -> JSONResponse:
    """A fault as JSON."""
    return JSONResponse({"error": words, **more}, status)


def add_faults(app: FastAPI) -> None:
    """Every error that reaches the application is answered in a sentence."""

    async def ours(_: Request, error: Exception) -> JSONResponse:
        status = next(status for kind, status in STATUSES if isinstance(error, kind))
        return answer(status, str(error))

    async def body(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return answer(422, _first(error))

    async def http(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        words = WORDS.get(error.status_code, one_line(error.detail))
        return answer(error.status_code, words if "; expected " in words else words + _SEE)

    async def defect(_: Request, error: Exception) -> JSONResponse:
        logging.getLogger(__name__).error("defect", exc_info=error)
        return answer(500, f"a defect of cut2next ({type(error).__name__}); expected none; tell us")

    async def disk(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, OSError)
        if error.errno not in _FULL:
            return await defect(request, error)
        hint = "see to that, and try again: nothing was changed"
        return answer(507, f"the disk: {error.strerror}; expected one with room; {hint}")

    app.add_exception_handler(Cut2NextError, ours)
    app.add_exception_handler(OSError, disk)
    app.add_exception_handler(RequestValidationError, body)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, defect)


def _first(error: RequestValidationError) -> str:
    """The first thing that is wrong with what came; nothing of its content is said back."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part != "body") or "the body"
    said = one_line(first["msg"], 120)
    return f"{one_line(place, 80)}: {said}{_SEE}"
