from itertools import pairwise

import numpy as np
import pytest

from cut2next.cutbench.geometry.blazeface import decode, one_each, squares


def outputs(cell: int, score: float) -> tuple[np.ndarray, np.ndarray]:
    """Of one face at a cell: 24 × 48 pixels around its anchor, all points 6 right of it, 3 up."""
    scores = np.full(2304, -9, np.float32)
    places = np.zeros((2304, 16), np.float32)
    scores[cell] = score
    places[cell] = [0, 0, 24, 48] + [6, -3] * 6
    return scores, places


def test_a_cell_is_decoded_around_its_own_middle() -> None:
    # Row 2, column 5 of 48: its middle is at (5.5, 2.5) of 48, so at (22, 10) of 192 pixels; the
    # square is twice that size and begins at (100, 50).
    (face,) = decode(*outputs(2 * 48 + 5, 2.0), left=100, top=50, side=384)
    assert face[0] == pytest.approx(1 / (1 + np.exp(-2.0)), abs=1e-6)
    assert face[1:5] == pytest.approx([100 + 20, 50 - 28, 100 + 68, 50 + 68])
    assert face[5:].reshape(6, 2) == pytest.approx(np.tile([100 + 56, 50 + 14], (6, 1)))


def test_what_is_hardly_a_face_is_none() -> None:
    assert len(decode(*outputs(7, 0.1), left=0, top=0, side=192)) == 0
    assert len(decode(*outputs(7, 0.3), left=0, top=0, side=192)) == 1


def row(score: float, *box: float) -> np.ndarray:
    return np.array([score, *box, *[box[0]] * 12], np.float32)


def test_each_face_is_found_once_by_the_mean_of_its_boxes() -> None:
    found = np.stack(
        [
            row(0.6, 12, 0, 112, 100),
            row(0.9, 10, 0, 110, 100),
            row(0.7, 300, 0, 400, 100),
            row(0.6, 320, 20, 350, 60),  # a part of the one before, in another square
        ]
    )
    kept = one_each(found)
    assert kept[:, 0].tolist() == pytest.approx([0.9, 0.7])
    assert kept[0, 1] == pytest.approx((0.9 * 10 + 0.6 * 12) / 1.5)
    assert len(one_each(found[:0])) == 0


@pytest.mark.parametrize("size", [(800, 332), (332, 800), (854, 480), (192, 80)])
def test_squares_cover_a_picture_and_overlap(size: tuple[int, int]) -> None:
    whole, *others = squares(size)
    assert whole[2] == max(size)
    side = others[0][2]
    along = 0 if size[0] > size[1] else 1
    starts = sorted(square[along] for square in others)
    assert starts[0] == 0
    assert starts[-1] + side == pytest.approx(max(size))
    assert all(b - a <= side / 2 + 1e-6 for a, b in pairwise(starts))


def test_a_square_picture_is_looked_at_once() -> None:
    assert list(squares((64, 64))) == [(0, 0, 64)]
