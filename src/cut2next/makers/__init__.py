"""Makers: anything that makes next shots, behind one small interface.

A `Maker` is given `Brief`s, cuts without their next shots, and gives a picture for each, with what
it was really asked. Ours, other people's models, servers, commands and Python functions are all
makers; how the three prompts become each one's own words stands in its file, once.
"""

from cut2next.makers.maker import Asked, Brief, EarlierShot, Made, Maker, MakerError

__all__ = ["Asked", "Brief", "EarlierShot", "Made", "Maker", "MakerError"]
