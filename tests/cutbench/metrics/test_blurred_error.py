import numpy as np

from cut2next.cutbench.metrics.blurred_error import blurred, nearest, square_error


def test_of_equally_near_pictures_the_asked_one_is_taken() -> None:
    picture = np.zeros((4, 4, 3), np.float32)
    assert nearest(picture, {"other": picture, "asked": picture}, "asked") == "asked"


def test_blurring_forgives_an_edge_that_is_a_pixel_off() -> None:
    edge = np.zeros((80, 192, 3), np.uint8)
    edge[:, 96:] = 255
    off = np.roll(edge, 1, axis=1)
    error = square_error(blurred(edge), blurred(off))
    assert error < 0.5 * float(np.square(edge / 255.0 - off / 255.0).mean())
