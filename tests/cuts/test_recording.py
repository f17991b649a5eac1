"""A cut becomes a record without loss: pictures to the bit, prompts inside them."""

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from tests.cuts.sample import PARTS, cut, record, same, truth

from cut2next.cuts.record import MadeBy
from cut2next.cuts.recording import record_of
from cut2next.film import InputError

BY = MadeBy(tool="a test", version="1")


def test_pictures_and_words_stay_as_they_are() -> None:
    made = record_of(cut(2), made_by=BY, licence="MIT", source="noise", split="test")
    assert same(made.cut(), cut(2))
    assert (made.made_by, made.licence, made.source, made.split) == ((BY,), "MIT", "noise", "test")
    assert made.truth is None
    with Image.open(BytesIO(made.current.image)) as picture:
        assert picture.format == "PNG"
        assert any("shot 4" in str(text).lower() for text in picture.info.values())


def test_truth_is_kept_as_a_grey_picture_of_ids() -> None:
    made = record(0, truths=(truth(0), truth(1)))
    assert made.truth is not None
    for number, columns in enumerate(made.truth):
        ids = np.asarray(Image.open(BytesIO(columns["object_ids"]["bytes"])))
        assert (ids == truth(number).object_ids).all()
        assert tuple(columns["parts"]) == PARTS


def test_more_parts_than_a_grey_picture_tells_apart_are_refused() -> None:
    crowded = replace(truth(0), parts=tuple(map(str, range(257))))
    with pytest.raises(InputError, match="257 parts; expected at most 256"):
        record(0, truths=(crowded, truth(1)))
