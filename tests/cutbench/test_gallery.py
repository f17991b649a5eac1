import pytest
from PIL import Image
from tests.cutbench.cuts import SIZE, cut

from cut2next.cutbench.gallery import COLUMNS, Gallery
from cut2next.cutbench.runner import Judged
from cut2next.film import EditingPattern, InputError
from cut2next.pages.contact_sheet import sheet_size


def _judged(number: int, *patterns: EditingPattern) -> Judged:
    made = {"model": Image.new("RGB", SIZE, "green")}
    return Judged(cut=cut(number, *patterns), made=made, judgements={})


def _rows(gallery: Gallery) -> int:
    """How many cuts a sheet shows, by its height."""
    height = gallery.sheet("Title").height
    fitting = (n for n in range(1, 50) if sheet_size(n, len(COLUMNS), (384, 160))[1] == height)
    return next(fitting)


def test_each_cut_hangs_once_under_the_pattern_that_has_the_fewest() -> None:
    gallery = Gallery("model", each=1)
    both = (EditingPattern.CUT_IN, EditingPattern.MULTI_ANGLE)
    for number in range(3):
        gallery.show(_judged(number, *both))
    assert _rows(gallery) == 2


def test_the_first_few_of_a_pattern_are_enough() -> None:
    gallery = Gallery("model", each=3)
    for number in range(9):
        gallery.show(_judged(number, EditingPattern.CUTAWAY))
    assert _rows(gallery) == 3


def test_a_row_shows_the_current_the_made_and_the_true_shot() -> None:
    gallery = Gallery("model")
    gallery.show(_judged(0))
    sheet = gallery.sheet("Title")
    colors = [color for count, color in sheet.getcolors(maxcolors=1 << 16) or () if count >= 50000]
    assert {(255, 0, 0), (0, 128, 0), (0, 0, 255)} <= set(colors)


def test_nothing_shown_is_refused() -> None:
    with pytest.raises(InputError, match="an empty contact sheet"):
        Gallery("model").sheet("Title")
