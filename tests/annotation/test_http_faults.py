"""What statuses mean, and how long servers say to wait."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from cut2next.annotation.faults import NotAccepted, TryLater
from cut2next.annotation.http_faults import fault_of, turns_down
from cut2next.film import InputError

RETRY_INFO = {"error": {"details": [{"@type": "…RetryInfo", "retryDelay": "3.5s"}]}}


def _fault(status: int, body: Any = None, **headers: str) -> Exception:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return fault_of(status, body, named, "a-model", "A_KEY")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((status, TryLater) for status in (408, 409, 425, 429, 500, 502, 503, 504, 529)),
        *((status, NotAccepted) for status in (400, 405, 413, 415, 422)),
        *((status, InputError) for status in (401, 402, 403, 404)),
    ],
)
def test_a_status_means_later_never_or_stop(status: int, kind: type[Exception]) -> None:
    assert type(_fault(status)) is kind


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"retry_after": "7"}, None, 7.0),
        ({"Retry_After": "0.5"}, None, 0.5),
        ({}, RETRY_INFO, 3.5),
        ({"retry_after": "7"}, RETRY_INFO, 7.0),
        ({}, None, None),
        ({"retry_after": "soon"}, None, None),
        ({"retry_after": "-1"}, None, None),
        ({"retry_after": "Wed, 21 Oct 2015 07:28:00 GMT"}, None, 0.0),
    ],
)
def test_the_wait_is_read(headers: dict[str, str], body: Any, seconds: float | None) -> None:
    fault = _fault(429, body, **headers)
    assert isinstance(fault, TryLater)
    assert fault.seconds == seconds


def test_a_date_to_come_is_waited_for() -> None:
    fault = _fault(503, retry_after=format_datetime(datetime.now(UTC) + timedelta(seconds=90)))
    assert isinstance(fault, TryLater)
    assert fault.seconds is not None
    assert 85 < fault.seconds <= 90


@pytest.mark.parametrize(
    ("status", "body", "turned_down"),
    [
        (400, {"error": {"message": "Unknown parameter: responseFormat"}}, True),
        (422, {"detail": [{"loc": ["body", "response_format", "type"]}]}, True),
        (400, "no such response format", True),
        (400, {"error": {"message": "the picture is too large"}}, False),
        (500, "response_format", False),
        (400, None, False),
    ],
)
def test_a_parameter_that_a_server_will_not_have_is_named(
    status: int, body: Any, turned_down: bool
) -> None:
    assert turns_down(status, body, ["json_schema", "response_format"]) == turned_down


def test_what_a_server_says_is_one_short_line() -> None:
    line = str(_fault(500, {"error": {"message": "a\nlong\tstory " * 99}}))
    assert "a long story" in line
    assert "\n" not in line
    assert len(line) < 250
    assert str(_fault(500, "<html>")) == "the server says 500 (<html>)"
    assert str(_fault(500, ["?"])) == "the server says 500 (['?'])"
