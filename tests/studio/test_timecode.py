"""Timecode: there and back at every rate, and drop-frame as the standard's own figures have it."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentimelineio.opentime import RationalTime

from cut2next.film import InputError
from cut2next.studio.board import RATES
from cut2next.studio.timecode import DROPPED, frames_of, timecode

NTSC = Fraction(30_000, 1001)
DAY = 24 * 3600 * 24


@given(st.integers(0, 10**9), st.sampled_from([*RATES, Fraction(25, 2)]))
def test_there_and_back(frames: int, rate: Fraction) -> None:
    assert frames_of(timecode(frames, rate), rate) == frames
    if rate in DROPPED:
        assert frames_of(timecode(frames, rate, drop=True), rate) == frames


@given(st.integers(0, DAY - 1), st.sampled_from(RATES))
def test_another_library_says_the_same(frames: int, rate: Fraction) -> None:
    theirs = RationalTime(frames, float(rate))
    assert timecode(frames, rate) == theirs.to_timecode(float(rate), drop_frame=False)
    if rate in DROPPED:
        assert timecode(frames, rate, drop=True) == theirs.to_timecode(float(rate), drop_frame=True)


@pytest.mark.parametrize(
    ("frames", "told"),
    [
        (1799, "00:00:59;29"),
        (1800, "00:01:00;02"),
        (17_981, "00:09:59;29"),
        (17_982, "00:10:00;00"),
        (107_892, "01:00:00;00"),  # an hour of the clock has 107892.1
    ],
)
def test_drop_frame(frames: int, told: str) -> None:
    assert timecode(frames, NTSC, drop=True) == told


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("", NTSC),
        ("00:01:00;00", NTSC),
        ("00:00:00:30", NTSC),
        ("00:60:00:00", NTSC),
        ("00:00:00;00", Fraction(24)),
        ("-1:00:00:00", NTSC),
        ("0\u0661:00:00:00", NTSC),
        ("1" * 5000 + ":00:00:00", NTSC),
    ],
)
def test_what_is_no_timecode_is_told_in_a_line(text: str, rate: Fraction) -> None:
    with pytest.raises(InputError) as error:
        frames_of(text, rate)
    assert "\n" not in str(error.value)


def test_drop_frame_is_for_rates_that_have_it() -> None:
    with pytest.raises(InputError, match=r"29\.97"):
        timecode(0, Fraction(25), drop=True)
