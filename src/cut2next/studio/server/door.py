"""Who may speak to a studio, beside what any local page asks (`pages/access.py`).

- a page: what changes something comes from the studio's own, by its Origin
- another page: may lead to the studio's, and has nothing else done or read
- a program, which has no Origin: with the key, or on this machine alone
- size: each route has its own longest body, counted as it comes
"""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cut2next.pages import access
from cut2next.pages.access import Refusal

HEADERS = access.headers(img_src="blob: data:", media_src="blob:")
_MEGABYTE = 10**6
_LONGEST = {
    "/api/pictures": 101 * _MEGABYTE,
    "/api/films": 4_000 * _MEGABYTE,
    "/api/import": 1_000 * _MEGABYTE,
    "/v1/images/edits": 110 * _MEGABYTE,
}
_ANY = 32 * _MEGABYTE
"""Bytes: a paste of five thousand panels."""
_SAFE = ("GET", "HEAD")
_CALLS = ("/api/", "/v1/", "/metrics")
"""What is no page that a link leads to."""
_OWN = ("", "none", "same-origin")


@dataclass(frozen=True, kw_only=True)
class StudioDoor(access.Door):
    """What a request must bring."""

    def refusal(self, method: str, path: str, headers: Mapping[str, str]) -> Refusal | None:
        """Why a request is not answered, whatever it asks for; None where it may be."""
        if fault := super().refusal(method, path, headers):
            return fault
        if method in _SAFE:
            return self._read_from_elsewhere(path, headers)
        origin = headers.get("origin")
        if origin is not None and origin != f"http://{headers.get('host', '')}":
            return Refusal(403, _said("asked by another page", "the studio's own", "open it"))
        if origin is None and not self.brings_key(headers) and not self._is_program(headers):
            return Refusal(403, _said("asked by nobody knows whom", "an Origin or a key", "add it"))
        return _size_fault(path, headers)

    def _read_from_elsewhere(self, path: str, headers: Mapping[str, str]) -> Refusal | None:
        """Another page is given none of it, but could have films cut and boards exported here."""
        site, mode = headers.get("sec-fetch-site", ""), headers.get("sec-fetch-mode", "")
        if site in _OWN or (mode == "navigate" and not path.startswith(_CALLS)):
            return None
        return Refusal(403, _said("asked by another page", "the studio's own", "open it"))

    def lock(self, headers: Mapping[str, str]) -> Refusal | None:
        """A program brings the key in a header, a page in its cookie."""
        if self.brings_key(headers) or super().lock(headers) is None:
            return None
        hint = "open the link that the studio told, or send Authorization: Bearer KEY"
        return Refusal(401, _said("no key, or a wrong one", "that of this studio", hint))

    def _is_program(self, headers: Mapping[str, str]) -> bool:
        """Whether a request without an Origin can be taken for one of this machine's programs."""
        return self.key is None and headers.get("sec-fetch-site", "") in _OWN


class BodyLimit:
    """Counts what comes, and stops where it is more than a route takes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As any ASGI application."""
        left = longest(scope.get("path", ""))

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413, _too_large(scope["path"]))
            return message

        await self._app(scope, counted, send)


def longest(path: str) -> int:
    """Bytes that a body for a path may have."""
    return _LONGEST.get(path.rstrip("/"), _ANY)


def _size_fault(path: str, headers: Mapping[str, str]) -> Refusal | None:
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        return Refusal(411, _said("a body of no known length", "Content-Length", "add it"))
    return Refusal(413, _too_large(path)) if int(length) > longest(path) else None


def _too_large(path: str) -> str:
    most = longest(path) // _MEGABYTE
    return _said("a body that is too large", f"at most {most:,} MB", "send less")


def _said(got: str, expected: str, hint: str) -> str:
    return f"{got}; expected {expected}; {hint}"
