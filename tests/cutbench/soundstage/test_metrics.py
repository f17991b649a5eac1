import json

import pytest
from tests.cutbench.cuts import cut
from tests.cutbench.soundstage.stage import case

from cut2next.cutbench.cases import Case, CaseWithTruth
from cut2next.cutbench.soundstage.metrics import METRICS

PERFECT = {"camera": 1, "look": 1, "static cut": 0, "identity drift": 0, "incoherence": 0}


def test_names_are_unique_and_what_is_shown_is_explained() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    assert all(metric.meaning for metric in METRICS if metric.column)


def test_the_truth_is_perfect() -> None:
    drawn = case(2)
    values = {metric.name: metric.of(drawn, drawn.true_next) for metric in METRICS}
    assert PERFECT.items() <= values.items()
    assert values["psnr"] == pytest.approx(58.92, abs=0.01)
    assert values["ssim"] == pytest.approx(1)
    kinds = [value for name, value in values.items() if name.startswith("look: ")]
    assert {value for value in kinds if value is not None} == {1}


def test_the_current_shot_again_is_a_static_cut_with_the_wrong_camera() -> None:
    drawn = case(2)
    values = {metric.name: metric.of(drawn, drawn.cut.current.keyframe) for metric in METRICS}
    assert (values["camera"], values["static cut"], values["incoherence"]) == (0, 1, 0)


def test_without_a_film_set_only_likeness_to_the_truth_can_be_told() -> None:
    plain, with_truth = Case(cut=cut()), CaseWithTruth(cut=cut())
    picture = with_truth.true_next
    assert not any(metric.of(plain, picture) for metric in METRICS)
    answered = {metric.name for metric in METRICS if metric.of(with_truth, picture) is not None}
    assert answered == {"psnr", "ssim"}


def test_the_facts_of_a_picture_are_json_and_agree_with_the_figures() -> None:
    drawn = case(3)
    values = {metric.name: metric.of(drawn, drawn.true_next) for metric in METRICS}
    facts = drawn.facts(drawn.true_next, values)
    assert json.loads(json.dumps(facts)) == facts
    assert facts["shown"] == drawn.following.name
    assert facts["camera"] is True
    for name in ("look", "psnr", "ssim"):
        assert facts[name] == values[name]
    without = drawn.facts(drawn.true_next, {})
    assert set(facts) - set(without) == {"psnr", "ssim"}
