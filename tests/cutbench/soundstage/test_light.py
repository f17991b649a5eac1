from dataclasses import replace

import numpy as np
import pytest
from tests.cutbench.soundstage.stage import SMALL, case

from cut2next.cutbench.metrics.blurred_error import blurred
from cut2next.cutbench.soundstage.light import at_every_hour, is_hour_right
from cut2next.soundstage.lighting import HOURS


@pytest.mark.parametrize("hour", HOURS)
def test_the_set_at_an_hour_is_told_from_the_others(hour: str) -> None:
    drawn = case(0)
    hours = at_every_hour(drawn.film_set, drawn.following, SMALL, 1)
    shot_then = replace(drawn.film_set, hour=hour).picture(drawn.following, SMALL, 1)
    assert np.array_equal(hours[hour], blurred(shot_then))
    assert [other for other in HOURS if is_hour_right(hours[hour], hours, other)] == [hour]


def test_a_little_darker_is_still_the_same_hour() -> None:
    drawn = case(1)
    hours = at_every_hour(drawn.film_set, drawn.following, SMALL, 1)
    assert is_hour_right(hours["day"] * np.float32(0.97), hours, "day")
