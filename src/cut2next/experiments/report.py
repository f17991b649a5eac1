"""The page of the experiments: what figures mean; then questions, with tables, plots and words."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from cut2next import __version__
from cut2next.cutbench.soundstage.look import PALETTES
from cut2next.experiments.answers import (
    BETTER,
    NOT_SHOWN,
    WORSE,
    Answer,
    Compared,
    Values,
    sentences,
    shown,
    shown_apart,
    unit_of,
)
from cut2next.experiments.cross_talk import swap_chance
from cut2next.experiments.exam import STEPS
from cut2next.experiments.losses import LOOKED_AT, TIMES
from cut2next.experiments.plot import Curve, forest, lines
from cut2next.experiments.published import VALUES, WEIGHTS
from cut2next.experiments.questions import Question
from cut2next.experiments.variants import BASE, VARIANTS
from cut2next.film.writing import filled_folder

_LEAST_SHOWN = 0.001
_MARKS = {BETTER: "▲", WORSE: "▼", NOT_SHOWN: ""}
PAGE, PARTS = "experiments.md", "experiments"
"""The page, and the folder beside it of all that it shows or was made of: both go into `docs`."""
FIGURES = f"{PARTS}/figures.json"

_Means = Mapping[str, Mapping[str, float | None]]
"""By measure and control."""
Controls = Mapping[str, Values]
"""By control: what is no variant, judged as they are."""
CHANCE = "chance"
CONTROLS: Mapping[str, str] = MappingProxyType(
    {
        "truth": "the true next shot",
        "autoencoder": "the true next shot, encoded and decoded: the most that there is to reach",
        "copy": "the current shot once more",
        BASE: "the text-to-image model that all variants go on from",
        CHANCE: "who paints, or picks of what is asked, at random; where that is exactly known",
    }
)
_WALLS = 1 / len(PALETTES["walls"])
_BY_CHANCE = {"swapped": swap_chance(), **{f"walls at {at}": _WALLS for at in (1, 4, 8, 16)}}
"""Of measures that no case makes likelier than another."""


def write_report(
    folder: Path,
    about: Mapping[str, Any],
    controls: Controls,
    answers: Sequence[Answer],
    curves: Mapping[str, Curve],
    open_questions: Sequence[Question],
) -> None:
    """The page, its plots and its figures.

    `controls` are named as in `CONTROLS` (any may be missing, and any measure of one); `curves` are
    losses of withheld cuts along the way, by variant; `open_questions` are not answered yet. Raises
    OutputError where something cannot be written.
    """
    means = _control_means(controls, answers)
    parts = [_head(about, open_questions), *([_meaning(means)] if controls else [])]
    parts += [_section(each, curves) for each in answers]
    figures = {
        "version": __version__,
        **about,
        "open questions": [question.name for question in open_questions],
        "controls": means,
        "answers": [_figures(each) for each in answers],
        "curves": curves,
    }
    files = {PAGE: "\n".join(parts), FIGURES: _json(figures)}
    files |= {plot.file: plot.svg for each in answers for plot in _plots(each, curves)}
    with filled_folder(folder) as fresh:
        (fresh / PARTS).mkdir()
        for name, text in files.items():
            (fresh / name).write_text(text, encoding="utf-8")


def _figures(answer: Answer) -> dict[str, Any]:
    others = {
        name: [
            asdict(each) | {"verdict": each.verdict, "excluded": each.apart.excluded}
            for each in compared
        ]
        for name, compared in answer.others.items()
    }
    return asdict(answer) | {"others": others}


def _json(figures: Mapping[str, Any]) -> str:
    """With null for what JSON has no number for."""
    plain = json.loads(json.dumps(figures), parse_constant=lambda _: None)
    return json.dumps(plain, indent=1) + "\n"


def _head(about: Mapping[str, Any], open_questions: Sequence[Question]) -> str:
    told = [f"- {name}: {_said(fact)}" for name, fact in about.items() if name != "command"]
    facts = "\n".join(told)
    times, steps = ", ".join(f"{time:g}" for time in TIMES), STEPS
    return f"""# Experiments: what is true of the method, on the film set

Made by the command below, which goes on where it was stopped; `--only NAME` does one question.

    {about["command"]}

From [what is published]({PARTS}), in a clone, `--base docs/{PARTS}/{WEIGHTS}` does a question
again without learning the base, and `--values docs/{PARTS}/{VALUES}` beside it does only what is
missing there.

