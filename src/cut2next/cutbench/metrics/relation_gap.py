"""Relation gap: what the relational prompt does to text fidelity, the paper's open question.

Its ablation has CLIP-T .2979 with the relational prompt and .2984 without: likeness to the input
rises by it, text fidelity seems to fall, by so little that without an interval nobody can tell. So
one maker makes the same cuts twice, with the relational prompt and without, and the two entries'
CLIP-T are compared case by case.
"""

from collections.abc import Mapping, Sequence

from cut2next.cutbench.statistics.intervals import case_means
from cut2next.cutbench.statistics.paired import Difference, difference_of


def relation_gap(
    with_relation: Mapping[str, Sequence[float]], without: Mapping[str, Sequence[float]]
) -> Difference | None:
    """CLIP-T of two entries by case: above 0, the relational prompt helps text fidelity.

    None where they share no case.
    """
    return difference_of(case_means(with_relation), case_means(without))
