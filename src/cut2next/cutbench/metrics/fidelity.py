"""Fidelity: how near the next shot is to the true one, pixel by pixel."""

import numpy as np
from skimage.metrics import structural_similarity

from cut2next.cutbench.metrics.nearness import Picture

_ROUNDING = 1 / 12
"""Mean square error that rounding to bytes makes by itself."""


def psnr(made: Picture, true: Picture) -> float:
    """Peak signal-to-noise ratio, decibels; equal pictures have 58.9, what bytes can tell."""
    error = float(np.square(made.astype(np.float64) - true).mean())
    return float(10 * np.log10(255**2 / max(error, _ROUNDING)))


def ssim(made: Picture, true: Picture) -> float:
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
