"""Neighbouring shots become cuts, each with what can only be said of the two together."""

from array import array
from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cut2next.cuts.record import CutRecord, MadeBy
from cut2next.cuts.scores import CutScore
from cut2next.film import RelationalPrompt
from cut2next.films.steps.keyframes import KeyframedShot
from cut2next.films.steps.pictures import difference


def paired(
    shots: Iterable[KeyframedShot],
    *,
    film: str,
    contents: str | None,
    made_by: tuple[MadeBy, ...],
    licence: str,
    source: str,
) -> Iterator[CutRecord]:
    """Every two neighbours of a film; two are in memory, and the fingerprints of those before.

    All else is as in `CutRecord`.
    """
    prints = array("Q")
    for current, following in pairwise(shots):
        prints = prints or array("Q", [current.fingerprint])
        prints.append(following.fingerprint)
        yield CutRecord(
            film=film,
            current=current.record,
            next=following.record,
            relational=RelationalPrompt(transition=""),
            scores={
                CutScore.GAP: current.span.seconds(following.span.start - current.span.end),
                CutScore.DIFFERENCE: difference(current.fingerprint, following.fingerprint),
                CutScore.NOVELTY: _novelty(np.frombuffer(prints, np.uint64)),
            },
            made_by=made_by,
            licence=licence,
            source=source,
            contents=contents,
        )


def _novelty(prints: NDArray[np.uint64]) -> float:
    """Of the last cut, by the fingerprints of all shots up to its next one, [shots].

    The least, over earlier cuts, of the larger difference of the two sides.
    """
    current, following = prints[-2:]
    if len(prints) == 2:
        return 1.0
    before = np.bitwise_count(prints[:-2] ^ current)  # [cuts before]
    after = np.bitwise_count(prints[1:-1] ^ following)  # [cuts before]
    return float(np.maximum(before, after).min()) / 64
