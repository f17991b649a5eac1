"""What can only be said of a shot beside all others of its film: focus, and a look of its own.

A threshold on either then means the same in soft light and in crisp, in colour and in black and
white.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cut2next.cuts.scores import ShotScore
from cut2next.films.steps.keyframes import KeyframedShot
from cut2next.films.steps.pictures import ANY_LOOK

_FEW = 12
"""Shots of a film that tell as much of what its looks have in common as is known of any film's."""


def beside_their_film(
    shots: Iterable[KeyframedShot], film: Sequence[KeyframedShot]
) -> Iterator[KeyframedShot]:
    """Each shot with its focus, and a look of which only what is its own is left, of length 1.

    `film` are all shots of the film; their pictures are not looked at.
    """
    if not film:
        return
    looks = np.sum([shot.look for shot in film], axis=0)  # [look]
    common = (looks + _FEW * ANY_LOOK) / (len(film) + _FEW)
    usual = median(shot.record.scores[ShotScore.SHARPNESS] for shot in film)
    for shot in shots:
        scores = dict(shot.record.scores)
        scores[ShotScore.FOCUS] = scores[ShotScore.SHARPNESS] / (usual or 1.0)
        record = replace(shot.record, scores=scores)
        yield replace(shot, record=record, look=_own(shot.look, common))


def _own(look: NDArray[np.float32], common: NDArray[Any]) -> NDArray[np.float32]:
    left = look - common
    own: NDArray[np.float32] = (left / max(np.linalg.norm(left), 1e-6)).astype(np.float32)
    return own
