"""Pages are made from templates, and say a number as people read it."""

import pytest

from cut2next.pages.html import clock


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0:00:00.0"), (59.96, "0:01:00.0"), (3723.44, "1:02:03.4"), (-0.01, "0:00:00.0")],
)
def test_a_clock_carries(seconds: float, told: str) -> None:
    assert clock(seconds) == told
