"""A local page's server: where it listens, and who asks the door before any route is asked."""

import socket
from collections.abc import Callable, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cut2next.film import InputError
from cut2next.pages.access import Door, Refusal

YEAR = 365 * 24 * 3600


def listening(host: str, port: int) -> socket.socket:
    """A socket to serve on. Raises InputError when that cannot be had."""
    try:
        family, *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as error:
        fault = str(getattr(error, "strerror", None) or error).partition(" (")[0]
        raise InputError(
            f"{host}, port {port}: {fault}",
            expected="an address of this machine and a free port",
            hint="choose another --port, or 0 for any",
        ) from error


def remembered(response: Response, cookie: str, value: str) -> Response:
    """With a cookie that no script reads and no other site sends along."""
    response.set_cookie(cookie, value, max_age=YEAR, httponly=True, samesite="lax")
    return response


def in_plain_text(refusal: Refusal) -> Response:
    """A refusal as a person reads it."""
    return PlainTextResponse(refusal.words, refusal.status)


class Doorkeeper:
    """Asks the door before any route, and puts the headers on every answer."""

    def __init__(
        self,
        app: ASGIApp,
        door: Door,
        headers: Mapping[str, str],
        refused: Callable[[Refusal], Response] = in_plain_text,
    ) -> None:
        self._app, self._door = app, door
        self._headers, self._refused = headers, refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As any ASGI application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await (self._answer(scope) or self._app)(scope, receive, guarded)

    def _answer(self, scope: Scope) -> Response | None:
        """What is answered without asking any route."""
        headers, door = Headers(scope=scope), self._door
        if refusal := door.refusal(scope["method"], scope["path"], headers):
            return self._refused(refusal)
        if door.in_link(scope["method"], scope["query_string"].decode("latin-1")):
            # Of the address only what is here: it is a stranger's as well.
            there = RedirectResponse("/" + scope["path"].lstrip("/"), status_code=303)
            return remembered(there, door.cookie, door.kept)
        refusal = door.lock(headers)
        return self._refused(refusal) if refusal else None
