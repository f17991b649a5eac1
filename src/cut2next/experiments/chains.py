"""The third measure of a run: sequences of sixteen cuts, each from what it has made itself.

A run that has learnt with earlier shots reads them too; any other goes on from its last picture
alone, which is naive autoregression. Each is its own control as well: the same weights from the
last picture alone, and from the true one. A sequence of four or eight is how one of sixteen begins.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from cut2next.cutbench.contenders import by_chain, by_model
from cut2next.cutbench.soundstage.chains import EARLIER, OWN, TRUTH, chain_steps
from cut2next.cutbench.soundstage.held_out import HeldOut
from cut2next.cutbench.soundstage.judge import Findings
from cut2next.experiments.exam import STEPS
from cut2next.experiments.laboratory import PART
from cut2next.experiments.tuning import Tuning
from cut2next.generation.pipeline import Cut2NextPipeline
from cut2next.recipes.progress import Progress

LENGTH = 16
_AT = (1, 4, 8, 16)
"""The cuts that are looked at."""
_METRICS = ("look", "walls", "camera")
_GOING = "the way that a run goes"
"""From earlier shots, where it has learnt with them, else from its own last picture."""

OfSets = Mapping[str, float]
"""A value for each film set that has one, by its number."""
Found = Mapping[str, Mapping[str, OfSets]]
"""By way of making it and by metric and cut ("look at 4")."""
Values = dict[str, dict[str, float]]


def _measures(name: str, at: int) -> dict[str, Callable[[Found], OfSets]]:
    """By its name, each measure of a metric at a cut; at the first all ways are one."""
    there, first = f"{name} at {at}", f"{name} at 1"
    going: dict[str, Callable[[Found], OfSets]] = {there: lambda found: found[_GOING][there]}
    if at == 1:
        return going
    return going | {
        f"{there}, last shot alone": lambda found: found[OWN][there],
        f"{there}, from the truth": lambda found: found[TRUTH][there],
        f"{there}, above last shot alone": lambda found: _above(
            found[_GOING][there], found[OWN][there]
        ),
        f"{there} / {first}": lambda found: ratios(found[_GOING][there], found[_GOING][first]),
    }


_MEASURES = {
    measure: of for name in _METRICS for at in _AT for measure, of in _measures(name, at).items()
}
MEASURES = tuple(_MEASURES)
"""All that is measured of chains; the more, the better."""


def chain_values(tuning: Tuning, sets: int, values: Values) -> Iterator[Progress]:
    """Fills in, by measure and film set, what is said of chains on so many held-out sets."""
    pipe = _pipeline(tuning)
    chain = by_chain(pipe, STEPS) if tuning.variant.earlier_shots else None
    held_out = HeldOut(count=sets, size=tuning.laboratory.size, repertoire=PART)
    found: dict[str, Values] = defaultdict(lambda: defaultdict(dict))
    steps = chain_steps(held_out, by_model(pipe, STEPS), chain, LENGTH)
    for at, step in enumerate(steps, start=1):
        for number, (case, made) in enumerate(step):
            for way, picture in made.items() if at in _AT else ():
                for name, value in said(case.judge.findings(picture)):
                    found[way][f"{name} at {at}"][str(number)] = value
        yield Progress(f"chains of {tuning.name}", at, LENGTH)
    values |= measured(found)


def said(findings: Findings) -> Iterator[tuple[str, float]]:
    """What is asked of a cut in a chain, by name; walls where enough of them is to be seen."""
    yield "look", findings.look
    yield "camera", float(findings.camera)
    if (walls := findings.kind("walls")) is not None:
        yield "walls", walls


def measured(found: Found) -> Values:
    """By measure, what it is on each film set."""
    ways = {**found, _GOING: found.get(EARLIER, found[OWN])}
    return {measure: dict(of(ways)) for measure, of in _MEASURES.items()}


def _above(ones: OfSets, others: OfSets) -> OfSets:
    return {number: one - others[number] for number, one in ones.items() if number in others}


def ratios(parts: OfSets, wholes: OfSets) -> OfSets:
    """For each set that has both, a value; the mean of all is the ratio of the two means.

    As the delta method has it, so that an interval of them is one of the ratio, also where on some
    set nothing was right to begin with. All are 0 where that is so on every set.
    """
    both = sorted(parts.keys() & wholes.keys())
    part, whole = (np.array([each[number] for number in both]) for each in (parts, wholes))
    if not whole.any():
        return dict.fromkeys(both, 0.0)
    ratio = part.mean() / whole.mean()
    told = ratio + (part - ratio * whole) / whole.mean()
    return dict(zip(both, told.tolist(), strict=True))


def _pipeline(tuning: Tuning) -> Cut2NextPipeline:
    shipped = tuning.laboratory.shipped
    pipe = Cut2NextPipeline(
        scheduler=shipped.scheduler,
        vae=shipped.vae,
        text_encoder=shipped.text_encoder,
        tokenizer=shipped.tokenizer,
        text_encoder_2=shipped.text_encoder_2,
        tokenizer_2=shipped.tokenizer_2,
        transformer=tuning.model().transformer.eval(),
        table=tuning.variant.table.name,
        prompt_tokens={str(segment): n for segment, n in shipped.prompt_tokens.items()},
        default_size=list(tuning.laboratory.size),
        earlier_shots=tuning.variant.earlier_shots,
    )
    pipe.set_progress_bar_config(disable=True)  # type: ignore[no-untyped-call]
    return pipe
