"""The named colours of the film set. A word in a prompt is one of these, and nothing between."""

import numpy as np

RGB = tuple[float, float, float]


def linear(hexadecimal: str) -> RGB:
    """An sRGB colour written "b3262e" as linear light."""
    srgb = np.array([int(hexadecimal[at : at + 2], 16) for at in (0, 2, 4)]) / 255
    light = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return float(light[0]), float(light[1]), float(light[2])


def _named(**colors: str) -> dict[str, RGB]:
    return {name.replace("_", " "): linear(code) for name, code in colors.items()}


HAIR = _named(black="1d1816", brown="5c3a22", blond="dcb566", red="ad4a1e", grey="9c9c9a")
SKIN = _named(pale="f2cdb2", tan="cf9a6b", brown="935d38", dark="57351f")
CLOTHES = _named(
    red="b5272f",
    orange="d9772b",
    yellow="e0b73a",
    green="35804a",
    teal="1f8086",
    blue="3256a8",
    purple="71408f",
    white="d9d5cb",
    black="2a2a30",
)
TROUSERS = _named(navy="26304a", beige="b29a74", grey="5c5e63")
WALLS = _named(
    cream="dccfae",
    sage="93a88a",
    blue="7f9cb8",
    terracotta="c07f5f",
    grey="9a9a9c",
    mustard="c9a24c",
)
ACCENTS = _named(red="a53a35", green="41735a", blue="3f5f92", ochre="c08f3c", rose="b56b78")
WOOD = linear("8a5c38")
DARK_WOOD = linear("4f3220")
METAL = linear("8d9196")
CREAM = linear("e9e1cf")
INK = linear("232327")
LEAF = linear("4a7a3c")
BARK = linear("5b4534")
STONE = linear("a39c90")
BRICK = linear("96543f")
