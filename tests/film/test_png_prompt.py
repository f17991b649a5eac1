"""The prompt in a PNG: it comes back as it went, and what a stranger wrote there does no harm."""

import json
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from cut2next.film import IndividualPrompt
from cut2next.film.png_prompt import (
    CHUNK,
    png_text,
    printable,
    prompt_from_json,
    prompt_to_json,
    read_png_prompt,
    read_png_text,
)

PROMPT = IndividualPrompt(
    summary="<Ána> (red coat)", description="At dawn.", attributes={"Lens": "35 mm", "Angle": "low"}
)


def through_a_file(text: PngInfo) -> Image.Image:
    file = BytesIO()
    Image.new("RGB", (2, 2)).save(file, format="PNG", pnginfo=text)
    return Image.open(BytesIO(file.getvalue()))


def foreign(content: Any) -> Image.Image:
    text = PngInfo()
    text.add_text(CHUNK, content if isinstance(content, str) else json.dumps(content))
    return through_a_file(text)


def test_a_prompt_comes_back_with_the_order_of_its_attributes() -> None:
    back = read_png_prompt(through_a_file(png_text(PROMPT)))
    assert back == PROMPT
    assert back is not None
    assert list(back.attributes) == ["Lens", "Angle"]


def test_other_keys_stand_beside_it_and_cannot_take_its_place() -> None:
    picture = through_a_file(png_text(PROMPT, {"film": "sita", "shot": "mine"}))
    assert read_png_text(picture) == {"film": "sita", "shot": prompt_to_json(PROMPT)}


def test_a_picture_without_the_chunk_carries_no_prompt() -> None:
    assert read_png_text(Image.new("RGB", (2, 2))) == {}
    assert read_png_prompt(Image.new("RGB", (2, 2))) is None


@pytest.mark.parametrize(
    "content",
    ["", "{", "[" * 100_000, [1], None, {"shot": None}, {"shot": {"summary": "no more"}}]
    + [{"shot": {**prompt_to_json(PROMPT), key: 3}} for key in ("summary", "attributes")]
    + [{"shot": {**prompt_to_json(PROMPT), "summary": " \n"}}],
)
def test_what_makes_no_sense_is_no_prompt(content: object) -> None:
    assert read_png_prompt(foreign(content)) is None


@given(text=st.text())
def test_what_is_read_cannot_steer_a_terminal(text: str) -> None:
    assert printable(text).isprintable()
    assert len(printable(text)) == len(text)
    fields = {"summary": f"a{text}", "description": text, "attributes": {text: text}}
    prompt = prompt_from_json(fields)
    assert prompt is not None
    assert prompt.text.isprintable()
