"""Types that commands share for their arguments: text in, a checked value out, one clear refusal.

argparse puts the option's name before the refusal, so these say only what came, what was expected
and what to do.
"""

import argparse
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from cut2next.film import Cut2NextError, EditingPattern, parse_pattern
from cut2next.film.paths import path_fault, text_fault
from cut2next.generation.framing import LONGEST, Size
from cut2next.generation.ranges import GUIDANCE, OF_A_CASE, SEED, STEPS, STRENGTH


def pattern(text: str) -> EditingPattern:
    """An editing pattern, by its name in files or in prose."""
    try:
        return parse_pattern(text)
    except Cut2NextError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def pathname(given: str) -> Path:
    """Of a file or a folder, there or to be made; neither a pipe, a device nor a socket."""
    fault, path = path_fault(Path(given)) if given else "is empty", Path(given)
    if fault is None and path.name in ("", ".."):
        try:  # who writes beside it must know what it is called
            path = path.resolve()
            fault = None if path.name else "is the root of all"
        except OSError as error:  # a folder that somebody has deleted meanwhile
            fault = f"cannot be used ({error.strerror})"
    if fault is not None:
        raise _refused(given, fault, expected="a file or a folder", hint="name another")
    return path


def word(given: str) -> str:
    """What something is called; of every argument that has no other type."""
    if (fault := text_fault(given)) is not None:
        raise _refused(given, fault, expected="text, on one line", hint="type it again")
    return given


def any_whole(text: str) -> int:
    """Any whole number; its range is somebody else's business."""
    return _whole(text, None, None, example=4)


def any_number(given: str) -> float:
    """Any number in plain digits, or with an exponent; its range is somebody else's business."""
    if re.fullmatch(r"[+-]?([0-9]+\.?|[0-9]*\.[0-9]+)(e[+-]?[0-9]{1,3})?", given.strip().lower()):
        return float(given)
    raise _refused(given, expected="a number", hint="for example 0.5 or 1e-4")


def positive_int(text: str) -> int:
    """A whole number, one or more."""
    return _whole(text, 1, None, example=4)


def from_zero(text: str) -> int:
    """A whole number, zero or more."""
    return _whole(text, 0, None, example=64)


def up_to(most: int, least: int = 1) -> Callable[[str], int]:
    """A type for whole numbers, `least` to `most`."""
    return lambda text: _whole(text, least, most, example=min(4, most))


def port(text: str) -> int:
    """Of a server; 0 for any that is free."""
    return _whole(text, 0, 65535, example=8017)


set_count = up_to(10**9)
"""Sets to be shot one after the other; more would take centuries, and is a slip."""

step_count = up_to(STEPS.most)
"""Denoising steps."""

of_a_case = up_to(OF_A_CASE.most)
"""Pictures of every case of a benchmark."""


def seed(text: str) -> int:
    """A seed for a random generator."""
    return _whole(text, SEED.least, SEED.most, example=SEED.example)


def text(given: str) -> str:
    """Words for a prompt, without the space around them."""
    words = given.strip()
    if not any(sign.isalnum() for sign in words):
        raise _refused(given, expected="some words", hint='for example "Close up of <Anna>"')
    try:
        words.encode()
    except UnicodeEncodeError as error:
        # What a shell hands over need not be text; it could be shown but never written down.
        raise _refused(given, expected="UTF-8", hint="type it again") from error
    return words


def vram(given: str) -> float | None:
    """A card's memory in GiB; None for "auto", what is free on the card at hand."""
    expected = "GiB of a card's memory, or auto"
    return None if given == "auto" else _number(given, expected, "24", above=0, digits=(4, 3))


def strength(given: str) -> float:
    """How strongly a segment counts."""
    return _number(given, str(STRENGTH), str(STRENGTH.example), most=STRENGTH.most, digits=(1, 6))


def guidance(given: str) -> float:
    """How strongly guidance-distilled weights follow the prompt."""
    return _number(given, str(GUIDANCE), str(GUIDANCE.example), most=GUIDANCE.most, digits=(2, 6))


def positive_number(given: str) -> float:
    """A number above zero, in plain digits."""
    return _number(given, "a number above 0", "2.5", above=0)


def threshold(given: str) -> float | None:
    """A number to keep a score by; None for "none", which switches it off."""
    return None if given == "none" else _number(given, "a number, or none", "12.5")


def share(given: str) -> float:
    """A part of a whole, less than all of it."""
    if not re.fullmatch(r"0?\.[0-9]{1,9}|0", given.strip()):
        raise _refused(given, expected="a number from 0 to under 1", hint="for example 0.1")
    return float(given)


class WeightedFile(NamedTuple):
    """A LoRA file and how strongly it counts; written `FILE` or `FILE:0.8`."""

    path: Path
    weight: float


def weighted_file(given: str) -> WeightedFile:
    """A LoRA file, in full strength or at a weight after a colon."""
    parts = re.fullmatch(r"(.+?)(?::([+-]?[0-9]*\.?[0-9]+))?", given.strip())
    if parts is None:
        raise _refused(
            given, expected="FILE or FILE:WEIGHT", hint="for example mine.safetensors:0.8"
        )
    return WeightedFile(pathname(parts[1]), float(parts[2] or 1))


def size(*, least: Size, most: Size, example: Size) -> Callable[[str], Size]:
    """A type for sizes from `least` to `most` on both sides."""

    def parse(text: str) -> Size:
        sides = re.fullmatch(r"([0-9]{1,6})[xX×]([0-9]{1,6})", text.strip())
        if sides:
            given = Size(int(sides[1]), int(sides[2]))
            bounds = zip(least, given, most, strict=True)
            if all(low <= side <= high for low, side, high in bounds):
                return given
        expected = f"WIDTHxHEIGHT from {least} to {most}"
        raise _refused(text, expected=expected, hint=f"for example {example}")

    return parse


shot_size = size(least=Size(1, 1), most=Size(LONGEST, LONGEST), example=Size(1024, 576))
"""The size of a shot to be made; which ones a model makes, only the model tells."""


def _whole(text: str, least: int | None, most: int | None, *, example: int) -> int:
    """The number written in plain digits; int() alone also takes "1_000" and other scripts."""
    if re.fullmatch(r"[+-]?[0-9]{1,30}", text.strip()):
        number = int(text)
        if (least is None or least <= number) and (most is None or number <= most):
            return number
    reach = "" if least is None else f", {least} {'or more' if most is None else f'to {most}'}"
    raise _refused(text, expected=f"a whole number{reach}", hint=f"for example {example}")


def _number(
    text: str,
    expected: str,
    example: str,
    *,
    above: float = -1,
    most: float = math.inf,
    digits: tuple[int, int] = (9, 9),
) -> float:
    """The number written in plain digits, of which there are so many before and behind the dot."""
    before, behind = digits
    plain = re.fullmatch(rf"[0-9]{{1,{before}}}(\.[0-9]{{1,{behind}}})?", text.strip())
    if plain is None or not above < float(text) <= most:
        raise _refused(text, expected=expected, hint=f"for example {example}")
    return float(text)


def _refused(text: str, fault: str = "", *, expected: str, hint: str) -> argparse.ArgumentTypeError:
    what = f"got {text!r}{fault and f', which {fault}'}"
    return argparse.ArgumentTypeError(f"{what}; expected {expected}; {hint}")
