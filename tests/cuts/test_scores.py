"""Scores have one list, and a name that is not in it is no score."""

from dataclasses import fields
from pathlib import Path

import pytest
from tests.plugins import install

from cut2next.cuts.scores import CutScore, ShotScore, check_scores
from cut2next.cuts.selection import Limit, Selection
from cut2next.film import InputError


@pytest.mark.parametrize("name", ["motoin", "", "Motion", "similarity"])
def test_an_unknown_score_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(InputError) as refused:
        check_scores(["motion", name])
    assert refused.value.got == f"unknown score {name!r}"
    assert refused.value.expected.startswith("one of duration, motion, sharpness")
    assert refused.value.expected.endswith("novelty, inconsistencies")
    with pytest.raises(InputError, match="unknown score"):
        Limit(score=name, most=1.0)


def test_every_score_is_known_and_has_a_threshold() -> None:
    check_scores([*ShotScore, *CutScore])
    limits = [*Selection().shot_limits, *Selection().cut_limits]
    assert [limit.score for limit in limits] == [*ShotScore, *CutScore]
    assert all((limit.least, limit.most) != (None, None) for limit in limits)


def test_every_threshold_is_of_a_score() -> None:
    names = {field.name for field in fields(Selection)} - {"within_scene"}
    scores = {name.removeprefix("min_").removeprefix("max_") for name in names}
    assert scores == {*ShotScore, *CutScore}


def test_the_score_of_an_installed_scorer_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="unknown score 'grain'"):
        check_scores(["grain"])
    install(tmp_path, monkeypatch, name="grain", code="")
    check_scores(["grain"])
    with pytest.raises(InputError, match="inconsistencies, grain"):
        check_scores(["graim"])
