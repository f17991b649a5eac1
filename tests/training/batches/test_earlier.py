"""What came before a cut: as far as its film led up to it, and never what is asked for."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from tests.training.batches.sets import cut, film, shot, surveyed, written

from cut2next.cuts.record import CutRecord
from cut2next.training.batches.earlier import WITHIN, EarlierShots
from cut2next.training.batches.survey import SurveyedCut


def names(cuts: Iterable[SurveyedCut]) -> list[str]:
    """The current shots of cuts."""
    return [cut.id.split(":")[1].split("-")[0] for cut in cuts]


def earlier(folder: Path, records: Iterable[CutRecord]) -> EarlierShots:
    return EarlierShots(survey=surveyed(written(folder, records)))


def test_it_is_the_shots_that_led_up_to_it_the_latest_first(tmp_path: Path) -> None:
    of = earlier(tmp_path, map(cut, range(5)))
    assert names(of.before(of.survey.cuts[4])) == ["shot3", "shot2", "shot1", "shot0"]
    assert of.before(of.survey.cuts[0]) == []


def test_a_gap_another_film_and_another_size_end_it(tmp_path: Path) -> None:
    small = (64, 48)
    records = [
        *(cut(number) for number in (0, 1, 3, 4)),
        *(cut(number, "other") for number in (5, 6)),
        cut(6, "small", current=shot(6, small), next=shot(7, small)),
        cut(7, "small", current=shot(7)),
    ]
    of = earlier(tmp_path, records)
    found = {each.id: names(of.before(each)) for each in of.survey.cuts}
    assert found["film:shot4-shot5"] == ["shot3"]
    assert found["other:shot5-shot6"] == []
    assert found["other:shot6-shot7"] == ["shot5"]
    assert found["small:shot7-shot8"] == []


def test_shots_that_come_again_are_there_once(tmp_path: Path) -> None:
    back = cut(2, next=shot(0))
    of = earlier(tmp_path, [cut(0), cut(1), back, cut(0, next=shot(9))])
    found = {each.id: names(of.before(each)) for each in of.survey.cuts}
    assert found["film:shot0-shot9"] == ["shot2", "shot1"]
    assert found["film:shot2-shot0"] == ["shot1"]  # and not shot0, which it asks for


def test_no_further_back_than_a_scene(tmp_path: Path) -> None:
    of = earlier(tmp_path, map(cut, range(WITHIN + 3)))
    assert len(of.before(of.survey.cuts[-1])) == WITHIN


def test_every_row_has_as_many_and_every_number_is_drawn(tmp_path: Path) -> None:
    of = EarlierShots(survey=surveyed(film(tmp_path, 7)))
    rows = [[of.survey.cuts[6]], [of.survey.cuts[4]]]
    counts, seen = set(), set()
    for seed in range(60):
        shots = of.drawn(rows, 3, np.random.default_rng(seed))
        counts.add(len(shots))
        assert all(len(of_rows) == 2 for of_rows in shots)
        back = [names(each) for each in zip(*shots, strict=True)]
        assert all(own == sorted(own, reverse=True) for own in back)  # the latest first
        seen |= {name for own in back for name in own}
    assert counts == {0, 1, 2, 3}
    assert seen == {f"shot{number}" for number in range(6)}


def test_the_shortest_past_tells_how_many(tmp_path: Path) -> None:
    of = EarlierShots(survey=surveyed(film(tmp_path, 5)))
    rows = [[of.survey.cuts[4]], [of.survey.cuts[1]]]
    counts = {len(of.drawn(rows, 3, np.random.default_rng(seed))) for seed in range(30)}
    assert counts == {0, 1}


@pytest.mark.parametrize("seed", range(10))
def test_none_is_what_another_cut_of_its_row_asks_for(tmp_path: Path, seed: int) -> None:
    records = [*map(cut, range(4)), cut(3, next=shot(1))]
    of = earlier(tmp_path, records)
    row = [each for each in of.survey.cuts if each.id.startswith("film:shot3-")]
    assert len(row) == 2
    shots = of.drawn([row], 3, np.random.default_rng(seed))
    assert {*names(each for (each,) in shots)} <= {"shot0", "shot2"}
