"""What a server's status says: come later, never, or stop everything. For both protocols."""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from cut2next.annotation.faults import NotAccepted, TryLater
from cut2next.film import Cut2NextError, InputError
from cut2next.film.errors import one_line

MISSHAPEN = (ValueError, TypeError, AttributeError, LookupError, RecursionError)
"""What reading a stranger's JSON comes to, in Google's and OpenAI's libraries and in pydantic."""
_LATER = frozenset({408, 409, 425, 429})
UNFIT = frozenset({400, 415, 422})
# Statuses that mean the account or the address, whatever the question is. Google says 400 of a bad
# key; OpenAI says 429 of an empty account.
_NO_KEY, _NO_MODEL, _NO_MONEY = (401, 403), 404, 402
_BAD_KEY, _EMPTY = "API_KEY_INVALID", "insufficient_quota"


def fault_of(
    status: int, body: Any, headers: Mapping[str, str], model: str, key_name: str
) -> TryLater | NotAccepted | InputError:
    """What to raise for a status that is no success."""
    reason = _reason(status, body)
    if status in _NO_KEY or (status == 400 and _BAD_KEY in str(body)):
        return _stop(model, reason, "a key that the server takes", f"set {key_name}")
    if status == _NO_MODEL:
        return _stop(model, reason, "a model that the server has", "check its name and the address")
    if status == _NO_MONEY or (status == 429 and _EMPTY in str(body)):
        return _stop(model, reason, "an account with money in it", "top it up, then run again")
    if status in _LATER or status >= 500:
        return TryLater(reason, seconds=_seconds(body, headers))
    return NotAccepted(reason)


def turns_down(status: int, body: Any, names: Iterable[str]) -> bool:
    """Whether a server will not have a request for the sake of a parameter, and names it."""
    said = _letters(str(body))
    return status in UNFIT and any(_letters(name) in said for name in names)


def _letters(text: str) -> str:
    """For comparison: servers write response_format, responseFormat and `response format`."""
    return re.sub(r"[^a-z]", "", text.casefold())


def damaged(error: Exception) -> TryLater | Cut2NextError:
    """What to raise when the connection failed, before or after the server began to work."""
    import httpx2

    # The OpenAI library puts a bland error of its own around what happened.
    cause = error.__cause__ or error
    if isinstance(cause, Cut2NextError):
        return cause
    reason = f"{type(cause).__name__}: {one_line(cause)}"
    never_arrived = isinstance(cause, httpx2.ConnectError)
    return TryLater(reason.rstrip(": "), perhaps_paid=not never_arrived)


def unreadable(error: Exception) -> TryLater:
    """What to raise when a whole answer came that is no reply in its protocol."""
    reason = f"{type(error).__name__}: {one_line(error)}"
    return TryLater(f"an answer that cannot be read ({reason})", perhaps_paid=True)


def _stop(model: str, reason: str, expected: str, hint: str) -> InputError:
    return InputError(f"{model}: {reason}", expected=expected, hint=hint)


def _reason(status: int, body: Any) -> str:
    """The status and the server's own words, on one short line."""
    inner = body.get("error", body) if isinstance(body, dict) else body
    words = inner.get("message", "") if isinstance(inner, dict) else str(inner or "")
    tidy = one_line(words).rstrip(".")
    return f"the server says {status}" + (f" ({tidy})" if tidy else "")


def _seconds(body: Any, headers: Mapping[str, str]) -> float | None:
    """How long to wait: the Retry-After header, or the delay in Google's RetryInfo."""
    after = headers.get("retry-after") or headers.get("Retry-After") or ""
    delay = re.search(r"'retryDelay': '([0-9.]+)s'", str(body))
    for given in (after, delay[1] if delay else ""):
        if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", given):
            return float(given)
    return _seconds_until(after)


def _seconds_until(date: str) -> float | None:
    try:
        until = parsedate_to_datetime(date)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, math.ceil((until - datetime.now(UTC)).total_seconds()))
