"""Finds a cut again after its set was rebuilt: by its id, or by where it lies in its film.

Names of shots may be counted anew and a keyframe may move a little; that two shots meet at a moment
of a film does not change. Two shots are one where they share more than half of the time that either
of them takes, so a shot has one counterpart at most.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from cut2next.curation.decisions import Decision, Interval
from cut2next.cuts.record import CutRecord

_LEAST_SHARED = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class CutPlace:
    """Which cut, and where in its film."""

    id: str
    film: str
    spans: tuple[Interval, Interval] | None
    """Of both shots in seconds; None where they lie in no film file."""


@dataclass(frozen=True, kw_only=True)
class Matching:
    """What became of decisions in a set."""

    matched: dict[str, Decision] = field(default_factory=dict)
    """By the id that the cut has now."""
    moved: list[tuple[str, str]] = field(default_factory=list)
    """Ids then and now of those that were found by their place alone."""
    lost: list[Decision] = field(default_factory=list)
    """Those that match no cut."""


def place_of(record: CutRecord) -> CutPlace:
    """Where a cut lies."""
    current, following = (
        shot.span and (shot.span.seconds(shot.span.start), shot.span.seconds(shot.span.end))
        for shot in record.shots
    )
    spans = (current, following) if current and following else None
    return CutPlace(id=record.id, film=record.film, spans=spans)


def match(decisions: Iterable[Decision], places: Iterable[CutPlace]) -> Matching:
    """Each decision with the cut of the set that it was made on, if it is still there."""
    by_id: dict[str, CutPlace] = {}
    films: dict[str, list[CutPlace]] = defaultdict(list)
    for place in places:
        by_id[place.id] = place
        if place.spans is not None:
            films[place.film].append(place)
    by_film = {film: _ByTime(there) for film, there in films.items()}
    matching, moved = Matching(), []
    for decision in decisions:
        here = by_id.get(decision.id)
        # A rebuilt set may give the id to another shot, as their times tell where they are known.
        if (
            here
            and here.id not in matching.matched
            and (None in (decision.spans, here.spans) or _is(decision, here))
        ):
            matching.matched[here.id] = _at(decision, here)
        else:
            moved.append(decision)
    for decision in moved:
        near = by_film[decision.film].like(decision) if decision.film in by_film else None
        if near is None or near.id in matching.matched:
            matching.lost.append(decision)
        else:
            matching.matched[near.id] = _at(decision, near)
            matching.moved.append((decision.id, near.id))
    return matching


class _ByTime:
    """The cuts of a film, by when they begin: of many, few are looked at."""

    def __init__(self, places: Sequence[CutPlace]) -> None:
        self._begins = sorted(
            (place.spans[0][0], at) for at, place in enumerate(places) if place.spans
        )
        self._places = places

    def like(self, decision: Decision) -> CutPlace | None:
        """The first of them that is the cut of a decision."""
        if decision.spans is None:
            return None
        begin, end = decision.spans[0]
        # Shots that share more than half begin less than the length of either apart.
        first = bisect_left(self._begins, (begin - (end - begin), -1))
        last = bisect_left(self._begins, (end, -1))
        near = sorted(at for _, at in self._begins[first:last])
        return next((self._places[at] for at in near if _is(decision, self._places[at])), None)


def _at(decision: Decision, place: CutPlace) -> Decision:
    return replace(decision, id=place.id, film=place.film, spans=place.spans or decision.spans)


def _is(decision: Decision, place: CutPlace) -> bool:
    if decision.spans is None or place.spans is None:
        return False
    pairs = zip(decision.spans, place.spans, strict=True)
    return all(_shared(first, second) > _LEAST_SHARED for first, second in pairs)


def _shared(first: Interval, second: Interval) -> float:
    """The time that both take, of the time that either takes."""
    both = min(first[1], second[1]) - max(first[0], second[0])
    either = max(first[1], second[1]) - min(first[0], second[0])
    return both / either if either > 0 else 0.0
