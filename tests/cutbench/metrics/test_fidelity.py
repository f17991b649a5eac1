import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio
from tests.cutbench.soundstage.stage import case

from cut2next.cutbench.metrics.fidelity import psnr, ssim


def test_psnr_is_that_of_scikit_image() -> None:
    made, true = (np.asarray(shot.keyframe) for shot in (case(0).cut.current, case(0).cut.next))
    theirs = peak_signal_noise_ratio(true, made, data_range=255)  # type: ignore[no-untyped-call]
    assert psnr(made, true) == pytest.approx(theirs)
    assert ssim(made, true) < 0.9


def test_equal_pictures_have_what_bytes_can_tell() -> None:
    picture = np.asarray(case(1).cut.next.keyframe)
    assert psnr(picture, picture) == pytest.approx(58.92, abs=0.01)
    assert ssim(picture, picture) == pytest.approx(1)
