"""Neighbouring shots become cuts, each with what can only be said of the two together."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from cut2next.cuts.scores import CutScore
from cut2next.films.steps.keyframes import FoundShot
from cut2next.films.steps.pictures import difference


class Pair(NamedTuple):
    """A cut by the places of its two shots in their film, and its scores."""

    current: int
    next: int
    scores: dict[str, float]


def pairs(shots: Sequence[FoundShot]) -> Iterator[Pair]:
    """Every two neighbours, in the order of the film."""
    prints = np.array([shot.fingerprint for shot in shots], np.uint64)
    for at, (current, following) in enumerate(pairwise(shots)):
        scores: dict[str, float] = {
            CutScore.GAP: _gap(current, following),
            CutScore.DIFFERENCE: difference(current.fingerprint, following.fingerprint),
            CutScore.NOVELTY: _novelty(prints, at),
        }
        yield Pair(at, at + 1, scores)


def _gap(current: FoundShot, following: FoundShot) -> float:
    span, after = current.record.span, following.record.span
    assert span is not None
    assert after is not None
    return span.seconds(after.start - span.end)


def _novelty(prints: np.ndarray, at: int) -> float:
    """The least, over earlier cuts, of the larger difference of the two sides."""
    if at == 0:
        return 1.0
    before, after = (
        np.bitwise_count(prints[side : at + side] ^ prints[at + side]) for side in (0, 1)
    )
    return float(np.maximum(before, after).min()) / 64
