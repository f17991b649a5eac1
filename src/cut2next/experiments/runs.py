"""The runs that questions need, done one after the other; what is done already is left alone.

The same command beside it, in another process, takes the runs that nobody has.
"""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from shutil import copyfile
from typing import Any

import numpy as np
import torch

from cut2next.experiments.chains import chain_values
from cut2next.experiments.cost import costs_of, counted
from cut2next.experiments.exam import CONTROLS
from cut2next.experiments.exercises import BY_CHANCE
from cut2next.experiments.judging import is_judged, judge, values_of
from cut2next.experiments.laboratory import PART
from cut2next.experiments.losses import CUTS_A_SET, held_out_losses
from cut2next.experiments.plan import Plan
from cut2next.experiments.published import VALUES, WEIGHTS, Published, Values, digest
from cut2next.experiments.questions import LOSS, Question
from cut2next.experiments.tuning import BASE_CUTS_A_STEP, CUTS_A_STEP, THREADS, Tuning, fill
from cut2next.experiments.variants import BASE
from cut2next.film import InputError, OutputError
from cut2next.film.paths import checked, read_json
from cut2next.film.writing import make_folder, whole_file
from cut2next.recipes.mini.transformer import MiniModel
from cut2next.recipes.progress import Progress
from cut2next.training.checkpoint import one_run_in

_LOSSES, _CHAINS, _CURVE = "losses.json", "chains.json", "curve.json"
_CUTS_A_CHAIN = 10
"""A sequence takes as long as so many cuts."""
_LOOKS = (1 / 8, 1 / 4, 1 / 2)
"""When in a run its loss is looked at along the way ..."""
_LOOKED_AT = 30
"""... on so many sets."""
_AFTER = "loss after {step} steps"


def begin_from(plan: Plan, weights: Path) -> None:
    """Takes a base that was learnt elsewhere, unless one is there.

    Raises InputError for a file that is not there, WeightsError for weights of something else.
    """
    if not plan.base.is_done:
        fill(plan.base.model().transformer, weights)
        make_folder(plan.base.folder)
        with whole_file(plan.base.weights) as partial:
            copyfile(checked(weights), partial)


def run_all(plan: Plan) -> Iterator[Progress]:
    """Does what is not done yet, question by question.

    Raises OutputError, when all else is done, for what another process still has.
    """
    yield from plan.prepare()
    left = list(plan.questions)
    while left:
        refused: list[tuple[Question, OutputError]] = []
        moved = False
        for question in left:
            try:
                for progress in _answered(replace(plan, questions=[question])):
                    moved = True
                    yield progress
            except OutputError as error:
                refused.append((question, error))
        if refused and not moved:
            raise refused[0][1]
        left = [question for question, _ in refused]  # the others may be through with it by now


def is_answered(plan: Plan, question: Question) -> bool:
    """Whether all is measured that a question needs."""
    only = replace(plan, questions=[question])
    return all(
        is_judged(exam, run) and not _missing(only, run)
        for run in only.compared
        if run.name not in plan.published.values
        for exam in only.sat_by(run.variant)
    )


def _answered(plan: Plan) -> Iterator[Progress]:
    """All of one question; what another process has is left, and told when the rest is done."""
    refused: list[OutputError] = []
    for tuning in plan.tunings:
        try:
            with one_run_in(tuning.folder):
                if tuning.base is None or tuning.base.is_done:
                    yield from _done(plan, tuning)
        except OutputError as error:
            refused.append(error)
    if refused:
        raise refused[0]
    for exam in plan.exams:
        sitting = [run for run in plan.tunings if exam in plan.sat_by(run.variant)]
        with counted("judging", plan.laboratory.folder):
            yield from judge(exam, [*exam.controls, *sitting])


def _done(plan: Plan, tuning: Tuning) -> Iterator[Progress]:
    """A run, by the one process that has its folder."""
    if not tuning.is_done:
        with counted("learning", tuning.folder):
            yield from tuning.learn(lambda step, model: _look(tuning, step, model))
    torch.set_num_threads(THREADS)  # as a run that goes on from a kill here would have it
    if tuning.variant.after and tuning.variant.name not in plan.asked:
        return
    with counted("losses", tuning.folder):
        yield from _losses(tuning)
    with counted("pictures", tuning.folder):
        for exam in plan.sat_by(tuning.variant):
            yield from exam.made_by(tuning)
    if tuning.variant.name in plan.chained:
        with counted("chains", tuning.folder):
            yield from _chained(plan, tuning)


def _look(tuning: Tuning, step: int, model: MiniModel) -> None:
    """Keeps the loss along the way, where it is to be looked at."""
    if step not in {round(look * tuning.steps) for look in _LOOKS}:
        return
    losses = dict[str, float]()
    for some in held_out_losses(model, tuning.variant, tuning.laboratory, _LOOKED_AT):
        losses |= some
    path = tuning.folder / _CURVE
    _write(path, _read(path) | {_AFTER.format(step=step): losses})


