import pytest

from cut2next.makers.framing import made_size


@pytest.mark.parametrize(
    ("wanted", "step", "size"),
    [
        ((1024, 1024), 16, (1024, 1024)),
        ((1920, 1080), 16, (1360, 768)),  # 1365 by 768
        ((480, 270), 32, (1376, 768)),
        ((270, 480), 32, (768, 1376)),
        ((8000, 10), 32, (28960, 32)),
    ],
)
def test_a_picture_is_made_at_about_a_megapixel_in_the_shape_that_is_wanted(
    wanted: tuple[int, int], step: int, size: tuple[int, int]
) -> None:
    assert made_size(wanted, 1024 * 1024, step) == size
