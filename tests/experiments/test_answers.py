"""Verdicts, the page and its plots, of runs whose figures are known."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from cut2next.experiments.answers import Answer, answer
from cut2next.experiments.questions import QUESTIONS, Question, questions_named
from cut2next.experiments.report import FIGURES, PAGE, sentences, write_report
from cut2next.experiments.variants import VARIANTS
from cut2next.film import InputError

QUESTION = Question(
    name="clock",
    asks="Does it help?",
    said="yes & no",
    reference="paper",
    others=("sync-cond", "closed"),
    measures=("loss", "camera"),
)


def runs(loss: float, camera: float) -> list[dict[str, dict[str, float]]]:
    """Three seeds of a hundred cases about these means; a seed's noise is the same in all."""
    found = []
    for seed in (1, 2, 3):
        noise = np.random.default_rng(seed).normal(0, 0.01, 100)
        right = np.random.default_rng(seed).random(100) < camera
        found.append(
            {
                "loss": {str(n): float(loss + e) for n, e in enumerate(noise)},
                "camera": {str(n): float(r) for n, r in enumerate(right)},
            }
        )
    return found


@pytest.fixture(scope="module")
def told() -> Answer:
    return answer(
        QUESTION,
        {"paper": runs(0.5, 0.9), "sync-cond": runs(0.6, 0.5), "closed": runs(0.5, 0.9)},
    )


def test_more_loss_and_fewer_right_cameras_are_worse(told: Answer) -> None:
    assert [each.verdict for each in told.others["sync-cond"]] == ["worse", "worse"]
    loss, camera = told.others["sync-cond"]
    assert loss.apart.mean == pytest.approx(0.1)
    assert camera.apart.mean == pytest.approx(-0.4, abs=0.08)


def test_less_loss_is_better() -> None:
    turned = answer(
        QUESTION, dict.fromkeys(("paper", "closed"), runs(0.6, 0.5)) | {"sync-cond": runs(0.5, 0.9)}
    )
    assert [each.verdict for each in turned.others["sync-cond"]] == ["better", "better"]


def test_equal_variants_are_told_as_not_told_apart(told: Answer) -> None:
    assert {each.verdict for each in told.others["closed"]} == {"no difference shown"}
    assert sentences(told) == [
        "*sync-cond* against *paper*: worse in loss, camera.",
        "*closed* against *paper*: no difference shown in loss, camera.",
    ]


def test_the_page_has_figures_with_intervals_and_a_plot_that_is_svg(
    told: Answer, tmp_path: Path
) -> None:
    write_report(tmp_path / "report", {"command": "cut2next experiments", "seeds": 3}, [told])
    page = (tmp_path / "report" / PAGE).read_text()
    assert re.search(
        r"\| loss \| 0\.\d+ \| 0\.\d+ \(\+0\.1000 \[\+0\.1000, \+0\.1000\]\) ▼ \|", page
    )
    assert "- *closed*: " + VARIANTS["closed"].meaning in page
    figures = json.loads((tmp_path / "report" / FIGURES).read_text())
    assert figures["answers"][0]["question"]["name"] == "clock"
    plot = ElementTree.parse(tmp_path / "report" / "experiments-clock.svg").getroot()
    dots = plot.findall(".//{http://www.w3.org/2000/svg}circle")
    assert len(dots) == 4
    # More loss lies to the right of zero, fewer right cameras to its left.
    zero = [float(line.attrib["x1"]) for line in plot.findall("{http://www.w3.org/2000/svg}line")]
    assert float(dots[0].attrib["cx"]) > zero[0]
    assert float(dots[2].attrib["cx"]) < zero[1]


def test_every_question_is_answered_by_variants_that_there_are() -> None:
    for question in QUESTIONS:
        assert {*question.variants} <= {*VARIANTS}
    asked = {name for question in QUESTIONS for name in question.variants}
    assert asked | {VARIANTS[name].after for name in asked} - {""} == {*VARIANTS}


def test_questions_are_chosen_by_name() -> None:
    assert questions_named("") == QUESTIONS
    assert [question.name for question in questions_named("clock,mask")] == ["clock", "mask"]
    with pytest.raises(InputError, match="no question is called 'clocks'; expected one of mask"):
        questions_named("clocks")
