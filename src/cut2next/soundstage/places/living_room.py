"""The living room: bookshelves, a fireplace, a curtained window, a sofa by a floor lamp."""

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
)


def living_room(paints: Paints) -> Scenery:
    """The living room in its paints."""
    return Scenery(
        floor=dressing.floor(Texture.PLANKS, 0.5, "7d5638", "6b4930"),
        middle=[
            *dressing.square_table(paint.DARK_WOOD, 0.72, 0.46, 0.55),
            *dressing.chairs(paints.accent, 0.80),
        ],
        north=Side("a wall of bookshelves", _bookshelves()),
        south=Side("the fireplace under a painting", _fireplace()),
        east=Side("a window with curtains", _curtained_window(paints)),
        west=Side("the sofa and a floor lamp", _sofa_and_lamp(paints)),
        features=(
            Sight("the fire in the fireplace", "south", 0.0, 0.6, 1.5),
            Sight("the floor lamp", "west", -1.5, 1.55, 1.2),
        ),
    )


def _bookshelves() -> list[Primitive]:
    return [
        solid
        for row in range(4)
        for solid in dressing.shelf(0, 0.4 + 0.58 * row, 4.4, dressing.books(16, row), 0.42)
    ]


def _fireplace() -> list[Primitive]:
    flames = Material(part="fire", color=paint.linear("ff8a2a"), glow=1.6)
    return [
        box((0, -0.2, 0.65), (1.0, 0.2, 0.65), dressing.furniture(paint.STONE)),
        box((0, -0.3, 0.5), (0.55, 0.12, 0.42), dressing.matte("fire", paint.INK)),
        ellipsoid((0, -0.42, 0.28), (0.3, 0.06, 0.2), flames),
        box((0, -0.25, 1.33), (1.15, 0.25, 0.04), dressing.furniture(paint.DARK_WOOD)),
        *dressing.picture(0, 2.05, 1.1, 0.8, paint.linear("3d6a86"), paint.linear("e2b98a")),
    ]


def _curtained_window(paints: Paints) -> list[Primitive]:
    return [
        *dressing.window(0, 1.6, 1.9, 1.8, paint.CREAM),
        *(
            limb((x, -0.15, 0.2), (x, -0.15, 2.6), 0.26, dressing.accent(paints.accent))
            for x in (-1.3, 1.3)
        ),
    ]


def _sofa_and_lamp(paints: Paints) -> list[Primitive]:
    sofa = dressing.accent(paints.accent)
    shade = dressing.lamp_glass("f4d9a0", 1.1)
    return [
        box((0.3, -0.55, 0.3), (1.2, 0.45, 0.2), sofa),
        box((0.3, -0.2, 0.65), (1.2, 0.15, 0.35), sofa.shade(0.85)),
        cylinder((-1.5, -0.5, 0.8), (0.03, 0.03, 0.8), dressing.furniture(paint.INK)),
        cylinder((-1.5, -0.5, 1.7), (0.26, 0.26, 0.2), shade),
        *dressing.picture(0.4, 1.75, 0.8, 0.6, paint.linear("44634a"), paint.CREAM),
    ]
