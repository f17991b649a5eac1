"""Three ways in which a next shot fails, told of any pictures: at most one is true of each.

What they are called is from the film set's judge, where truth decides; of other pictures a network
has to say. Ours, as is each rule:

- incoherence: nearer neither to the current shot nor to the true next one than another film's
  shots are;
- static cut: not that, and nearer to the current shot than to the true next one, as on the film
  set; of what is like neither, chance would say which is nearer;
- identity drift: neither of these, and the people are others. Faces tell: by a number that the
  geometry judge gives, where there is one.
"""

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from cut2next.cutbench.cases import CaseWithTruth
from cut2next.cutbench.features.features import Features
from cut2next.cutbench.features.network import Vectors
from cut2next.cutbench.metrics.likeness import likeness
from cut2next.cutbench.metrics.metric import Column, Metric

Identity = Callable[[CaseWithTruth, Image.Image], float | None]
"""What share of the people that a next shot should show are themselves, 0..1; None where nobody
can tell."""
STRANGE = 0.95
"""Of the likenesses of one film's shots to another's, so many are below what counts as strange."""
_THEMSELVES = 0.5
"""A smaller share of people who are themselves is a drift."""
_Rule = Callable[[CaseWithTruth, Image.Image], bool | None]


def likeness_of_strangers(currents: Vectors, truths: Vectors, films: Sequence[str]) -> float | None:
    """What shots of different films hardly ever exceed: the bound that incoherence is under.

    Of a benchmark's current and true next shots [cases, D], and the film of each; None where all
    are of one film.
    """
    one, other = (
        vectors.astype(np.float64) / np.linalg.norm(vectors.astype(np.float64), axis=1)[:, None]
        for vectors in (currents, truths)
    )
    apart = np.asarray(films)[:, None] != np.asarray(films)
    return float(np.quantile((one @ other.T)[apart], STRANGE)) if apart.any() else None


def failures(
    features: Features, strangers: float | None, identity: Identity | None = None
) -> tuple[Metric[CaseWithTruth], ...]:
    """Static cut, identity drift, incoherence: 1 where it is so, of a benchmark's mean the share.

    `strangers` is the bound of `likeness_of_strangers`; without it, or without `identity`, what
    rests on it says nothing.
    """

    def static_cut(case: CaseWithTruth, made: Image.Image) -> bool:
        to_the_input, to_the_truth = _likenesses(features, case, made)
        return to_the_input > to_the_truth and not incoherence(case, made)

    def incoherence(case: CaseWithTruth, made: Image.Image) -> bool | None:
        if strangers is None:
            return None
        return max(_likenesses(features, case, made)) < strangers

    def identity_drift(case: CaseWithTruth, made: Image.Image) -> bool | None:
        kept = identity(case, made) if identity else None
        if kept is None:
            return None
        elsewhere = static_cut(case, made) or incoherence(case, made)
        return not elsewhere and kept < _THEMSELVES

    return (
        _failure(
            "static cut",
            "nearer to the current shot than to the true next one, and not incoherent",
            Column(heading="static %", width=10),
            static_cut,
            features,
        ),
        _failure(
            "identity drift",
            "no other failure, and less than half of the people are themselves",
            Column(heading="drift %", width=9),
            identity_drift,
            features,
        ),
        _failure(
            "incoherence",
            "less like the current shot, and like the true next one, than"
            f" {STRANGE:.0%} of other films' shots are",
            Column(heading="incoherent %", width=14),
            incoherence,
            features,
        ),
    )


def _likenesses(features: Features, case: CaseWithTruth, made: Image.Image) -> tuple[float, float]:
    """To the current shot and to the true next one."""
    current = likeness(features, made, case.cut.current.keyframe)
    return current, likeness(features, made, case.true_next)


def _failure(
    name: str, rule_in_words: str, column: Column, rule: _Rule, features: Features
) -> Metric[CaseWithTruth]:
    def value(case: CaseWithTruth, made: Image.Image) -> float | None:
        true = rule(case, made)
        return None if true is None else float(true)

    return Metric(
        name=name,
        needs=CaseWithTruth,
        value=value,
        meaning=f"{rule_in_words} ({features.facts.kind})",
        column=column,
        facts=features.facts,
    )
