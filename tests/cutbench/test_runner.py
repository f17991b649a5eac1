from collections.abc import Sequence

import pytest
from PIL import Image
from tests.cutbench.stage import HELD_OUT, SMALL

from cut2next.cutbench.contenders import one_by_one
from cut2next.cutbench.gallery import COLUMNS, Gallery
from cut2next.cutbench.report import ALL, row_of, summary
from cut2next.cutbench.runner import Judged, run
from cut2next.film import Cut, InputError
from cut2next.pages.contact_sheet import sheet_size

CONTENDERS = {
    "truth": one_by_one(lambda cut: cut.next.keyframe),
    "copy input": one_by_one(lambda cut: cut.current.keyframe),
}


@pytest.fixture(scope="module")
def judged() -> list[Judged]:
    return list(run(HELD_OUT, CONTENDERS, batch=2, workers=2))


def test_every_case_is_judged_in_order(judged: list[Judged]) -> None:
    seeds = [int(one.cut.film.split("-")[1]) for one in judged]
    assert seeds == [HELD_OUT.seed + number for number in range(HELD_OUT.count)]


def test_the_truth_scores_all_and_a_copy_is_static(judged: list[Judged]) -> None:
    figures = summary([row_of(one.cut, one.verdicts) for one in judged])
    truth, copied = figures["truth"][ALL], figures["copy input"][ALL]
    for figure in (truth["camera"], truth["look"], copied["static cut"]):
        assert figure is not None
        assert (figure.low, figure.mean, figure.high) == (1, 1, 1)
    assert copied["camera"] is not None
    assert copied["camera"].mean == 0


def test_batches_and_threads_make_no_difference(judged: list[Judged]) -> None:
    again = list(run(HELD_OUT, CONTENDERS, batch=3, workers=1))
    assert [one.verdicts for one in again] == [one.verdicts for one in judged]


def test_contenders_get_batches() -> None:
    asked = []

    def contender(cuts: Sequence[Cut]) -> list[Image.Image]:
        asked.append(len(cuts))
        return [cut.next.keyframe for cut in cuts]

    assert len(list(run(HELD_OUT, {"one": contender}, batch=3, workers=1))) == HELD_OUT.count
    assert asked == [3, 2]


def test_a_contender_with_a_size_of_its_own_is_refused() -> None:
    small = {"small": one_by_one(lambda cut: cut.next.keyframe.resize((48, 20)))}
    with pytest.raises(InputError, match="48x20; expected one of 96x40"):
        next(run(HELD_OUT, small, batch=1, workers=1))


def test_a_gallery_hangs_each_cut_once(judged: list[Judged]) -> None:
    gallery = Gallery("truth", each=HELD_OUT.count)
    for one in judged:
        gallery.show(one)
    height = gallery.sheet("Truth").height
    assert height == sheet_size(HELD_OUT.count, len(COLUMNS), (384, 160))[1]
    assert judged[0].made["truth"].size == SMALL
