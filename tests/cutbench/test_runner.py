from collections.abc import Sequence

import pytest
from PIL import Image
from tests.cutbench.soundstage.stage import HELD_OUT, case

from cut2next.cutbench.cases import Case
from cut2next.cutbench.contenders import one_by_one
from cut2next.cutbench.metrics.fidelity import PSNR
from cut2next.cutbench.metrics.metric import Metric
from cut2next.cutbench.report import ALL, entry_of, summary
from cut2next.cutbench.runner import Judged, run
from cut2next.cutbench.soundstage.metrics import METRICS
from cut2next.film import Cut, InputError

CONTENDERS = {
    "truth": one_by_one(lambda cut: cut.next.keyframe),
    "copy input": one_by_one(lambda cut: cut.current.keyframe),
}
CASES = [case(number) for number in range(HELD_OUT.count)]


@pytest.fixture(scope="module")
def judged() -> list[Judged]:
    return list(run(HELD_OUT.cases(), CONTENDERS, METRICS, batch=2, workers=2))


def test_every_case_is_judged_in_order(judged: list[Judged]) -> None:
    seeds = [int(judgement.cut.film.split("-")[1]) for judgement in judged]
    assert seeds == [HELD_OUT.seed + number for number in range(HELD_OUT.count)]


def test_the_truth_scores_all_and_a_copy_is_static(judged: list[Judged]) -> None:
    figures = summary([entry_of(judgement) for judgement in judged])
    truth, copied = figures["truth"][ALL], figures["copy input"][ALL]
    for figure in (truth["camera"], truth["look"], copied["static cut"]):
        assert figure is not None
        assert (figure.low, figure.mean, figure.high) == (1, 1, 1)
    assert copied["camera"] is not None
    assert copied["camera"].mean == 0


def test_batches_and_threads_make_no_difference(judged: list[Judged]) -> None:
    again = list(run(CASES, CONTENDERS, METRICS, batch=3, workers=1))
    assert [cut.judgements for cut in again] == [cut.judgements for cut in judged]


def test_contenders_get_batches() -> None:
    asked = []

    def contender(cuts: Sequence[Cut]) -> list[Image.Image]:
        asked.append(len(cuts))
        return [cut.next.keyframe for cut in cuts]

    judged = run(CASES, {"counting": contender}, [PSNR], batch=3, workers=1)
    assert len(list(judged)) == HELD_OUT.count
    assert asked == [3, 2]


def test_cuts_of_which_nothing_is_known_are_judged_by_what_needs_nothing() -> None:
    """A benchmark of one's own: cases and a metric, nothing of the film set."""
    width = Metric(name="width", needs=Case, value=lambda case, picture: picture.width)
    red = {"red": one_by_one(lambda cut: Image.new("RGB", (7, 5), "red"))}
    (judged,) = run([Case(cut=CASES[0].cut)], red, [width, PSNR], workers=1)
    assert judged.judgements["red"].values == {"width": 7, "psnr": None}
    assert judged.judgements["red"].facts == {"width": 7, "psnr": None}


def test_a_contender_with_a_size_of_its_own_is_refused() -> None:
    small = {"small": one_by_one(lambda cut: cut.next.keyframe.resize((48, 20)))}
    with pytest.raises(InputError, match="48x20; expected one of 96x40"):
        next(run(CASES, small, METRICS, batch=1, workers=1))
