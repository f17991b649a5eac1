"""The rules: which editing pattern a cut has, by who is seen in its two shots.

In words. A shot is *of* its main faces: the largest, and every one nearly as large (`MAIN`).

- **Cut-in**: all whom the next shot is of are in the current one, and larger now: by `CLOSER`, or
  by `FEWER` where the next shot is of fewer people.
- **Cut-out**: a cut-in, backwards.
- **Shot/reverse shot**: each shot is of one person, not the same one, at a similar size, and they
  do not look to the same side; where the cameras are known, these look `CONVERSE` degrees apart
  instead. And it is neither a cut-in nor a cut-out.
- **Cutaway**: nobody whom one shot is of is seen in the other, and it is no reverse. Of a shot
  without faces it is one only where things are known, and its thing is not seen in the other;
  where the thing is seen, smaller, it is a cut-in.
- **Multi-angle**: both shots are of the same people, from `THIRTY` degrees apart or more, at a
  similar size or with another of these.

Where the same people are in both and no rule fits it is none of the five: a copy of the current
shot, say. Where a shot has no face, and nobody looked for things, it cannot be told: a cut to or
from a thing, a landscape or somebody's back may be a cut-in, a cut-out or a cutaway.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import acos, degrees
from statistics import median

import numpy as np

from cut2next.cutbench.geometry.sight import Face, Sight, pairs, turned
from cut2next.film import EditingPattern

MAIN = 0.65
"""Of the largest face's height: so large are those that a shot is of."""
CLOSER = 1.5
"""By so much a face is larger after a cut-in; less is a similar size. The film set's factor."""
FEWER = 1.25
"""The same, where the next shot leaves people out."""
THIRTY = 30.0
"""Degrees between two cameras, by the rule of that name."""
CONVERSE = 75.0
"""Degrees between two cameras that look at people who face each other."""
ASIDE = 15.0
"""Degrees of yaw from which a face looks to a side."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What is said of a cut."""

    patterns: frozenset[EditingPattern] | None
    """None where it cannot be told; empty where it is none of the five."""
    why: str
    """In a few words."""


def judge(current: Sight, following: Sight) -> Judgement:
    """The patterns of a cut between two pictures."""
    if not (main(current) and main(following)):
        return _without_faces(current, following)
    found = _found(current, following)
    if found:
        return Judgement(patterns=found, why="by the people in both")
    if _share(current, following):
        return Judgement(patterns=frozenset(), why="the same people, and no rule fits")
    return Judgement(patterns=frozenset({EditingPattern.CUTAWAY}), why="nobody in common")


def _found(current: Sight, following: Sight) -> frozenset[EditingPattern]:
    """All that the people in two shots make of a cut but a cutaway."""
    one, other = main(current), main(following)
    common = pairs(one, other, current.same)
    same = len(common) == len(one) == len(other)
    found = set()
    if _closer(current, following):
        found.add(EditingPattern.CUT_IN)
    if _closer(following, current):
        found.add(EditingPattern.CUT_OUT)
    if not (found or same) and _answers(current, following):
        found.add(EditingPattern.SHOT_REVERSE_SHOT)
    turns = same and _angle(current, following, common) >= THIRTY
    if turns and (found or 1 / CLOSER < _growth(common) < CLOSER):
        found.add(EditingPattern.MULTI_ANGLE)
    return frozenset(found)


def main(sight: Sight) -> tuple[Face, ...]:
    """Those that a shot is of; nobody by the back of the head."""
    faces = [face for face in sight.faces if not face.is_back]
    largest = max((face.size for face in faces), default=0.0)
    return tuple(face for face in faces if face.size >= MAIN * largest)


def same_side(first: Face, second: Face) -> bool | None:
    """Whether two faces look to the same side; None where one hardly turns."""
    if abs(first.yaw) < ASIDE or abs(second.yaw) < ASIDE:
        return None
    return (first.yaw > 0) == (second.yaw > 0)


def _closer(wider: Sight, closer: Sight) -> bool:
    """Whether all that one is of are in the other, smaller."""
    of = main(closer)
    common = pairs(of, wider.faces, wider.same)
    if len(common) < len(of):
        return False
    fewer = len(of) < len(main(wider))
    return 1 / _growth(common) >= (FEWER if fewer else CLOSER)


def _growth(common: Sequence[tuple[Face, Face]]) -> float:
    """By how much faces grow from the first to the second, in the middle of them all."""
    return median(second.size / first.size for first, second in common)


def _angle(current: Sight, following: Sight, common: Sequence[tuple[Face, Face]]) -> float:
    """Degrees between two cameras; where they are not known, by the faces in both shots."""
    known = _angle_of_cameras(current, following)
    return median(turned(*pair) for pair in common) if known is None else known


def _angle_of_cameras(current: Sight, following: Sight) -> float | None:
    if current.direction is None or following.direction is None:
        return None
    cosine = float(np.dot(current.direction, following.direction))
    return degrees(acos(min(1.0, max(-1.0, cosine))))


def _answers(current: Sight, following: Sight) -> bool:
    """Whether each shot is of one person, at a similar size, who looks at the other."""
    one, other = main(current), main(following)
    if len(one) != 1 or len(other) != 1:
        return False
    if not 1 / CLOSER < other[0].size / one[0].size < CLOSER:
        return False
    known = _angle_of_cameras(current, following)
    return same_side(one[0], other[0]) is not True if known is None else known >= CONVERSE


def _share(current: Sight, following: Sight) -> bool:
    """Whether anybody whom one shot is of is seen in the other."""
    return bool(
        pairs(main(current), following.faces, current.same)
        or pairs(current.faces, main(following), current.same)
    )


def _without_faces(current: Sight, following: Sight) -> Judgement:
    """By the things that a shot without faces is of."""
    if current.things is None or following.things is None:
        return Judgement(patterns=None, why="no face in one of them")
    closer = _thing_grows(following, current.things)
    out = _thing_grows(current, following.things)
    kinds = {EditingPattern.CUT_IN: closer, EditingPattern.CUT_OUT: out}
    found = frozenset(kind for kind, growth in kinds.items() if growth and growth >= CLOSER)
    if found:
        return Judgement(patterns=found, why="by the thing in both")
    if closer is None and out is None:
        return Judgement(patterns=frozenset({EditingPattern.CUTAWAY}), why="nothing in common")
    return Judgement(patterns=frozenset(), why="the same thing, and no rule fits")


def _thing_grows(closer: Sight, there: Mapping[str, float]) -> float | None:
    """How much larger the thing that a shot is of is than elsewhere; None where it is not."""
    if closer.of is None or closer.things is None or closer.of not in there:
        return None
    return closer.things[closer.of] / there[closer.of]
