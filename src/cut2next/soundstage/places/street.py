"""The street: a shop front, a row of houses, trees at its end, a van parked by a brick wall."""

from cut2next.soundstage import palette as paint
from cut2next.soundstage.places import dressing
from cut2next.soundstage.places.place import Paints, Scenery, Side, Sight
from cut2next.soundstage.primitives import (
    Material,
    Primitive,
    Texture,
    box,
    cylinder,
    ellipsoid,
    limb,
    turn,
)

_WARES = ((-1.2, "8c3b32"), (-0.4, "44634a"), (0.5, "c9a24c"), (1.3, "3f5f7a"))
"""What stands in the shop window: where along it, what colour."""


def street(paints: Paints) -> Scenery:
    """The street in its paints; the leads stand at a high table."""
    return Scenery(
        outside=True,
        seated=False,
        floor=dressing.floor(Texture.CHECKER, 1.2, "7d7973", "726e69"),
        middle=[*dressing.round_table(paint.METAL, 1.02, 0.36), *_lamp_post()],
        north=Side("a shop front under an awning", _shop(paints)),
        south=Side("a row of houses", _houses(paints)),
        east=Side("trees at the end of the street", _end_of_street(paints)),
        west=Side("a parked van by a brick wall", _van(paints)),
        features=(
            Sight("the shop sign", "north", 0.0, 3.1, 1.9),
            Sight("the parked van", "west", 0.3, 0.9, 2.6, before=1.4),
        ),
        table=1.02,
        reach=0.20,
    )


def _lamp_post() -> list[Primitive]:
    return [
        limb((-3.1, 2.6, 0), (-3.1, 2.6, 3.1), 0.07, dressing.furniture(paint.INK)),
        ellipsoid((-3.1, 2.6, 3.25), (0.22, 0.22, 0.26), dressing.lamp_glass("f7dfae", 1.0)),
    ]


def _shop(paints: Paints) -> list[Primitive]:
    glass = dressing.pane(paint.linear("e8c98a"), paint.linear("f3dfb0"), 1.9)
    awning = dressing.textured("accent", Texture.STRIPES, 0.8, paints.accent, paint.CREAM)
    return [
        box((0, -0.3, 2.1), (3.2, 0.3, 2.1), dressing.matte("walls", paints.walls)),
        box((0, -0.63, 1.25), (1.9, 0.04, 0.95), glass),
        *(
            box((x, -0.68, 0.75), (0.22, 0.05, 0.35), dressing.furniture(paint.linear(color)))
            for x, color in _WARES
        ),
        box((0, -0.95, 2.45), (2.2, 0.55, 0.06), awning, rotation=turn(0, 0.45)),
        box((0, -0.63, 3.2), (1.5, 0.05, 0.3), dressing.matte("sign", paint.INK)),
        box((0, -0.69, 3.2), (1.1, 0.03, 0.08), dressing.matte("sign", paint.CREAM)),
    ]


def _houses(paints: Paints) -> list[Primitive]:
    return [
        *dressing.house(-3.3, 3.2, 5.2, paints.walls, paints.accent),
        *dressing.house(0, 3.2, 5.8, paint.linear("b9a58c"), paint.DARK_WOOD),
        *dressing.house(3.3, 3.2, 5.0, paint.linear("8f6f62"), paints.accent),
    ]


def _end_of_street(paints: Paints) -> list[Primitive]:
    return [
        *dressing.tree(-2.6, -1.6, 4.6, paint.LEAF),
        *dressing.tree(1.8, -1.2, 5.2, paint.linear("5f8a45")),
        *dressing.house(5.0, 4.0, 5.6, paints.walls, paints.accent),
    ]


def _van(paints: Paints) -> list[Primitive]:
    body = Material(part="van", color=paint.CREAM, gloss=0.2)
    tyre = dressing.matte("van", paint.INK)
    return [
        box((0, -1.4, 1.0), (1.6, 0.6, 0.65), body),
        box((1.35, -1.4, 0.7), (0.75, 0.58, 0.38), body),
        box((0, -2.01, 0.75), (1.58, 0.02, 0.14), dressing.accent(paints.accent)),
        *(
            cylinder((x, -1.95, 0.33), (0.33, 0.33, 0.1), tyre, rotation=dressing.UPRIGHT)
            for x in (-1.0, 1.3)
        ),
        box((0, -0.1, 1.9), (6.0, 0.1, 1.9), dressing.bricks(0.7)),
    ]