{facts}
{_not_answered(open_questions)}
Every variant goes on from one text-to-image model (a U-Net from one of its own), which has learnt
next prompts and next shots alone, as the paper's begins as FLUX.1-dev. The mini model's autoencoder
and text encoders read for all; words of action and extremes, which they were never taught, have
vectors drawn by chance. Runs of one seed that learn from the same sets see the same cuts at the
same times with the same noise. *Loss* is that of cuts on sets that nobody learnt from, at
t = {times}, the less the better; pictures are of held-out cuts, in {steps} steps, judged by who
knows the set ([what the measures mean](mini.md#what-a-model-goes-by)).

In brackets is the difference from the first column, with its 95 % interval, and p, corrected for
all that the question compares (Holm). What is compared are film sets, one value of each, seed by
seed. Seeds and sets are both a sample of many, and the interval takes what either makes uncertain
with its own quantile of t: where seeds differ, three of them make it wide. In simulations it holds
the truth in about 95 of 100 or more. *Better* (▲) and *worse* (▼) are said where p is under .05.
Where no difference is shown, it is said how large a one is excluded, with 95 % for all of the
question together (Bonferroni). Nothing is claimed of one seed.

*Above its base* is by how much the first variant is, after all that it has learnt, above the model
that it began as, with a plain 95 % interval. Where it is not better than that, or hardly, its runs
are too short for that measure to tell variants apart.

An *extreme* next shot is right where it is nearer to the true extreme picture than to the ordinary
one of that setup and to the current shot. A grey blur may so pass for a flashback, a jump cut or a
whip pan: what a prompt does is told by the variant that has none, not by the figure alone.

What this does not show: anything about FLUX.1's size, photographed films, LoRA in place of whole
weights, another model to go on from, or longer learning than this. Nor is asked what guidance at
the clean segments does, since the mini model has none, and what chains gain by learning from the
model's own pictures, as `train mini --own-share` has them.
"""


def _said(fact: object) -> str:
    """A fact in words; of a table, what is not nothing.

    Nothing is counted of what kills cut short, or was taken over from another folder.
    """
    if not isinstance(fact, Mapping):
        return str(fact)
    return ", ".join(f"{name} {figure}" for name, figure in fact.items() if figure)


def _not_answered(questions: Sequence[Question]) -> str:
    if not questions:
        return ""
    listed = [f"- *{each.name}*: {each.asks}" for each in questions]
    return "\n".join(["", "Not answered yet:", "", *listed, ""])


# What the figures mean.


def _control_means(
    controls: Controls, answers: Sequence[Answer]
) -> dict[str, dict[str, float | None]]:
    """By measure that some question has, the mean of every control; None for what is not known."""
    means = {name: _means(controls.get(name, {})) for name in CONTROLS}
    means[CHANCE] = _BY_CHANCE | means[CHANCE]
    measures = dict.fromkeys(name for each in answers for name in each.question.measures)
    return {
        measure: {name: means[name].get(measure) for name in CONTROLS}
        for measure in measures
        if any(measure in of_control for of_control in means.values())
    }


def _means(values: Values) -> dict[str, float]:
    return {
        name: float(np.mean([*of_sets.values()])) for name, of_sets in values.items() if of_sets
    }


def _meaning(means: _Means) -> str:
    rows = [
        [
            measure + unit_of(measure),
            *("–" if mean is None else shown(measure, mean) for mean in by_control.values()),
        ]
        for measure, by_control in means.items()
    ]
    controls = "\n".join(f"- *{name}*: {meaning}" for name, meaning in CONTROLS.items())
    parts = ["## What the figures mean", controls, _table(["", *CONTROLS], rows)]
    return "\n\n".join(parts) + "\n"


# Questions.


def _section(answer: Answer, curves: Mapping[str, Curve]) -> str:
    question = answer.question
    rows = [
        [
            measure + unit_of(measure),
            shown(measure, answer.reference[measure]),
            _learnt(measure, answer),
            *(_cell(compared[at]) for compared in answer.others.values()),
        ]
        for at, measure in enumerate(question.measures)
    ]
    meanings = [f"- *{name}*: {VARIANTS[name].meaning}" for name in question.variants]
    parts = [
        f"## {question.asks}",
        f"The paper: {question.said}. `cut2next experiments --only {question.name}`",
        "\n".join(meanings),
        _table(["", question.reference, "above its base", *answer.others], rows),
        *(f"![{plot.title}]({plot.file})" for plot in _plots(answer, curves)),
        " ".join(sentences(answer)),
    ]
    return "\n\n".join(parts) + "\n"


class _Plot(NamedTuple):
    title: str
    file: str
    svg: str


def _plots(answer: Answer, curves: Mapping[str, Curve]) -> list[_Plot]:
    """That of differences; and that of losses, where any of its variants has several."""
    question, file = answer.question, f"{PARTS}/{answer.question.name}"
    title = f"Differences from {question.reference}, with 95 % intervals"
    plots = [_Plot(title, f"{file}.svg", forest(answer, title))]
    by_variant = {name: _finite(curves.get(name, {})) for name in question.variants}
    if several := {name: curve for name, curve in by_variant.items() if len(curve) > 1}:
        title = f"Loss by step, on {LOOKED_AT} withheld sets; at the end, of averaged weights"
        plots.append(_Plot(title, f"{file}-loss.svg", lines(several, title)))
    return plots


def _finite(curve: Curve) -> Curve:
    return {step: loss for step, loss in curve.items() if math.isfinite(loss)}


def _learnt(measure: str, answer: Answer) -> str:
    learnt = answer.learnt.get(measure)
    return shown_apart(measure, learnt) if learnt else "–"


def _cell(compared: Compared) -> str:
    own = shown(compared.measure, compared.mean)
    apart = shown_apart(compared.measure, compared.apart)
    return f"{own} ({apart}; {_p(compared.p)}) {_MARKS[compared.verdict]}"


def _p(p: float) -> str:
    return f"p {p:.3f}" if p >= _LEAST_SHOWN else f"p < {_LEAST_SHOWN:.3f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    every = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in every)
