"""What a text, a name and a number on a board may be: every limit, in one place."""

import re
from collections.abc import Iterable

from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.generation.ranges import Range

LINE = 200
"""Letters of what stands on one line: a title, a name."""
TEXT = 20_000
"""Letters of what may have several: dialogue, action, notes, a prompt's fields."""
FRAMES = Range(1, 1_000_000, 48)
"""That a panel lasts."""
SIDE = Range(1, 10_000_000, 1280)
"""Pixels of a picture: more than any that can be taken in has."""
SEED = Range(0, 2**53 - 1, 7)
"""What a page's JavaScript counts exactly."""
PANELS = 5_000
"""Of a board."""

_ID = re.compile(r"[0-9a-z][0-9a-z-]{0,39}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def check_id(given: str, of: str) -> None:
    """Raises InputError for what is no name by which a part of a board is known."""
    if not _ID.fullmatch(given):
        raise InputError(
            f"{of} {one_line(repr(given), 60)}",
            expected="up to 40 of a-z, 0-9 and -",
            hint="new_id() makes one",
        )


def check_digest(given: str) -> None:
    """Raises InputError for what is no SHA-256 in lower-case hexadecimal digits."""
    if not _DIGEST.fullmatch(given):
        raise InputError(
            f"a picture {one_line(repr(given), 80)}",
            expected="a SHA-256, 64 digits of 0-9 and a-f",
            hint="add the picture to the board's pictures first",
        )


def check_line(given: str, of: str) -> None:
    """Raises InputError for a text of several lines, or one that is too long."""
    _check_letters(given, of, LINE, "")


def check_text(given: str, of: str) -> None:
    """Raises InputError for a text that is too long, or that no file can hold."""
    _check_letters(given, of, TEXT, "\n\t")


def check_unlike(ids: Iterable[str], of: str) -> None:
    """Raises InputError where a name is there twice."""
    seen: set[str] = set()
    for each in ids:
        if each in seen:
            raise InputError(
                f"two {of} called {each}", expected="each once", hint="give one another name"
            )
        seen.add(each)


def _check_letters(given: str, of: str, most: int, allowed: str) -> None:
    """XML, and so every second export, holds neither control letters nor halves of letters."""
    if len(given) > most:
        raise InputError(
            f"{of} of {len(given):,} letters", expected=f"at most {most:,}", hint="shorten it"
        )
    for letter in given:
        steers = (letter < " " and letter not in allowed) or letter in "\x7f\ufffe\uffff"
        if steers or "\ud800" <= letter <= "\udfff":
            raise InputError(
                f"{of} with the letter U+{ord(letter):04X}",
                expected="letters that can be shown",
                hint="take it out",
            )
