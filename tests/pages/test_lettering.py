"""Text on pictures: every letter of it, or a sign that one is missing."""

import pytest
from PIL import Image, ImageChops, ImageDraw

from cut2next.pages.lettering import width, wrapped, write


def written(text: str, size: int = 40) -> Image.Image:
    image = Image.new("RGB", (600, 80), "black")
    write(ImageDraw.Draw(image), (10, 60), text, (255, 255, 255), size)
    return image


def test_cafe_has_its_accent_above_its_last_letter() -> None:
    accent = ImageChops.subtract(written("café"), written("cafe"))
    left, top, right, bottom = accent.getbbox() or (0, 0, 0, 0)
    letter = Image.Image.getbbox(ImageChops.subtract(written("cafe"), written("caf")))
    assert letter is not None
    assert letter[0] <= left < right <= letter[2]
    assert 10 < top < bottom <= letter[1]
    # the letters are where they were
    assert ImageChops.subtract(written("cafe"), written("café")).getbbox() is None


@pytest.mark.parametrize("parted", ["cafe\u0301", "café"])
def test_both_ways_of_spelling_it_look_alike(parted: str) -> None:
    assert written(parted).tobytes() == written("café").tobytes()


@pytest.mark.parametrize("letter", "éèêëöüñåžÉÈÖÑÅŽ")
def test_accents_tell_letters_apart(letter: str) -> None:
    pictures = {written(other).tobytes() for other in (letter, *"eouanzEOUANZ")}
    assert len(pictures) == 13


@pytest.mark.parametrize("letter", "漢ß字çşőą")
def test_a_letter_that_cannot_be_drawn_is_missed_and_not_left_out(letter: str) -> None:
    assert width(f"a{letter}b", 40) > width("ab", 40)
    assert written(f"a{letter}b").tobytes() == written("a\uffffb").tobytes()


def test_lines_break_between_words_and_stay_in_their_room() -> None:
    text = "Medium close up of Anna in the café"
    lines = wrapped(text, 20, 120, 9)
    assert " ".join(lines) == text
    assert len(lines) > 1
    assert all(width(line, 20) <= 120 for line in lines)


@pytest.mark.parametrize("text", ["so many words that no two lines hold them all", "w" * 99])
def test_what_is_too_long_ends_in_dots(text: str) -> None:
    lines = wrapped(text, 20, 120, 2)
    assert len(lines) <= 2
    assert lines[-1].endswith("...")
    assert all(width(line, 20) <= 120 for line in lines)


def test_nothing_is_no_line() -> None:
    assert wrapped(" ", 20, 120, 2) == []
