"""Fidelity: how near the next shot is to the true one, pixel by pixel."""

from collections.abc import Callable

import numpy as np
from PIL import Image
from skimage.metrics import structural_similarity

from cut2next.cutbench.cases import CaseWithTruth
from cut2next.cutbench.metrics.metric import Column, Metric, Pixels, pixels_of

_ROUNDING = 1 / 12
"""Mean square error that rounding to bytes makes by itself."""


def psnr(made: Pixels, true: Pixels) -> float:
    """Peak signal-to-noise ratio, decibels; equal pictures have 58.9, what bytes can tell."""
    error = float(np.square(made.astype(np.float64) - true).mean())
    return float(10 * np.log10(255**2 / max(error, _ROUNDING)))


def ssim(made: Pixels, true: Pixels) -> float:
    """Structural similarity, at most 1, with the Gaussian window of Wang et al. (2004)."""
    similarity: float = structural_similarity(  # type: ignore[no-untyped-call]
        true,
        made,
        channel_axis=-1,
        data_range=255,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    return float(similarity)


def _to_the_truth(
    measure: Callable[[Pixels, Pixels], float],
) -> Callable[[CaseWithTruth, Image.Image], float]:
    def value(case: CaseWithTruth, picture: Image.Image) -> float:
        true = case.true_next
        return measure(pixels_of(picture, true.size), pixels_of(true, true.size))

    return value


PSNR = Metric(
    name="psnr",
    meaning="decibels, to the true next shot; 58.9 when equal",
    needs=CaseWithTruth,
    value=_to_the_truth(psnr),
    column=Column(heading="PSNR dB", width=19, factor=1, interval=True),
)
SSIM = Metric(
    name="ssim",
    meaning="to the true next shot",
    needs=CaseWithTruth,
    value=_to_the_truth(ssim),
    column=Column(heading="SSIM", width=7, factor=1, form=".3f"),
)
