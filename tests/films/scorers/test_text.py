"""Text in a picture is what can be read, by the room it takes."""

import pytest
from PIL import Image, ImageDraw, ImageFont
from tests.films.footage import still

from cut2next.films.scorers.text import TextScorer


@pytest.fixture(scope="module")
def reader() -> TextScorer:
    return TextScorer()


def titled(text: str, size: int, at: tuple[int, int]) -> Image.Image:
    picture = Image.fromarray(still(1, (960, 400)))
    ImageDraw.Draw(picture).text(
        at, text, "white", ImageFont.load_default(size), stroke_width=2, stroke_fill="black"
    )
    return picture


def test_pictures_without_text_have_none(reader: TextScorer) -> None:
    for number in range(3):
        assert reader(Image.fromarray(still(number, (960, 400)))) == 0.0
    assert reader(Image.new("RGB", (960, 400))) == 0.0


def test_subtitles_are_seen_and_more_text_is_more(reader: TextScorer) -> None:
    one = reader(titled("I never said that, Mary.", 28, (330, 350)))
    two = reader(titled("I never said that, Mary.\nAnd you know it well.", 28, (330, 310)))
    large = reader(titled("THE END", 100, (190, 120)))
    assert 0.01 < one < two < large < 0.6


def test_a_single_letter_is_no_text(reader: TextScorer) -> None:
    assert reader(titled("A", 40, (500, 200))) == 0.0
