"""Timecode: frames as hours:minutes:seconds:frames, the way editing rooms count them.

At 29.97 frames a second one counts 30 and lags behind the clock by 3.6 s an hour. Drop-frame (SMPTE
ST 12-1) leaves out two numbers each minute, but the tenth, and no frame; it is written with ";".
"""

import re
from fractions import Fraction
from math import ceil

from cut2next.film import InputError
from cut2next.film.errors import one_line

DROPPED = {Fraction(30_000, 1001): 2, Fraction(60_000, 1001): 4}
"""Rates that have drop-frame, and how many numbers a minute then goes without."""
_TIMECODE = re.compile(r"(\d{1,6}):([0-5]\d):([0-5]\d)([:;.])(\d{2,3})", re.ASCII)


def timecode(frames: int, rate: Fraction, drop: bool = False) -> str:
    """Of a number of frames, from 0. Raises InputError for drop-frame at a rate without it."""
    counted = ceil(rate)
    if drop:
        frames += _left_out(frames, rate)
    seconds, rest = divmod(frames, counted)
    minutes, hours = seconds // 60 % 60, seconds // 3600
    return f"{hours:02}:{minutes:02}:{seconds % 60:02}{';' if drop else ':'}{rest:02}"


def frames_of(text: str, rate: Fraction) -> int:
    """How many frames a timecode tells; a semicolon or full stop before the last is drop-frame.

    Raises InputError for what is no timecode at that rate, as a number that is left out.
    """
    found = _TIMECODE.fullmatch(text.strip())
    if found is None:
        raise _no_timecode(text, rate)
    hours, minutes, seconds, rest = (int(found[group]) for group in (1, 2, 3, 5))
    drop = found[4] != ":"
    dropped = _each_minute(rate) if drop else 0
    passed = hours * 60 + minutes
    is_left_out = seconds == 0 and rest < dropped and minutes % 10 != 0
    if rest >= ceil(rate) or is_left_out:
        raise _no_timecode(text, rate)
    return (passed * 60 + seconds) * ceil(rate) + rest - dropped * (passed - passed // 10)


def _left_out(frames: int, rate: Fraction) -> int:
    """How many numbers were left out before a frame."""
    dropped = _each_minute(rate)
    minute = ceil(rate) * 60 - dropped
    tens, rest = divmod(frames, minute * 10 + dropped)
    return dropped * (9 * tens + max(0, rest - dropped) // minute)


def _each_minute(rate: Fraction) -> int:
    if rate not in DROPPED:
        raise InputError(
            f"drop-frame at {rate} frames a second",
            expected="29.97 or 59.94 (30000/1001, 60000/1001)",
            hint="count without it",
        )
    return DROPPED[rate]


def _no_timecode(text: str, rate: Fraction) -> InputError:
    return InputError(
        f"the timecode {one_line(repr(text), 60)} at {rate} frames a second",
        expected="hours:minutes:seconds:frames",
        hint="for example 01:00:00:00",
    )
