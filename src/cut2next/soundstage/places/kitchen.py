"""The kitchen: cupboards and a stove, a window with herbs, a fridge, a tiled wall with a clock."""

from cut2next.soundstage import palette as paint
from cut2next.soundstage.places import dressing
from cut2next.soundstage.places.place import Paints, Scenery, Side, Sight
from cut2next.soundstage.primitives import Primitive, Texture, box, cylinder, ellipsoid


def kitchen(paints: Paints) -> Scenery:
    """The kitchen in its paints."""
    return Scenery(
        floor=dressing.floor(Texture.CHECKER, 0.9, "b5aa9e", "a19a92"),
        middle=[
            *dressing.square_table(paint.WOOD, 0.75, 0.48, 0.60),
            *dressing.chairs(paints.accent, 0.80),
        ],
        north=Side("the cupboards and the stove", _cupboards(paints)),
        south=Side("a window with herbs", _herbs()),
        east=Side("the fridge and plate shelves", _fridge()),
        west=Side("tiles, a door and a clock", _tiles()),
        features=(
            Sight("the kitchen clock", "west", -0.8, 1.95, 1.0),
            Sight("the pot on the stove", "north", 0.6, 1.15, 1.2),
        ),
    )


def _cupboards(paints: Paints) -> list[Primitive]:
    front, metal = dressing.accent(paints.accent), dressing.furniture(paint.METAL, 0.3)
    top = dressing.furniture(paint.linear("d8d2c4"), 0.2)
    pot = dressing.furniture(paint.linear("b5533c"), 0.2)
    return [
        box((0, -0.3, 0.43), (2.6, 0.3, 0.43), front),
        box((0, -0.32, 0.89), (2.65, 0.33, 0.03), top),
        *(box((x, -0.18, 1.95), (0.55, 0.18, 0.35), front.shade(0.9)) for x in (-1.9, -0.75, 1.9)),
        box((0.6, -0.25, 1.75), (0.45, 0.25, 0.12), metal),
        box((0.6, -0.15, 2.3), (0.18, 0.15, 0.5), metal),
        cylinder((0.6, -0.3, 1.02), (0.17, 0.17, 0.10), pot),
    ]


def _herbs() -> list[Primitive]:
    leaves = dressing.matte("plant", paint.LEAF)
    return [
        *dressing.window(0, 1.65, 1.8, 1.3, paint.CREAM),
        box((0, -0.15, 0.95), (1.1, 0.15, 0.03), dressing.furniture(paint.WOOD)),
        *(ellipsoid((x, -0.18, 1.14), (0.17, 0.12, 0.17), leaves) for x in (-0.6, 0, 0.6)),
    ]


def _fridge() -> list[Primitive]:
    white = dressing.furniture(paint.linear("d9dcdc"), 0.2)
    return [
        box((-1.1, -0.35, 0.95), (0.42, 0.35, 0.95), white),
        box((-0.8, -0.72, 1.1), (0.02, 0.03, 0.25), dressing.furniture(paint.METAL)),
        *dressing.shelf(0.9, 1.3, 1.8, dressing.books(6, 1), 0.22),
        *dressing.shelf(0.9, 1.9, 1.8, dressing.books(6, 3), 0.22),
    ]


def _tiles() -> list[Primitive]:
    grout = paint.linear("bccbc4")
    tiles = dressing.textured("tiles", Texture.CHECKER, 0.35, paint.CREAM, grout)
    return [
        dressing.panel(0, 0.7, 7.8, 1.4, tiles, 0.02),
        *dressing.door(1.2, paint.WOOD),
        *dressing.clock(-0.8, 1.95, 0.32),
    ]
