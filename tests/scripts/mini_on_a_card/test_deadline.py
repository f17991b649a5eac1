"""A schedule by time falls to nothing at the deadline."""

import pytest
from scripts.mini_on_a_card import deadline as clock
from scripts.mini_on_a_card.deadline import Deadline

from cut2next.recipes.mini.transformer import TransformerRun

RUN = TransformerRun(warmup=10, cooldown=0.5)


@pytest.mark.parametrize(
    ("now", "step", "share"),
    [(0, 0, 0.1), (30, 4, 0.5), (30, 100, 1), (50, 100, 1), (75, 100, 0.5), (100, 100, 0)],
)
def test_a_rate_rises_by_steps_and_falls_by_time(
    now: float, step: int, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "monotonic", lambda: 7.0 + now)
    assert Deadline(7, 107).schedule(RUN, step) == pytest.approx(share)


def test_beyond_the_deadline_nothing_is_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "monotonic", lambda: 20.0)
    late = Deadline(5, 15)
    assert late.is_over
    assert late.schedule(RUN, 50) == late.from_now().schedule(RUN, 50) == 0


def test_what_is_left_of_a_deadline_is_a_whole_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "monotonic", lambda: 60.0)
    assert Deadline(0, 100).left == pytest.approx(0.4)
    assert Deadline(0, 100).from_now().left == 1
