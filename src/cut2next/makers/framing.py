"""The size that a maker makes where another is wanted. No torch here."""

from math import sqrt

from cut2next.generation.framing import Size


def made_size(wanted: tuple[int, int], pixels: int, step: int) -> Size:
    """The size of about so many pixels in the shape that is wanted, in whole steps a side."""
    width, height = wanted
    scale = sqrt(pixels / (width * height))
    return Size(*(max(step, round(side * scale / step) * step) for side in (width, height)))
