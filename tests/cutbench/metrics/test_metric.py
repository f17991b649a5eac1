import numpy as np
import pytest
from PIL import Image
from tests.cutbench.cuts import SIZE, cut

from cut2next.cutbench.cases import Case, CaseWithTruth
from cut2next.cutbench.metrics.metric import Metric, pixels_of
from cut2next.film import InputError

GREY = Image.new("RGB", SIZE, (90, 90, 90))
IS_TRUE = Metric(
    name="is true", needs=CaseWithTruth, value=lambda case, picture: picture == case.true_next
)


def test_a_metric_is_left_out_where_too_little_is_known() -> None:
    assert IS_TRUE.of(Case(cut=cut()), GREY) is None
    assert IS_TRUE.of(CaseWithTruth(cut=cut()), GREY) == 0


def test_a_yes_is_one() -> None:
    case = CaseWithTruth(cut=cut())
    value = IS_TRUE.of(case, case.true_next)
    assert (type(value), value) == (float, 1)


def test_a_case_may_have_nothing_to_say() -> None:
    silent = Metric(name="silent", needs=Case, value=lambda case, picture: None)
    assert silent.of(Case(cut=cut()), GREY) is None


def test_pixels_are_rows_first() -> None:
    pixels = pixels_of(GREY.convert("L"), SIZE)
    assert pixels.shape == (SIZE[1], SIZE[0], 3)
    assert np.unique(pixels).tolist() == [90]


def test_another_size_than_the_true_one_is_refused() -> None:
    with pytest.raises(InputError, match="32x16; expected one of 16x32, as the true one"):
        pixels_of(GREY, SIZE[::-1])
