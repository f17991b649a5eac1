"""Thumbnails fit their width, keep their shape, and never grow."""

from io import BytesIO

import pytest
from PIL import Image

from cut2next.pages.thumbnails import thumbnail


@pytest.mark.parametrize(
    ("size", "width", "expected"),
    [((640, 320), 320, (320, 160)), ((320, 640), 320, (160, 320)), ((100, 50), 320, (100, 50))],
)
def test_a_thumbnail_fits(size: tuple[int, int], width: int, expected: tuple[int, int]) -> None:
    with Image.open(BytesIO(thumbnail(Image.new("RGB", size, "red"), width))) as small:
        assert (small.format, small.size) == ("JPEG", expected)
        red, green, _ = small.convert("RGB").getpixel((5, 5))  # type: ignore[misc]
        assert red > 240 > 15 > green
