"""The page, its figures and its plots, of runs whose figures are known."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from cut2next.cutbench.soundstage.look import PALETTES
from cut2next.experiments.answers import Answer, answer
from cut2next.experiments.plot import lines
from cut2next.experiments.questions import Question
from cut2next.experiments.report import FIGURES, PAGE, write_report
from cut2next.experiments.variants import VARIANTS

SVG = "{http://www.w3.org/2000/svg}"
ABOUT = {"command": "cut2next experiments", "seeds": 3}
QUESTION = Question(
    name="clock",
    asks="Does it help?",
    said="yes & no",
    reference="paper",
    others=("sync-cond", "closed"),
    measures=("loss", "camera", "swapped", "walls at 4"),
)
CURVES = {
    "paper": {100: 0.9, 200: 0.7, 400: 0.6},
    "sync-cond": {100: 0.95, 200: 0.75, 400: 0.601},
    "closed": {400: 0.6},
    "few": {100: 5.0, 200: 4.0},
}


def runs(loss: float, camera: float, seeds: int = 3) -> list[dict[str, dict[str, float]]]:
    """Seeds of a hundred sets about these means, the noise of a seed the same in all."""
    found = []
    for seed in range(seeds):
        noise = np.random.default_rng(seed).normal(0, 0.01, 100)
        right = np.random.default_rng(seed).random(100) < camera
        shares = {str(n): float(is_right) for n, is_right in enumerate(right)}
        losses = {str(n): float(loss + e) for n, e in enumerate(noise)}
        found.append({"loss": losses} | dict.fromkeys(("camera", "swapped", "walls at 4"), shares))
    return found


def told(seeds: int = 3) -> Answer:
    of_seeds = {"paper": (0.5, 0.9), "sync-cond": (0.6, 0.5), "closed": (0.5, 0.9)}
    return answer(QUESTION, {name: runs(*means, seeds) for name, means in of_seeds.items()})


def written(folder: Path, answers: list[Answer], **given: Any) -> tuple[str, dict[str, Any]]:
    """The page and its figures."""
    empty: dict[str, Any] = {"controls": {}, "curves": {}, "open_questions": []}
    write_report(folder, ABOUT, answers=answers, **(empty | given))
    figures: dict[str, Any] = json.loads((folder / FIGURES).read_text(), parse_constant=pytest.fail)
    return (folder / PAGE).read_text(), figures


def row(page: str, measure: str, head: str) -> list[str]:
    """A measure's cells in the table of a heading."""
    (line,) = re.findall(rf"^\| {measure} \| (.*) \|$", page.split(head)[1], re.MULTILINE)
    return [cell.strip() for cell in line.split("|")]


def test_the_page_has_figures_with_intervals_and_a_plot_that_is_svg(tmp_path: Path) -> None:
    page, figures = written(tmp_path / "report", [told()])
    cells = row(page, "loss", "## Does it help?")
    assert re.fullmatch(r"0\.\d+ \(\+0\.1000 \[\+0\.1000, \+0\.1000\]; p < 0\.001\) ▼", cells[2])
    assert "- *closed*: " + VARIANTS["closed"].meaning in page
    assert "What the figures mean" not in page
    assert "Not answered yet" not in page
    (found,) = figures["answers"]
    assert found["question"]["name"] == "clock"
    assert [each["verdict"] for each in found["others"]["sync-cond"]] == ["worse"] * 2 + [
        "better",
        "worse",
    ]
    assert found["others"]["closed"][1]["excluded"] == pytest.approx(0.057, rel=0.02)


def test_dots_lie_on_the_side_that_they_differ_to(tmp_path: Path) -> None:
    written(tmp_path / "report", [told()])
    plot = ElementTree.parse(tmp_path / "report" / "experiments" / "clock.svg").getroot()
    assert plot.findtext(f"{SVG}title") == "Differences from paper, with 95 % intervals"
    dots = [float(dot.attrib["cx"]) for dot in plot.findall(f".//{SVG}circle")]
    zeros = [float(line.attrib["x1"]) for line in plot.findall(f"{SVG}line")]
    assert len(dots) == 2 * len(zeros) == 8
    # More loss lies to the right of zero, fewer right cameras to its left.
    assert dots[0] > zeros[0]
    assert dots[2] < zeros[1]


def test_controls_say_what_figures_mean_and_chance_is_what_code_knows(tmp_path: Path) -> None:
    controls = {
        "truth": {"camera": {"a": 1.0, "b": 1.0}, "swapped": {"a": 0.0}, "walls at 4": {}},
        "copy": {"camera": {"a": 0.0, "b": 0.5}, "psnr": {"a": 12.0}},
        "base": {"loss": {"a": 0.7, "b": 0.8}},
        "chance": {"camera": {"a": 0.05, "b": 0.15}},
    }
    page, figures = written(tmp_path / "report", [told()], controls=controls)
    head = "## What the figures mean"
    section = head + page.split(head)[1].split("## Does it help?")[0]
    assert "|  | truth | autoencoder | copy | base | chance |" in section
    assert row(section, "camera %", head) == ["100.0", "–", "25.0", "–", "10.0"]
    assert row(section, "loss", head) == ["–", "–", "–", "0.7500", "–"]
    assert row(section, "swapped %", head)[0] == "0.0"
    assert figures["controls"]["walls at 4"] == {
        **dict.fromkeys(("truth", "autoencoder", "copy", "base")),
        "chance": pytest.approx(1 / len(PALETTES["walls"])),
    }
    assert "psnr" not in section


