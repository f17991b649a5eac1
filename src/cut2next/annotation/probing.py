"""Whether a server can be asked at all, before anything is: in seconds, for no money."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx2

from cut2next.annotation.address import origin_of
from cut2next.annotation.http_faults import fault_of
from cut2next.film import InputError
from cut2next.film.errors import one_line

PATIENCE = 20.0
"""Seconds."""


async def probe(
    http: httpx2.AsyncClient, *, listing: str, asked: str, headers: Mapping[str, str], key_name: str
) -> None:
    """Fetches a server's list of models.

    Where there is none, or none for this key, it is sent an empty question: who could answer one
    says what is missing of it. Raises InputError where nobody does so.
    """
    server = origin_of(asked)
    try:
        async with asyncio.timeout(PATIENCE):
            answer = await http.get(listing, headers=headers)
            if not (_is_busy(answer) or (answer.is_success and _is_json(answer))):
                answer = await http.post(asked, headers=headers, json={})
    except TimeoutError as error:
        raise _refused(server, f"no whole answer within {PATIENCE:g} s") from error
    except httpx2.HTTPError as error:
        told = f"cannot be asked ({type(error).__name__}: {one_line(error, 100)})"
        raise _refused(server, told.replace(": )", ")")) from error
    _check(answer, server, key_name)


def _check(answer: httpx2.Response, server: str, key_name: str) -> None:
    if _is_busy(answer):
        return
    kind = one_line(answer.headers.get("content-type", "no type").partition(";")[0], 40)
    if answer.status_code in (404, 405) or not (answer.is_error or _is_json(answer)):
        path = answer.request.url.path
        raise _refused(server, f"says {answer.status_code} ({kind}) at {path}")
    body: Any = answer.json() if _is_json(answer) else answer.text
    fault = fault_of(answer.status_code, body, answer.headers, server, key_name)
    if isinstance(fault, InputError) and answer.is_error:
        raise fault


def _is_busy(answer: httpx2.Response) -> bool:
    """Whether it is there, but not now: asking waits that out."""
    return answer.status_code == 429 or answer.status_code >= 500


def _is_json(answer: httpx2.Response) -> bool:
    try:
        return isinstance(answer.json(), dict | list)
    except (ValueError, RecursionError):
        return False


def _refused(server: str, got: str) -> InputError:
    return InputError(
        f"{server} {got}",
        expected="a server that speaks the protocol",
        hint="check the address (for OpenAI's protocol it mostly ends in /v1), and that it runs",
    )
