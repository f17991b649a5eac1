"""The runs that questions need, done one after the other; what is done already is left alone.

The same command beside it, in another process, takes the runs that nobody has.
"""

import json
import shlex
from collections.abc import Generator, Iterator, Mapping, Sequence
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
from cut2next.experiments.losses import CUTS_A_SET, LOOKED_AT, held_out_losses
from cut2next.experiments.plan import Plan
from cut2next.experiments.published import (
    VALUES,
    WEIGHTS,
    Published,
    Values,
    digest,
    read_published,
)
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
_AFTER = "loss after {step} steps"


def begin_from(plan: Plan, weights: Path) -> None:
    """Takes a base that was learnt elsewhere, unless that is there.

    Raises InputError for a file that is not there and where there is another base, WeightsError for
    weights of something else.
    """
    if not plan.base.is_done:
        fill(plan.base.model().transformer, weights)
        make_folder(plan.base.folder)
        with whole_file(plan.base.weights) as partial:
            copyfile(checked(weights), partial)
    elif digest(weights) != digest(plan.base.weights):
        raise InputError(
            f"{weights}: not the base that runs in {plan.laboratory.folder} go on from",
            expected="the same one, or a folder without",
            hint="take another --folder",
        )


def run_all(plan: Plan) -> Iterator[Progress]:
    """Does what is not done yet: all runs, then what their pictures say, a set's all together.

    Raises OutputError, when all else is done, for what another process still has.
    """
    yield from plan.prepare()
    refused, before = (yield from _done_by_us(plan)), None
    while refused and len(refused) != before:  # who had them may be through by now
        before = len(refused)
        refused = yield from _done_by_us(plan)
    for exam in plan.exams:
        sitting = [run for run in plan.tunings if exam in plan.sat_by(run.variant)]
        made = [run for run in sitting if exam.pictures_of(run).exists()]
        if made:
            with one_run_in(exam.folder), counted("judging", plan.laboratory.folder):
                yield from judge(exam, [*exam.controls, *made])
    if refused:
        raise refused[0]


def is_answered(plan: Plan, question: Question) -> bool:
    """Whether all is measured that a question needs."""
    only = replace(plan, questions=[question])
    return all(
        is_judged(exam, run) and not _missing(only, run)
        for run in only.compared
        if not only.is_known(run)
        for exam in only.sat_by(run.variant)
    )


def _done_by_us(plan: Plan) -> Generator[Progress, None, list[OutputError]]:
    """Does every run but those that another process has; returns what is said of them."""
    refused: list[OutputError] = []
    for tuning in plan.tunings:
        try:
            with one_run_in(tuning.folder):
                if tuning.base is None or tuning.base.is_done:
                    yield from _done(plan, tuning)
        except OutputError as error:
            refused.append(error)
    return refused


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
    if step not in tuning.looks:
        return
    losses = dict[str, float]()
    for some in held_out_losses(model, tuning.variant, tuning.laboratory, LOOKED_AT):
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
    """By measure and set, all that was measured of a run, elsewhere or, where it was, here."""
    measured = dict(plan.published.values.get(tuning.name, {}))
    if losses := _read(tuning.folder / _LOSSES):
        measured[LOSS] = losses
    measured |= _read(tuning.folder / _CURVE)
    for exam in plan.sat_by(tuning.variant):
        if is_judged(exam, tuning):
            measured |= values_of(exam, tuning)
    if tuning.variant.name in plan.chained:
        measured |= _read(tuning.folder / _CHAINS)
    return measured


def controls(plan: Plan) -> Mapping[str, Values]:
    """What those reach who need no model, and the base of all but U-Nets."""
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
    bases = {base.variant.name: found(plan, base) for base in plan.bases}
    return known | {BASE: bases.get(BASE, {}), "chance": chance}


def curve(plan: Plan, name: str) -> Mapping[int, float]:
    """By step since the base, the loss of a variant's runs: at first, along the way, at the end.

    What is not known of one of them is left out.
    """
    runs = plan.runs(name)
    first, *_ = runs
    before = sum(run.steps for run in first.lineage[1:-1])
    measures = {before + step: _AFTER.format(step=step) for step in first.looks}
    measures[before + first.steps] = LOSS
    own = [found(plan, run) for run in runs]
    seen = {step: _mean_loss(own, measure) for step, measure in measures.items()}
    seen[0] = _mean_loss([found(plan, run.lineage[0]) for run in runs], LOSS)
    return {step: loss for step, loss in sorted(seen.items()) if loss is not None}


def _mean_loss(runs: Sequence[Values], measure: str) -> float | None:
    """On the sets that are looked at along the way."""
    sets = [str(number) for number in range(LOOKED_AT)]
    losses = [run.get(measure, {}) for run in runs]
    if not all(losses):
        return None
    return float(np.mean([of_sets[name] for of_sets in losses for name in sets if name in of_sets]))


def measured_elsewhere(plan: Plan, path: Path) -> Published:
    """What is published in a file, of runs from the bases that are here.

    Raises InputError as `read_published` does, and where runs are left and their base is not here.
    """
    published = read_published(path, plan.facts, _digests(plan))
    known = replace(plan, published=published)
    if BASE in published.bases and plan.base in known.tunings and not plan.base.is_done:
        raise InputError(
            f"{path}: of runs from a base that is not here",
            expected=f"that base, {WEIGHTS}",
            hint="give it by --base",
        )
    return published


def _digests(plan: Plan) -> dict[str, str]:
    """Of the bases that are here."""
    return {base.variant.name: digest(base.weights) for base in plan.bases if base.is_done}


def to_publish(plan: Plan, folder: Path) -> None:
    """What anybody can go on from: all that was measured, of controls too, and the base."""
    values = {run.name: found(plan, run) for run in (*plan.bases, *plan.compared)}
    control_values = {name: of for name, of in controls(plan).items() if name in CONTROLS}
    published = Published(
        values={**plan.published.values, **control_values, **values},
        seconds=seconds(plan),
        bases={**plan.published.bases, **_digests(plan)},
    )
    published.write(folder / VALUES, plan.facts)
    if plan.base in plan.bases and plan.base.is_done:
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
        "cuts of a run": f"{plan.steps * CUTS_A_STEP}, {CUTS_A_STEP} a step",
        "arithmetic": f"{plan.facts['arithmetic']}, by PyTorch {torch.__version__}",
        "seeds": plan.seeds,
        "withheld cuts, for losses": plan.laboratory.withheld_sets * CUTS_A_SET,
        "held-out cuts, for pictures": plan.cuts,
        "processor hours of what ran here to its end": {
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
