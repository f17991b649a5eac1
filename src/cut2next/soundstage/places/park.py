"""The park: trees over a hedge, a round kiosk, a fountain, houses behind a lamp post."""

from cut2next.soundstage import palette as paint
from cut2next.soundstage.places import dressing
from cut2next.soundstage.places.place import Paints, Scenery, Side, Sight
from cut2next.soundstage.primitives import Material, Primitive, box, cylinder, ellipsoid, limb


def park(paints: Paints) -> Scenery:
    """The park in its paints; the leads sit on benches."""
    return Scenery(
        outside=True,
        floor=dressing.matte("floor", paint.linear("7f9a56")),
        middle=[*dressing.square_table(paint.WOOD, 0.75, 0.42, 0.65), *_benches(paints)],
        north=Side("trees over a hedge", _trees()),
        south=Side("a little round kiosk", _kiosk(paints)),
        east=Side("the fountain", _fountain()),
        west=Side("houses behind a lamp post", _houses(paints)),
        features=(
            Sight("the fountain", "east", 0.0, 1.0, 2.4, before=2.2),
            Sight("the kiosk", "south", 0.0, 1.5, 1.8, before=3.2),
        ),
    )


def _hedge() -> Material:
    return dressing.matte("hedge", paint.linear("3d6a35"))


def _benches(paints: Paints) -> list[Primitive]:
    seat, legs = (0.42, (0.2, 0.6, 0.035)), (0.2, (0.05, 0.5, 0.2))
    return [
        box((side * 0.82, 0, height), half, dressing.accent(paints.accent))
        for side in (-1, 1)
        for height, half in (seat, legs)
    ]


def _trees() -> list[Primitive]:
    return [
        box((0, -0.5, 0.55), (8, 0.4, 0.55), _hedge()),
        *dressing.tree(-3.2, -1.6, 4.4, paint.LEAF),
        *dressing.tree(0.4, -1.2, 5.2, paint.linear("5f8a45")),
        *dressing.tree(3.6, -1.7, 4.6, paint.linear("78934a")),
    ]


def _kiosk(paints: Paints) -> list[Primitive]:
    hatch = dressing.pane(paint.linear("e8c98a"), paint.linear("f3dfb0"), 0.8)
    roof = dressing.accent(paints.accent)
    return [
        cylinder((0, -2.0, 1.15), (1.2, 1.2, 1.15), dressing.matte("walls", paints.walls)),
        ellipsoid((0, -2.0, 2.3), (1.55, 1.55, 0.8), roof, clip=(0, 0, 1, 0)),
        ellipsoid((0, -2.0, 3.12), (0.13, 0.13, 0.2), dressing.furniture(paint.STONE)),
        box((0, -3.18, 1.4), (0.6, 0.06, 0.4), hatch),
        box((0, -0.3, 0.5), (8, 0.3, 0.5), _hedge()),
    ]


def _fountain() -> list[Primitive]:
    stone = dressing.furniture(paint.STONE)
    water = Material(part="water", color=paint.linear("6fa3b5"), gloss=0.5)
    jet = dressing.matte("water", paint.linear("cfe6ee"))
    return [
        cylinder((0, -2.2, 0.25), (1.3, 1.3, 0.25), stone),
        cylinder((0, -2.2, 0.5), (1.12, 1.12, 0.03), water),
        cylinder((0, -2.2, 0.8), (0.16, 0.16, 0.5), stone),
        ellipsoid((0, -2.2, 1.35), (0.55, 0.55, 0.14), stone),
        limb((0, -2.2, 1.4), (0, -2.2, 1.85), 0.09, jet),
        box((0, -0.3, 0.6), (7, 0.3, 0.6), _hedge()),
    ]


def _houses(paints: Paints) -> list[Primitive]:
    return [
        *dressing.house(-2.6, 4.2, 4.2, paints.walls, paints.accent),
        *dressing.house(2.4, 4.2, 4.8, paint.linear("b9a58c"), paint.DARK_WOOD),
        limb((0.2, -2.2, 0), (0.2, -2.2, 2.6), 0.07, dressing.furniture(paint.INK)),
        ellipsoid((0.2, -2.2, 2.75), (0.2, 0.2, 0.24), dressing.lamp_glass("f7dfae", 1.0)),
    ]
