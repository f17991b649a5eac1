"""Operations in the page do to a board what the server's do."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.pages.live import chromium
from tests.studio.any_board import boards, operations
from tests.studio.server.serving import served

from cut2next.studio.as_json import to_json
from cut2next.studio.board import RATES
from cut2next.studio.operations import apply, at_rate, operation_to_json
from cut2next.studio.store import Store

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    """Any page of the studio's, to run its modules in."""
    store = Store.in_memory()
    with chromium() as browser, closing(store), served(store) as client:
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{client.port}/")
        yield page
        page.goto("about:blank")


SETTING = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@SETTING
@given(data=st.data())
def test_an_operation_makes_the_same_board(page: Any, data: st.DataObject) -> None:
    board = data.draw(boards())
    operation = data.draw(operations(board))
    script = """async ([board, operation]) =>
      (await import("/js/operations.js")).apply(board, operation)"""
    made = page.evaluate(script, [to_json(board), operation_to_json(operation)])
    assert made == to_json(apply(board, operation))


@SETTING
@given(board=boards(), rate=st.sampled_from(RATES))
def test_another_rate_makes_the_same_frames(page: Any, board: Any, rate: Any) -> None:
    script = """async ([panels, from, to]) =>
      (await import("/js/time.js")).retimed(panels, from, to)"""
    panels = [to_json(panel) for panel in board.panels]
    frames = page.evaluate(script, [panels, str(board.rate), str(rate)])
    assert frames == dict(at_rate(board, rate).frames)


@pytest.mark.parametrize("rate", RATES)
def test_no_second_has_more_frames_than_the_rate(page: Any, rate: Any) -> None:
    script = """async ([rate, frames]) => {
      const { withinSecond } = await import("/js/time.js");
      return frames.map((frame) => withinSecond(frame, rate));
    }"""
    frames = [*range(200), *range(107_000, 107_200)]
    told = page.evaluate(script, [float(rate), frames])
    for frame, (second, within) in zip(frames, told, strict=True):
        assert second == frame // rate
        assert 0 <= within < rate
        assert within == sum(each // rate == second for each in range(max(0, frame - 130), frame))
