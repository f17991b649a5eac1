from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from tests.cutbench.soundstage.stage import case

from cut2next.cutbench.soundstage.true_shots import LINES
from cut2next.film import InputError


def test_larger_pictures_are_compared_at_the_same_height_and_judged_alike() -> None:
    large = replace(case(0).shots, size=(384, 2 * LINES))
    true = large.of["two"]
    assert true.keyframe.size == (384, 2 * LINES)
    read = large.read(true.keyframe)
    assert read.shape == true.picture.shape == (LINES, 192, 3)
    # Rays are averaged in either, so the two differ by noise at edges alone.
    assert np.abs(read.astype(float) - true.picture).mean() < 4
    with pytest.raises(InputError, match="96x40; expected one of 384x160"):
        large.read(Image.new("RGB", (96, 40)))


def test_small_pictures_are_compared_as_they_are() -> None:
    shots = case(0).shots
    assert np.array_equal(np.asarray(shots.of["two"].keyframe), shots.of["two"].picture)
