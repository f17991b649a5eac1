"""How strongly the relational prompt and the current shot count: guidance by what is left out.

A velocity moves away from the one without a segment, or part of the way towards it, as classifier
free guidance does with a prompt. The paper found the relational prompt to cost fidelity to the next
prompt; here it can be turned down, or the current shot up, without training anew.
"""

from collections.abc import Sequence
from typing import NamedTuple

from cut2next.conditioning import Segment
from cut2next.generation.current_shot import CURRENT

RELATIONAL = frozenset({Segment.RELATIONAL_PROMPT})


class WeighedPass(NamedTuple):
    """One pass of a step: what its table leaves out, and its share of the velocity."""

    left_out: frozenset[Segment]
    weight: float


def weighed_passes(*, relational: float = 1.0, current: float = 1.0) -> Sequence[WeighedPass]:
    """The passes of a step; one alone at full strengths, none that would count for nothing.

    With v the velocity under everything and w those without a segment, their sum is
    v + (strength - 1) · (v - w) for each: at 1 nothing is changed, at 0 the segment is not heard,
    above 1 it is stressed.
    """
    without = [
        WeighedPass(left_out, 1 - strength)
        for left_out, strength in ((RELATIONAL, relational), (CURRENT, current))
    ]
    whole = WeighedPass(frozenset(), 1 - sum(one.weight for one in without))
    return [one for one in (whole, *without) if one.weight]
