"""Which cuts a curator should look at first.

The paper chose by hand "for continuity, varied technique, character interaction, expressive
emotion" and gives no rule; this one is ours. A cut is worth the weighted mean of what is known of
three things, each from 0 to 1: does it continue (`continuity`), are there people (`people`), are
the pictures good (`quality`, by its place among all cuts of the set). What is not known is left
out of the mean, so cuts need neither prompts nor scores.

The order then takes turns: the pattern that has come least so far gives its best cut next. Within
a pattern each further cut of one film counts a little less, so that films take turns too. Emotion
is left to the eye. The order depends on the cuts alone, not on how they were read.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cut2next.cuts.record import CutRecord
from cut2next.cuts.scores import CutScore, ShotScore
from cut2next.film import EditingPattern, mentions

_LONGEST_NAME = 80
"""Letters; what is longer stands in angle brackets for another reason."""
_BETTER_HIGH = (ShotScore.AESTHETIC, ShotScore.QUALITY, ShotScore.SHARPNESS)
_BETTER_LOW = (ShotScore.MOTION, ShotScore.TEXT)
_OF_THE_CUT = (CutScore.NOVELTY,)
"""Better high, too."""
_CONTINUITY, _PEOPLE, _QUALITY = 0.45, 0.25, 0.3
"""What counts how much."""
_SAME, _SIMILAR, _DIFFERENT, _UNRELATED = 0.1, 0.25, 0.6, 0.95
"""Differences between keyframes: up to the first they are one picture, worth nothing; between the
second and the third they are what a good cut has; from the last on nothing seems to continue."""
ALONE = 0.6
"""What one person in the frame is worth; two or more are worth 1, none 0."""
_ANOTHER_OF_FILM = 0.02
"""What each earlier cut of the same film and pattern takes away."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Nominee:
    """What ranking needs to know of a cut: little, so that all cuts of a large set fit."""

    id: str
    film: str
    patterns: frozenset[EditingPattern]
    continuity: float | None
    people: float | None
    scores: Mapping[str, float]
    """Turned so that more is better; of the worse shot."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """A cut in its place in the order, and what put it there: each from 0 to 1, None if unknown."""

    nominee: Nominee
    rank: int
    """From 1."""
    worth: float
    quality: float | None


def nominee(record: CutRecord) -> Nominee:
    """What ranking reads of a record; its pictures are not needed."""
    return Nominee(
        id=record.id,
        film=record.film,
        patterns=record.patterns,
        continuity=_continuity(record),
        people=_people(record),
        scores=dict(_scores(record)),
    )


def propose(nominees: Iterable[Nominee]) -> list[Proposal]:
    """All of them, in the order to look at them."""
    known = list(nominees)
    qualities = _qualities(known)
    worth = {nominee.id: _worth(nominee, qualities[nominee.id]) for nominee in known}
    return [
        Proposal(nominee=nominee, rank=rank, worth=worth[nominee.id], quality=qualities[nominee.id])
        for rank, nominee in enumerate(_taking_turns(known, worth), start=1)
    ]


def named(*texts: str) -> frozenset[str]:
    """The people that prompts name, as `<Name>`."""
    names = (person.name for text in texts for person in mentions(text))
    return frozenset(n for n in names if len(n) <= _LONGEST_NAME and not n[0].isspace())


def _continuity(record: CutRecord) -> float | None:
    """The mean of what is known: scene, difference, hard cut, characters."""
    parts: list[float] = []
    current, following = (shot.scene for shot in record.shots)
    if None not in (current, following):
        parts.append(float(current == following))
    if (difference := record.scores.get(CutScore.DIFFERENCE)) is not None:
        # 0 for the same picture, 1 for another view, 0 again for another world.
        up = (difference - _SAME) / (_SIMILAR - _SAME)
        down = (_UNRELATED - difference) / (_UNRELATED - _DIFFERENT)
        parts.append(min(1.0, max(0.0, min(up, down))))
    if (gap := record.scores.get(CutScore.GAP)) is not None:
        parts.append(float(gap <= 0))
    if record.annotated:
        parts.append(float(bool(record.relational.character_consistency.strip())))
        parts.extend(_shared_names(record))
    return _mean(parts)


def _shared_names(record: CutRecord) -> Iterator[float]:
    """Of the people of either shot, the share that the other shot or the relation names too.

    The relation counts because a shot/reverse shot shows one of two and then the other.
    """
    current, following = (named(shot.prompt.text) for shot in record.shots)
    if everyone := current | following:
        known = (current & following) | named(record.relational.text)
        yield len(everyone & known) / len(everyone)


def _people(record: CutRecord) -> float | None:
    if not record.annotated:
        return None
    counts = [len(named(shot.prompt.text)) for shot in record.shots]
    return _mean([1.0 if count > 1 else ALONE * count for count in counts])


def _scores(record: CutRecord) -> Iterator[tuple[str, float]]:
    for names, sign in ((_BETTER_HIGH, 1), (_BETTER_LOW, -1)):
        for name in names:
            if values := [sign * shot.scores[name] for shot in record.shots if name in shot.scores]:
                yield name, min(values)
    yield from ((name, record.scores[name]) for name in _OF_THE_CUT if name in record.scores)


def _qualities(known: Sequence[Nominee]) -> dict[str, float | None]:
    """The mean place of a cut among all: no score needs a scale of its own."""
    values: dict[str, list[float]] = defaultdict(list)
    for nominee in known:
        for name, value in nominee.scores.items():
            values[name].append(value)
    ordered = {name: sorted(scores) for name, scores in values.items()}

    def place(name: str, value: float) -> float:
        scores = ordered[name]
        return (bisect_left(scores, value) + bisect_right(scores, value)) / 2 / len(scores)

    return {
        nominee.id: _mean([place(name, nominee.scores[name]) for name in sorted(nominee.scores)])
        for nominee in known
    }


def _worth(nominee: Nominee, quality: float | None) -> float:
    parts = ((_CONTINUITY, nominee.continuity), (_PEOPLE, nominee.people), (_QUALITY, quality))
    known = [(weight, value) for weight, value in parts if value is not None]
    total = sum(weight for weight, _ in known)
    return sum(weight * value for weight, value in known) / total if known else 0.5


def _taking_turns(known: Sequence[Nominee], worth: Mapping[str, float]) -> Iterator[Nominee]:
    """The pattern that came least so far gives its best; cuts without one are a pattern, too."""
    groups: dict[EditingPattern | None, list[Nominee]] = defaultdict(list)
    for nominee in known:
        for pattern in nominee.patterns or (None,):
            groups[pattern].append(nominee)
    order: list[EditingPattern | None] = [*EditingPattern, None]
    queues = {
        pattern: iter(_best_first(groups[pattern], worth)) for pattern in order if pattern in groups
    }
    came: Counter[EditingPattern | None] = Counter()
    taken: set[str] = set()
    while queues:
        pattern = min(queues, key=lambda nominee: (came[nominee], order.index(nominee)))
        best = next((nominee for nominee in queues[pattern] if nominee.id not in taken), None)
        if best is None:
            del queues[pattern]
            continue
        taken.add(best.id)
        came.update(best.patterns or (None,))
        yield best


def _best_first(group: Iterable[Nominee], worth: Mapping[str, float]) -> list[Nominee]:
    """By worth, less what the earlier cuts of the same film take away; then by id."""
    earlier: Counter[str] = Counter()
    keys: dict[str, float] = {}
    best = sorted(group, key=lambda nominee: (-worth[nominee.id], nominee.id))
    for nominee in best:
        keys[nominee.id] = _ANOTHER_OF_FILM * earlier[nominee.film] - worth[nominee.id]
        earlier[nominee.film] += 1
    return sorted(best, key=lambda nominee: (keys[nominee.id], nominee.id))


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
