"""From the size that a maker makes to the size that is wanted. No torch here."""

from math import sqrt

from PIL import Image, ImageOps

from cut2next.generation.framing import Size


def made_size(wanted: tuple[int, int], pixels: int, step: int) -> Size:
    """The size of about so many pixels in the shape that is wanted, in whole steps a side."""
    width, height = wanted
    scale = sqrt(pixels / (width * height))
    return Size(*(max(step, round(side * scale / step) * step) for side in (width, height)))


def fitted(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A picture brought to a size: scaled, never stretched, and its centre kept."""
    if picture.size == size:
        return picture
    return ImageOps.fit(picture, size, Image.Resampling.LANCZOS)
