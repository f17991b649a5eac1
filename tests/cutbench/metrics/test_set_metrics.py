"""Distances of sets: Gaussians in closed form, double sums, and what splitting one set says."""

import numpy as np
import pytest
from scipy.linalg import sqrtm
from tests.cutbench.features.stand_in import mean_colour

from cut2next.cutbench.features.network import Vectors
from cut2next.cutbench.metrics.fid import fid, frechet_distance
from cut2next.cutbench.metrics.kid import kernel_distance, kid
from cut2next.cutbench.metrics.learned import set_metrics
from cut2next.film import InputError


def drawn(count: int, width: int, seed: int, *, shift: float = 0.0) -> Vectors:
    """Correlated numbers."""
    draw = np.random.default_rng(seed)
    mixing = np.random.default_rng(99).normal(size=(width, width))
    return (draw.normal(size=(count, width)) @ mixing + shift).astype(np.float32)


def by_matrix_root(first: Vectors, second: Vectors) -> float:
    """Heusel et al.'s equation 6, as it is written."""
    one, other = first.astype(np.float64), second.astype(np.float64)
    covariances = [np.cov(vectors, rowvar=False) for vectors in (one, other)]
    root = sqrtm(covariances[0] @ covariances[1]).real
    apart = float(np.square(one.mean(0) - other.mean(0)).sum())
    return apart + float(np.trace(covariances[0] + covariances[1] - 2 * root))


@pytest.mark.parametrize("counts", [(400, 400), (300, 700)])
def test_the_frechet_distance_is_that_of_scipys_root(counts: tuple[int, int]) -> None:
    first, second = drawn(counts[0], 12, 0), drawn(counts[1], 12, 1, shift=0.5)
    expected = by_matrix_root(first, second)
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-9)


def test_it_is_that_of_gaussians_in_closed_form() -> None:
    draw = np.random.default_rng(2)
    noise = draw.normal(size=(500, 3))
    white = np.linalg.qr(noise - noise.mean(0))[0] * np.sqrt(499)  # covariance 1, mean 0
    scales, shift = np.array([1.0, 2.0, 0.5]), np.array([3.0, 0.0, 0.0])
    found = frechet_distance(white.astype(np.float32), (white * scales + shift).astype(np.float32))
    assert found == pytest.approx(9 + np.square(scales - 1).sum(), rel=1e-5)


def test_fewer_pictures_than_numbers_in_a_vector_are_no_trouble() -> None:
    first, second = drawn(20, 64, 3), drawn(20, 64, 4)
    covariances = [np.cov(one.astype(np.float64), rowvar=False) for one in (first, second)]
    roots = np.linalg.eigvals(covariances[0] @ covariances[1]).real.clip(0)
    spread = np.trace(covariances[0]) + np.trace(covariances[1]) - 2 * np.sqrt(roots).sum()
    apart = float(np.square(first.astype("f8").mean(0) - second.astype("f8").mean(0)).sum())
    assert frechet_distance(first, second) == pytest.approx(apart + float(spread), rel=1e-6)
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-6)


def test_of_one_set_split_in_two_frechet_falls_with_count_and_kid_is_about_0() -> None:
    whole = drawn(140, 48, 5)
    distances, kernels = [], []
    for count in (10, 20, 35, 70):
        halves = whole[:count], whole[70 : 70 + count]
        distances.append(frechet_distance(*halves))
        kernels.append(kernel_distance(*halves))
    assert distances == sorted(distances, reverse=True)
    assert distances[0] > 2 * distances[3] > 0
    apart = kernel_distance(whole[:70], drawn(70, 48, 6, shift=4))
    assert apart.low is not None
    for one in kernels:
        assert one.low is not None
        assert one.high is not None
        assert one.low < 0 < one.high
        assert abs(one.value) < apart.low


def test_kid_is_a_direct_double_sum() -> None:
    first, second = drawn(7, 5, 7), drawn(9, 5, 8, shift=0.3)

    def kernel(x: Vectors, y: Vectors) -> float:
        return float((np.dot(x.astype(np.float64), y.astype(np.float64)) / 5 + 1) ** 3)

    one = sum(kernel(x, y) for i, x in enumerate(first) for j, y in enumerate(first) if i != j)
    other = sum(kernel(x, y) for i, x in enumerate(second) for j, y in enumerate(second) if i != j)
    between = sum(kernel(x, y) for x in first for y in second)
    expected = one / (7 * 6) + other / (9 * 8) - 2 * between / (7 * 9)
    found = kernel_distance(first, second)
    assert found.value == pytest.approx(expected, rel=1e-9)
    assert (found.made, found.true) == (7, 9)


def test_kids_interval_is_as_wide_as_drawing_anew_says() -> None:
    drawings = [
        kernel_distance(drawn(60, 6, 10 + seed), drawn(60, 6, 500 + seed, shift=2.0))
        for seed in range(60)
    ]
    scatter = 2 * 1.96 * float(np.std([one.value for one in drawings]))
    widths = [(one.high or 0) - (one.low or 0) for one in drawings]
    assert float(np.median(widths)) == pytest.approx(scatter, rel=0.35)
    truth = float(np.mean([one.value for one in drawings]))
    held = [(one.low or 0) <= truth <= (one.high or 0) for one in drawings]
    assert np.mean(held) > 0.85


def test_unequal_counts_have_no_frechet_distance() -> None:
    with pytest.raises(InputError, match="5 next shots against 6 true ones; expected as many"):
        fid(mean_colour()).of(drawn(5, 3, 0), drawn(6, 3, 1))
    assert kid(mean_colour()).of(drawn(5, 3, 0), drawn(6, 3, 1)).true == 6
    with pytest.raises(InputError, match="expected 4 of each"):
        kid(mean_colour()).of(drawn(3, 3, 0), drawn(3, 3, 1))


def test_only_inceptions_distances_are_called_fid_and_kid() -> None:
    networks = [mean_colour("Inception"), mean_colour("DINOv2"), None, mean_colour("CLIP")]
    names = [metric.name for metric in set_metrics(*networks)]
    assert names == ["fid", "kid", "fd-dinov2", "kd-dinov2", "fd-clip", "kd-clip"]
