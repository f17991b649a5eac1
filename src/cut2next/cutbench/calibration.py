"""What a metric says of true cuts: before anybody believes a column, it is printed with this.

Three controls that need no model: the true next shot, the current shot again, and the true next
shot of another film's cut. A metric that cannot tell the first from the last sees no film.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cut2next.cutbench.statistics.auc import Auc, auc_of
from cut2next.cutbench.statistics.intervals import Mean, mean_of_cases

ByCase = Mapping[str, Sequence[float]]
"""A metric's values, by case; none where it has nothing to say."""


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """A row for one metric; what it cannot say is None."""

    metric: str
    same_film: Auc | None
    """How well its value tells a cut's own next shot from another film's: 1 always and above, .5 as
    a coin, 0 always and below."""
    truth: Mean | None
    copy: Mean | None
    shuffled: Mean | None


def calibration(metric: str, *, truth: ByCase, copy: ByCase, shuffled: ByCase) -> Calibration:
    """The row of a metric, from its values of the three controls.

    Raises InputError for values that are no numbers.
    """
    return Calibration(
        metric=metric,
        same_film=told_apart(truth, shuffled),
        truth=mean_of_cases(truth),
        copy=mean_of_cases(copy),
        shuffled=mean_of_cases(shuffled),
    )


def told_apart(first: ByCase, second: ByCase) -> Auc | None:
    """How well a metric tells one kind of next shot from another, the cases drawn together.

    Any two kinds: of the film set, next shots whose camera is right against those where it is not.
    None where there are none of a kind.
    """
    told = [
        (value, kind, case)
        for kind, values in ((True, first), (False, second))
        for case, found in sorted(values.items())  # the order of cases makes no difference
        for value in found
    ]
    return auc_of(*map(list, zip(*told, strict=True))) if told else None


def of_other_films(films: Sequence[str]) -> list[int] | None:
    """For each case, by the film it is from, another case of another film: each is taken once.

    It is the shuffled row: the same pictures, every one in the wrong film. None where more than
    half of the cases are of one film, so that there is no such exchange.
    """
    by_film = sorted(range(len(films)), key=lambda case: (films[case], case))
    largest = max(Counter(films).values(), default=0)
    if not films or 2 * largest > len(films):
        return None
    # Moved on by the size of the largest film, nobody stays in their own.
    others = dict(zip(by_film, by_film[largest:] + by_film[:largest], strict=True))
    return [others[case] for case in range(len(films))]
