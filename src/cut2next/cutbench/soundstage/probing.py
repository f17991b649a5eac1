"""Asks a model every probe on many sets, and says what share of it is right."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain
from random import Random

from PIL import Image

from cut2next.cutbench.contenders import MODEL, Contender, by_model
from cut2next.cutbench.metrics.metric import Column
from cut2next.cutbench.report import ALL, Figures, entry_of, summary
from cut2next.cutbench.runner import run
from cut2next.cutbench.soundstage.held_out import HeldOut, SetCase
from cut2next.cutbench.soundstage.metrics import METRICS
from cut2next.cutbench.soundstage.probes import PROBES, Probe
from cut2next.cutbench.soundstage.true_shots import TrueShots
from cut2next.cutbench.statistics.intervals import mean_of
from cut2next.film.workers import processors
from cut2next.generation.pipeline import Cut2NextPipeline
from cut2next.soundstage import PICTURE_SIZE
from cut2next.soundstage.repertoire import repertoire_named

_TOGETHER = 8
"""Sets that are asked about at a time, and cuts that a contender gets."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a contender made of one case of a probe."""

    probe: str
    cut: str
    right: float | None
    """0..1; None where the case has nothing to say."""
    chance: float


RIGHT, CHANCE = "right", "chance"
COLUMNS = {
    RIGHT: Column(heading="right %", width=21, interval=True),
    CHANCE: Column(heading="by chance %", width=14),
}
"""How a table shows the figures of probes."""


def answers(
    held_out: HeldOut, contender: Contender, probes: Sequence[Probe] = PROBES
) -> Iterator[list[Answer]]:
    """What a contender says to every probe, set by set.

    Raises InputError for a picture of another size than the true one's.
    """
    with ThreadPoolExecutor(processors()) as pool:
        for first in range(0, held_out.count, _TOGETHER):
            numbers = range(held_out.count)[first : first + _TOGETHER]
            asked = list(pool.map(lambda number: _asked(held_out, probes, number), numbers))
            made = _made(contender, [case for cases in asked for _, case in cases])
            shown = [[(*each, next(made)) for each in cases] for cases in asked]
            # All cases of a set are judged by one thread: they share what is rendered of it.
            yield from pool.map(_answered, shown)


def figures(answers: Iterable[Answer]) -> dict[str, Figures]:
    """By probe, the share that is right and that by chance, of cases that have something to say."""
    by_probe: dict[str, list[Answer]] = {probe.name: [] for probe in PROBES}
    for answer in sorted(answers, key=lambda answer: answer.cut):
        if answer.right is not None:
            by_probe[answer.probe].append(answer)
    return {
        name: {
            RIGHT: mean_of([answer.right for answer in of_probe if answer.right is not None]),
            CHANCE: mean_of([answer.chance for answer in of_probe]),
        }
        for name, of_probe in by_probe.items()
    }


def quick_figures(pipe: Cut2NextPipeline, count: int = 48) -> dict[str, float]:
    """How good a model is, in a minute or two: the mean of each probe and figure on few sets.

    At the size, and of the part of the film set, that it knows; look and PSNR on as many cuts.
    """
    known = repertoire_named(pipe.config["repertoire"])
    size = pipe.config["default_size"] or PICTURE_SIZE
    held_out = HeldOut(count=count, size=tuple(size), repertoire=known, compared_samples=1)
    model = by_model(pipe)
    judged = run(held_out.cases(), {MODEL: model}, METRICS)
    usual = summary([entry_of(each) for each in judged])[MODEL][ALL]
    probed = figures(chain.from_iterable(answers(held_out, model)))
    means = usual | {name: figures[RIGHT] for name, figures in probed.items()}
    return {name: mean.mean for name, mean in means.items() if mean}


def _asked(held_out: HeldOut, probes: Sequence[Probe], number: int) -> list[tuple[Probe, SetCase]]:
    """Every case of every probe on the set of a number."""
    sets: dict[str, TrueShots] = {}
    asked = []
    for probe in probes:
        built_from = replace(held_out, repertoire=probe.repertoire(held_out.repertoire))
        shots = sets.setdefault(str(built_from.repertoire), built_from.shots(number))
        chance = Random(f"{probe.name} {shots.film_set.seed}")
        asked += [(probe, case) for case in probe.cases(shots, chance)]
    return asked


def _made(contender: Contender, cases: Sequence[SetCase]) -> Iterator[Image.Image]:
    for first in range(0, len(cases), _TOGETHER):
        yield from contender([case.cut for case in cases[first : first + _TOGETHER]])


def _answered(shown: Sequence[tuple[Probe, SetCase, Image.Image]]) -> list[Answer]:
    return [
        Answer(
            probe=probe.name,
            cut=case.cut.name,
            right=probe.right(case, picture),
            chance=probe.chance(case),
        )
        for probe, case, picture in shown
    ]