def _losses(tuning: Tuning) -> Iterator[Progress]:
    losses, path = dict[str, float](), tuning.folder / _LOSSES
    if path.exists():
        return
    model, laboratory = tuning.model().eval(), tuning.laboratory
    for found in held_out_losses(model, tuning.variant, laboratory):
        losses |= found
        yield Progress(f"losses of {tuning.name}", len(losses), laboratory.withheld_sets)
    _write(path, losses)


def _chained(plan: Plan, tuning: Tuning) -> Iterator[Progress]:
    """A run's sequences."""
    values, path = dict[str, dict[str, float]](), tuning.folder / _CHAINS
    if not path.exists():
        yield from chain_values(tuning, max(1, plan.cuts // _CUTS_A_CHAIN), values)
        _write(path, values)


def _missing(plan: Plan, tuning: Tuning) -> list[str]:
    """What is not measured yet of a run, its pictures aside."""
    names = [_LOSSES, *([_CHAINS] if tuning.variant.name in plan.chained else [])]
    return [name for name in names if not (tuning.folder / name).exists()]


def found(plan: Plan, tuning: Tuning) -> Values:
    """By measure and set, all that was measured of a run."""
    if known := plan.published.values.get(tuning.name):
        return known
    measured = {LOSS: _read(tuning.folder / _LOSSES), **_read(tuning.folder / _CURVE)}
    for exam in plan.sat_by(tuning.variant):
        measured |= values_of(exam, tuning)
    if tuning.variant.name in plan.chained:
        measured |= _read(tuning.folder / _CHAINS)
    return measured


def controls(plan: Plan) -> Mapping[str, Values]:
    """What those reach who need no model, and the base."""
    known = {name: dict(plan.published.values.get(name, {})) for name in CONTROLS}
    for exam in plan.exams:
        for control in exam.controls:
            if is_judged(exam, control):
                known[control.name] |= values_of(exam, control)
    chance = {
        measure.removeprefix(BY_CHANCE): values
        for measure, values in known[CONTROLS[0]].items()
        if measure.startswith(BY_CHANCE)
    }
    return known | {BASE: found(plan, plan.base), "chance": chance}


def curve(runs: Sequence[Values], steps: int) -> Mapping[int, float]:
    """By step, the loss of a variant's runs along the way, and after all of their steps."""
    points = {round(look * steps): _AFTER.format(step=round(look * steps)) for look in _LOOKS}
    sets = {str(number) for number in range(_LOOKED_AT)}

    def mean(measure: str) -> float:
        return float(np.mean([x for run in runs for of, x in run[measure].items() if of in sets]))

    return {step: mean(measure) for step, measure in {**points, steps: LOSS}.items()}


def facts_of_values(plan: Plan) -> Mapping[str, object]:
    """What values hang on: the plan's numbers, and the base. Raises InputError where it is not."""
    return {**plan.facts, "base": digest(plan.base.weights)}


def to_publish(plan: Plan, folder: Path) -> None:
    """What anybody can go on from: all that was measured, of controls too, and the base."""
    values = {run.name: found(plan, run) for run in (plan.base, *plan.compared)}
    control_values = {name: of for name, of in controls(plan).items() if name in CONTROLS}
    everything = {**plan.published.values, **control_values, **values}
    published = Published(values=everything, seconds=seconds(plan))
    published.write(folder / VALUES, facts_of_values(plan))
    with whole_file(folder / WEIGHTS) as partial:
        copyfile(checked(plan.base.weights), partial)


def about(plan: Plan) -> dict[str, Any]:
    """What was done, the command that does it again, and what the processor spent on it."""
    options = {
        "--only": ",".join(question.name for question in plan.questions),
        "--sets": plan.laboratory.sets,
        "--base-steps": plan.base_steps,
        "--steps": plan.steps,
        "--seeds": plan.seeds,
        "--cuts": plan.cuts,
    }
    words = [str(word) for option in options.items() for word in option]
    return {
        "command": shlex.join(["cut2next", "experiments", *words]),
        "part of the film set": str(PART),
        "cuts of the base": plan.base_steps * BASE_CUTS_A_STEP,
        "cuts of a run": plan.steps * CUTS_A_STEP,
        "seeds": plan.seeds,
        "withheld cuts, for losses": plan.laboratory.withheld_sets * CUTS_A_SET,
        "held-out cuts, for pictures": plan.cuts,
        "processor hours, what kills cut short aside": {
            name: round(s / 3600, 2) for name, s in seconds(plan).items()
        },
    }


def seconds(plan: Plan) -> dict[str, float]:
    """By stage, what the processor spent, here and elsewhere."""
    total = dict(plan.published.seconds)
    folders = [plan.laboratory.folder, *(run.folder for run in plan.tunings)]
    for folder in folders:
        for stage, spent in costs_of(folder).items():
            total[stage] = total.get(stage, 0.0) + spent
    return total


def _write(path: Path, values: object) -> None:
    with whole_file(path) as partial:
        partial.write_text(json.dumps(values))


def _read(path: Path) -> dict[str, Any]:
    """What was measured; nothing where that is not done. Raises InputError where it is damaged."""

    def damaged(path: Path, got: str) -> InputError:
        return InputError(
            f"{path}: {got}",
            expected="what was measured of a run",
            hint="delete it to have it made again",
        )

    return dict(read_json(path, damaged)) if path.exists() else {}