def test_the_page_has_how_far_a_reference_is_from_its_base(tmp_path: Path) -> None:
    (base,) = runs(0.7, 0.2, seeds=1)
    three = {"paper": (0.5, 0.9), "sync-cond": (0.6, 0.5), "closed": (0.5, 0.9)}
    found = {name: runs(*means) for name, means in three.items()}
    page, _ = written(tmp_path / "report", [answer(QUESTION, found, {"loss": base["loss"]})])
    assert "|  | paper | above its base | sync-cond | closed |" in page
    assert row(page, "loss", "## Does it help?")[1].startswith("-0.20")
    assert row(page, "camera %", "## Does it help?")[1] == "–"


def test_losses_along_the_way_are_drawn_where_there_are_several(tmp_path: Path) -> None:
    page, figures = written(tmp_path / "report", [told()], curves=CURVES)
    assert "(experiments/clock-loss.svg)" in page
    assert figures["curves"]["paper"] == {"100": 0.9, "200": 0.7, "400": 0.6}
    plot = ElementTree.parse(tmp_path / "report" / "experiments" / "clock-loss.svg").getroot()
    assert [line.findtext(f"{SVG}title") for line in plot.findall(f"{SVG}g")] == [
        "paper",
        "sync-cond",
    ]
    page, _ = written(tmp_path / "other", [told()], curves={"closed": CURVES["closed"]})
    assert "loss.svg" not in page
    assert not [*(tmp_path / "other").glob("*-loss.svg")]


def test_lines_fall_from_left_to_right_and_names_keep_clear_of_each_other() -> None:
    curves = {name: {10: 0.9, 5: 1.0, 20: 0.5 + shift} for name, shift in (("a", 0), ("<b>", 1e-4))}
    plot = ElementTree.fromstring(lines(curves, "Losses"))
    for line in plot.findall(f".//{SVG}polyline"):
        points = [tuple(map(float, each.split(","))) for each in line.attrib["points"].split()]
        across, down = zip(*points, strict=True)
        assert [*across] == sorted(across)
        assert [*down] == sorted(down)  # an SVG counts downwards, and losses fall
    names = [name for group in plot.findall(f"{SVG}g") for name in group.findall(f"{SVG}text")]
    assert {name.text for name in names} == {"a", "<b>"}
    heights = [float(name.attrib["y"]) for name in names]
    assert abs(heights[0] - heights[1]) >= 12
    strokes = {
        (line.attrib["stroke"], line.attrib["stroke-dasharray"])
        for line in plot.findall(f".//{SVG}polyline")
    }
    assert len({colour for colour, _ in strokes}) == len({dashes for _, dashes in strokes}) == 2


def test_a_curve_that_stays_where_it_is_is_drawn() -> None:
    ElementTree.fromstring(lines({"a": {1: 0.5, 2: 0.5}}, "Losses"))


def test_the_page_says_which_questions_are_not_answered_yet(tmp_path: Path) -> None:
    left = [replace(QUESTION, name=name, asks=f"{name}?") for name in ("carries", "costs")]
    page, figures = written(tmp_path / "report", [], open_questions=left)
    assert "\nNot answered yet:\n\n- *carries*: carries?\n- *costs*: costs?\n" in page
    assert figures["open questions"] == ["carries", "costs"]


def test_stages_that_nothing_was_counted_of_are_not_told(tmp_path: Path) -> None:
    about = ABOUT | {"hours": {"shooting": 0.0, "learning": 2.5, "judging": 1.0}}
    write_report(tmp_path / "report", about, {}, [], {}, [])
    assert "\n- hours: learning 2.5, judging 1.0\n" in (tmp_path / "report" / PAGE).read_text()


def test_one_set_of_one_seed_has_a_page_and_figures_too(tmp_path: Path) -> None:
    """Their interval has no end, which JSON cannot say."""
    one = {"paper": 0.5, "sync-cond": 0.6, "closed": 0.5}
    question = Question(
        name="clock",
        asks="?",
        said="",
        reference="paper",
        others=("sync-cond", "closed"),
        measures=("loss",),
    )
    single = answer(question, {name: [{"loss": {"a": loss}}] for name, loss in one.items()})
    page, figures = written(tmp_path / "report", [single])
    assert row(page, "loss", "## ?")[2] == "0.6000 (+0.1000 [-inf, +inf]; p 1.000)"
    assert figures["answers"][0]["others"]["sync-cond"][0]["apart"]["high"] is None
    assert "no difference shown, nor any excluded" in page
    ElementTree.parse(tmp_path / "report" / "experiments" / "clock.svg")
