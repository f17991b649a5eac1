import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydantic import ValidationError

from cut2next.makers import Asked
from cut2next.makers.maker import brought_to


@pytest.mark.parametrize("wrong", [{"size": (1,)}, {"steps": "4"}, {"words": 3}, {"mood": "dark"}])
def test_what_was_asked_is_of_its_kinds(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Asked.model_validate({"words": "a wall", "size": (48, 32), **wrong})


sides = st.tuples(st.integers(16, 80), st.integers(16, 80))


@given(was=sides, wanted=sides)
def test_a_picture_is_brought_to_any_size(was: tuple[int, int], wanted: tuple[int, int]) -> None:
    assert brought_to(Image.new("RGB", was, "red"), wanted).size == wanted


def test_a_picture_keeps_its_centre_and_is_not_stretched() -> None:
    wide = Image.new("RGB", (90, 30), "black")
    wide.paste("white", (30, 0, 60, 30))
    made = np.asarray(brought_to(wide, (15, 15)))
    assert (made[:, 3:-3] == 255).all()
