"""The page of the experiments: every question, its table, its plot, and the verdict in words."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cut2next import __version__
from cut2next.experiments.answers import NOT_SHOWN, Answer, Compared, shown, shown_apart
from cut2next.experiments.exam import STEPS
from cut2next.experiments.losses import TIMES
from cut2next.experiments.plot import forest
from cut2next.experiments.questions import DECIBELS, LOSS
from cut2next.experiments.variants import VARIANTS
from cut2next.film.writing import filled_folder

_MARKS = {"better": "▲", "worse": "▼", NOT_SHOWN: ""}
_UNITS = {LOSS: ""} | dict.fromkeys(DECIBELS, ", dB")
PAGE, FIGURES = "experiments.md", "experiments.json"


def write_report(folder: Path, about: Mapping[str, Any], answers: Sequence[Answer]) -> None:
    """The page, its plots and its figures. Raises OutputError where they cannot be written."""
    with filled_folder(folder) as fresh:
        text = "\n".join([_head(about), *(_section(each) for each in answers)])
        (fresh / PAGE).write_text(text, encoding="utf-8")
        figures = {"version": __version__, **about, "answers": [asdict(each) for each in answers]}
        (fresh / FIGURES).write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
        for each in answers:
            (fresh / _plot(each)).write_text(forest(each), encoding="utf-8")


def sentences(answer: Answer) -> list[str]:
    """What is shown, and what is not, in words."""
    told, question = [], answer.question
    for name, compared in answer.others.items():
        by: dict[str, list[str]] = {verdict: [] for verdict in ("better", "worse", NOT_SHOWN)}
        for each in compared:
            by[each.verdict].append(each.measure)
        parts = [f"{word} in {', '.join(by[word])}" for word in ("better", "worse") if by[word]]
        if by[NOT_SHOWN]:
            parts.append(f"{NOT_SHOWN} in {', '.join(by[NOT_SHOWN])}")
        told.append(f"*{name}* against *{question.reference}*: {'; '.join(parts)}.")
    return told


def _head(about: Mapping[str, Any]) -> str:
    facts = "\n".join(f"- {name}: {fact}" for name, fact in about.items() if name != "command")
    times, steps = ", ".join(f"{time:g}" for time in TIMES), STEPS
    return f"""# Experiments: what is true of the method, on the film set

Made by the command below, which goes on where it was stopped; `--only NAME` does one question.

    {about["command"]}

{facts}

Every variant goes on from one text-to-image model, which has learnt next prompts and next shots
alone, as the paper's begins as FLUX.1-dev. The mini model's autoencoder and text encoders read
for all; words of action and extremes, which they were never taught, have vectors drawn by chance.
Runs of one seed see the same cuts at the same times with the same noise. *Loss* is that of cuts
on sets that nobody learnt from, at t = {times}, the less the better; pictures are of held-out
cuts, in {steps} steps, judged by who knows the set ([what the measures
mean](mini.md#what-a-model-goes-by)). In brackets is the difference from the first row with its 95
% interval, seeds and cuts both drawn again. *Better* and *worse* are said where that interval
leaves out zero, all seeds agree, and the sign-flip test over cuts stays under .05 when corrected
for all that the question compares (Holm).

An *extreme* next shot is right where it is nearer to the true extreme picture than to the ordinary
one of that setup and to the current shot. A grey blur may so pass for a flashback, a jump cut or a
whip pan: what a prompt does is told by the variant that has none, not by the figure alone.

Three seeds drawn again make an interval too narrow: it holds less often than in 95 of 100.

What this does not show: anything about FLUX.1's size, photographed films, LoRA in place of whole
weights, or longer learning than this. What is not told apart here may differ with more.
"""


def _section(answer: Answer) -> str:
    question = answer.question
    rows = [
        [
            f"{measure}{_UNITS.get(measure, ' %')}",
            shown(measure, answer.reference[measure]),
            *(_cell(compared[at]) for compared in answer.others.values()),
        ]
        for at, measure in enumerate(question.measures)
    ]
    meanings = [f"- *{name}*: {VARIANTS[name].meaning}" for name in question.variants]
    lines = [
        f"## {question.asks}",
        f"The paper: {question.said}. `cut2next experiments --only {question.name}`",
        "\n".join(meanings),
        _table(["", *question.variants], rows),
        f"![Differences from {question.reference}, with intervals]({_plot(answer)})",
        " ".join(sentences(answer)),
    ]
    return "\n\n".join(lines) + "\n"


def _cell(compared: Compared) -> str:
    own = shown(compared.measure, compared.mean)
    return f"{own} ({shown_apart(compared.measure, compared.apart)}) {_MARKS[compared.verdict]}"


def _plot(answer: Answer) -> str:
    return f"experiments-{answer.question.name}.svg"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
