"""What is validated on is seen by no training cut, from either side."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.training.batches.sets import BUCKETS, cut, film, shot, surveyed, written

from cut2next.film import InputError
from cut2next.training.batches.held_out import held_out, spread, with_validation
from cut2next.training.batches.survey import CutSource


def test_cuts_are_spread_over_the_film_and_the_same_each_time(tmp_path: Path) -> None:
    whole = surveyed(film(tmp_path / "cuts", 12))
    training, validation = held_out(whole, 3)
    assert [each.row for each in validation.cuts] == [2, 6, 10]
    assert [each.row for each in training.cuts] == [0, 1, 3, 4, 5, 7, 8, 9, 11]
    assert held_out(whole, 3) == (training, validation)


def test_no_training_cut_goes_to_the_same_picture_or_back(tmp_path: Path) -> None:
    held = cut(2)  # shot 2 to shot 3
    back = cut(20, current=replace(shot(3), name="3b"), next=replace(shot(2), name="2b"))
    alike = cut(30, next=replace(shot(3), name="3c"))
    cuts = [cut(0), back, held, alike, cut(10)]
    training, validation = held_out(surveyed(written(tmp_path / "cuts", cuts)), 1)
    assert [each.id for each in validation.cuts] == [held.id]
    assert [each.id for each in training.cuts] == [cut(0).id, cut(10).id]


def test_a_split_for_validation_is_taken_where_there_is_one(tmp_path: Path) -> None:
    apart = [replace(cut(n, film="other"), split="validation") for n in range(20, 24)]
    folder = written(tmp_path / "cuts", [*map(cut, range(3)), *apart])
    sources = (CutSource(folder=folder), CutSource(folder=film(tmp_path / "more", 2)))
    training, validation = with_validation(sources, BUCKETS, 2)
    assert [(each.source, each.film) for each in validation.cuts] == [(0, "other")] * 2
    assert [each.source for each in training.cuts] == [0, 0, 0, 1, 1]


def test_a_film_that_is_validated_on_is_not_learnt_from_another_source(tmp_path: Path) -> None:
    apart = [replace(cut(n), split="validation") for n in range(2)]
    folders = written(tmp_path / "cuts", [*apart, cut(9)]), film(tmp_path / "again", 4)
    sources = tuple(CutSource(folder=folder) for folder in folders)
    training, validation = with_validation(sources, BUCKETS, 2)
    assert [each.row for each in validation.cuts] == [0, 1]
    assert [(each.source, each.row) for each in training.cuts] == [(0, 0), (1, 2), (1, 3)]


def test_a_split_that_is_trained_on_is_not_validated_on(tmp_path: Path) -> None:
    folder = written(tmp_path / "cuts", [replace(cut(n), split="validation") for n in range(5)])
    sources = (CutSource(folder=folder, split="validation"),)
    training, validation = with_validation(sources, BUCKETS, 1)
    assert not {each.next for each in training.cuts} & {each.next for each in validation.cuts}


def test_where_there_is_none_cuts_are_held_out(tmp_path: Path) -> None:
    sources = (CutSource(folder=film(tmp_path / "cuts", 5)),)
    training, validation = with_validation(sources, BUCKETS, 1)
    assert [each.row for each in validation.cuts] == [2]
    assert len(training.cuts) == 4


def test_no_more_are_taken_than_there_are(tmp_path: Path) -> None:
    cuts = surveyed(film(tmp_path / "cuts", 2)).cuts
    assert spread(cuts, 5) == list(cuts)


@pytest.mark.parametrize("count", [1, 8])
def test_a_set_of_one_cut_is_refused(tmp_path: Path, count: int) -> None:
    with pytest.raises(InputError, match="1 cuts to train on, of which none is left"):
        held_out(surveyed(film(tmp_path / "cuts", 1)), count)


def test_none_held_out_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="0 cuts held out"):
        held_out(surveyed(film(tmp_path / "cuts", 3)), 0)
