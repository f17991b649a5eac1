"""A case whose likenesses are cosines of colours."""

import numpy as np
from PIL import Image
from tests.cutbench.cuts import SIZE, cut

from cut2next.cutbench.cases import CaseWithTruth

CASE = CaseWithTruth(cut=cut())
"""From red to blue; the next prompt says "A blue wall"."""
RED, BLUE = CASE.cut.current.keyframe, CASE.true_next


def coloured(*colour: int) -> Image.Image:
    return Image.new("RGB", SIZE, colour)


def angle(first: tuple[int, ...], second: tuple[int, ...]) -> float:
    """The cosine of two colours."""
    return float(np.dot(first, second) / np.linalg.norm(first) / np.linalg.norm(second))
