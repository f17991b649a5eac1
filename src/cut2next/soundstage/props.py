"""What stands on the table: the details that an insert shows."""

from collections.abc import Callable

import numpy as np

from cut2next.soundstage.palette import ACCENTS, CREAM, INK, LEAF, METAL, linear
from cut2next.soundstage.primitives import (
    Floats,
    Material,
    Primitive,
    box,
    cylinder,
    ellipsoid,
    limb,
    turn,
)

COLORS = {
    "red": ACCENTS["red"],
    "blue": ACCENTS["blue"],
    "yellow": linear("d9b23a"),
    "green": linear("3f8a55"),
    "white": CREAM,
}


def _mug(main: Material, detail: Callable[..., Material]) -> list[Primitive]:
    return [
        cylinder((0, 0, 0.055), (0.048, 0.048, 0.055), main),
        cylinder((0, 0, 0.111), (0.040, 0.040, 0.002), detail(linear("3a2417"))),
        cylinder((0.06, 0, 0.055), (0.028, 0.034, 0.009), main, rotation=turn(0, np.pi / 2)),
        cylinder((0, 0, 0.004), (0.085, 0.085, 0.006), detail(CREAM)),
    ]


def _book(main: Material, detail: Callable[..., Material]) -> list[Primitive]:
    spin = turn(0.4)
    return [
        box((0, 0, 0.022), (0.10, 0.075, 0.018), detail(CREAM), rotation=spin),
        box((0, 0, 0.043), (0.106, 0.08, 0.005), main, rotation=spin),
        box((0, 0, 0.003), (0.106, 0.08, 0.005), main, rotation=spin),
    ]


def _letter(main: Material, detail: Callable[..., Material]) -> list[Primitive]:
    spin = turn(-0.3)
    return [
        box((0, 0, 0.006), (0.11, 0.075, 0.004), detail(CREAM), rotation=spin),
        ellipsoid((0, 0, 0.012), (0.026, 0.026, 0.009), main),
    ]


def _flowers(main: Material, detail: Callable[..., Material]) -> list[Primitive]:
    blooms = [(0.0, 0.0, 0.27), (0.055, 0.02, 0.23), (-0.05, 0.03, 0.24), (0.0, -0.055, 0.22)]
    return [
        cylinder((0, 0, 0.06), (0.034, 0.034, 0.06), detail(linear("a9c4cc"))),
        *(limb((0, 0, 0.1), bloom, 0.008, detail(LEAF)) for bloom in blooms),
        *(ellipsoid(bloom, (0.036, 0.036, 0.030), main) for bloom in blooms),
    ]


def _bottle(main: Material, detail: Callable[..., Material]) -> list[Primitive]:
    return [
        cylinder((0, 0, 0.09), (0.042, 0.042, 0.09), main),
        ellipsoid((0, 0, 0.18), (0.042, 0.042, 0.045), main),
        cylinder((0, 0, 0.24), (0.014, 0.014, 0.04), main),
        cylinder((0, 0, 0.085), (0.0435, 0.0435, 0.035), detail(CREAM)),
    ]


def _phone(main: Material, detail: Callable[..., Material]) -> list[Primitive]:
    """An old desk telephone."""
    return [
        ellipsoid((0, 0, 0.0), (0.11, 0.085, 0.085), main, clip=(0, 0, 1, 0)),
        cylinder((0, 0, 0.07), (0.045, 0.045, 0.02), detail(METAL)),
        limb((-0.10, 0, 0.125), (0.10, 0, 0.125), 0.020, detail(INK)),
        ellipsoid((-0.10, 0, 0.11), (0.035, 0.035, 0.03), detail(INK)),
        ellipsoid((0.10, 0, 0.11), (0.035, 0.035, 0.03), detail(INK)),
    ]


_BUILDERS = {
    "mug": _mug,
    "book": _book,
    "letter": _letter,
    "flowers": _flowers,
    "bottle": _bottle,
    "telephone": _phone,
}
PROPS = (
    ("mug", ("red", "blue", "white")),
    ("book", ("red", "blue", "green")),
    ("letter", ("red", "blue")),
    ("flowers", ("red", "yellow", "white")),
    ("bottle", ("green", "blue")),
    ("telephone", ("red", "green")),
)
"""Every prop and the colours it comes in."""


def build_prop(name: str, color: str, at: Floats, owner: str) -> list[Primitive]:
    """The prop's solids, standing at `at`; their part is `owner`."""

    def detail(rgb: tuple[float, float, float]) -> Material:
        return Material(part=owner, color=rgb, gloss=0.05)

    main = Material(part=owner, color=COLORS[color], gloss=0.15)
    still = np.eye(3, dtype=np.float32)
    return [solid.moved(still, at) for solid in _BUILDERS[name](main, detail)]
