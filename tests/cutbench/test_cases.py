from PIL import Image
from tests.cutbench.cuts import SIZE, cut

from cut2next.cutbench.cases import Case, CaseWithTruth


def test_a_case_of_which_nothing_is_known_reports_its_figures() -> None:
    picture = Image.new("RGB", SIZE)
    assert Case(cut=cut()).facts(picture, {"width": 32.0}) == {"width": 32.0}


def test_the_true_next_shot_is_the_one_that_was_filmed() -> None:
    case = CaseWithTruth(cut=cut())
    assert case.true_next.getpixel((0, 0)) == (0, 0, 255)
