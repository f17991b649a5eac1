"""The geometry judge's metrics: is it the cut that was asked for, and are they the same people?

Ours. Each is None where faces cannot tell; the share of cases of which they can stands in the
report as the number of cases behind the mean. `rules.py` says what counts as which pattern.
"""

from collections.abc import Sequence
from functools import partial

from PIL import Image

from cut2next.cutbench.cases import Case, CaseWithTruth
from cut2next.cutbench.geometry.rules import judge, same_side
from cut2next.cutbench.geometry.sight import Face, Sight, Watcher, pairs
from cut2next.cutbench.metrics.metric import Column, Metric, shared


def pattern_adherence(watcher: Watcher) -> Metric[Case]:
    """Whether the cut goes as it was asked to: shared patterns over all that are asked or found."""

    def value(case: Case, made: Image.Image) -> float | None:
        found = judge(watcher.sight(case.cut.current.keyframe), watcher.sight(made)).patterns
        if found is None:
            return None
        return shared(found, case.cut.patterns)

    return Metric(
        name="pattern adherence",
        needs=Case,
        value=value,
        meaning="by the faces in both shots, the patterns that were asked for: those that are asked"
        " for and found, over all that are either",
        column=Column(heading="pattern %", width=23, interval=True),
        facts=watcher.facts,
    )


def identity_kept(watcher: Watcher) -> Metric[CaseWithTruth]:
    """How many of the people who should come along do."""
    return Metric(
        name="identity kept",
        needs=CaseWithTruth,
        value=partial(kept, watcher),
        meaning="of the people of the current shot whom the true next shot shows, the share that"
        " the made one shows",
        column=Column(heading="people %", width=23, interval=True),
        facts=watcher.facts,
    )


def head_count(watcher: Watcher) -> Metric[CaseWithTruth]:
    """Whether there are as many people as there should be."""

    def value(case: CaseWithTruth, made: Image.Image) -> float | None:
        current, true, found = _sights(watcher, case, made)
        if not (current.faces or true.faces):
            return None  # who sees nobody in this film has nothing to say of it
        return float(len(true.faces) == len(found.faces))

    return Metric(
        name="head count",
        needs=CaseWithTruth,
        value=value,
        meaning="as many faces as in the true next shot",
        column=Column(heading="heads %", width=23, interval=True),
        facts=watcher.facts,
    )


def screen_direction(watcher: Watcher) -> Metric[CaseWithTruth]:
    """Whether people look to the side that they should: who crosses the line turns them around."""

    def value(case: CaseWithTruth, made: Image.Image) -> float | None:
        _, true, found = _sights(watcher, case, made)
        sides = [same_side(*pair) for pair in _who_is_who(true, found)]
        told = [side for side in sides if side is not None]
        return sum(told) / len(told) if told else None

    return Metric(
        name="screen direction",
        needs=CaseWithTruth,
        value=value,
        meaning="of the people in the true next shot and in the made one, the share that looks to"
        " the same side; who looks at the camera is left out",
        column=Column(heading="direction %", width=23, interval=True),
        facts=watcher.facts,
    )


def geometry_metrics(
    watcher: Watcher,
) -> tuple[Metric[Case] | Metric[CaseWithTruth], ...]:
    """All four, in the order of a report."""
    return (
        pattern_adherence(watcher),
        identity_kept(watcher),
        head_count(watcher),
        screen_direction(watcher),
    )


def kept(watcher: Watcher, case: CaseWithTruth, made: Image.Image) -> float | None:
    """The share of people who are themselves, 0..1: what `metrics/failures.py` calls `Identity`."""
    current, true, found = _sights(watcher, case, made)
    staying = [one for one, _ in pairs(current.faces, true.faces, current.same)]
    if not staying:
        return None
    return len(pairs(staying, found.faces, current.same)) / len(staying)


def _sights(watcher: Watcher, case: CaseWithTruth, made: Image.Image) -> tuple[Sight, Sight, Sight]:
    current, true = case.cut.current.keyframe, case.true_next
    return watcher.sight(current), watcher.sight(true), watcher.sight(made)


def _who_is_who(true: Sight, found: Sight) -> Sequence[tuple[Face, Face]]:
    """The same people in both; one face alone in each stands for the other."""
    if len(true.faces) == len(found.faces) == 1:
        return [(true.faces[0], found.faces[0])]
    return pairs(true.faces, found.faces, true.same)
