"""The office: a whiteboard, cabinets and a plant, a glass front over the skyline, binders."""

from cut2next.soundstage import palette as paint
from cut2next.soundstage.places import dressing
from cut2next.soundstage.places.place import Paints, Scenery, Side, Sight
from cut2next.soundstage.primitives import Primitive, box

_SKYLINE = (
    (-2.2, 1.1, "7d8da0"),
    (-1.3, 1.6, "92a1b0"),
    (-0.3, 0.9, "6d7d92"),
    (0.6, 1.4, "8796a8"),
    (1.6, 1.05, "76879b"),
    (2.4, 1.5, "94a4b4"),
)
"""Towers: where along the glass front, how high, what colour."""


def office(paints: Paints) -> Scenery:
    """The office in its paints."""
    return Scenery(
        floor=dressing.matte("floor", paint.linear("6b7076")),
        middle=[
            *dressing.square_table(paint.linear("c9bda8"), 0.74, 0.50, 0.70),
            *dressing.chairs(paints.accent, 0.84),
        ],
        north=Side("the whiteboard with a chart", _whiteboard(paints)),
        south=Side("cabinets and a plant", _cabinets(paints)),
        east=Side("a glass front over the skyline", _glass_front()),
        west=Side("binders and the door", _binders()),
        features=(
            Sight("the chart on the whiteboard", "north", -0.25, 1.6, 1.3),
            Sight("the skyline", "east", 0.3, 1.35, 1.9),
        ),
    )


def _whiteboard(paints: Paints) -> list[Primitive]:
    white, ink = dressing.matte("board", paint.linear("eef0ee")), dressing.matte("board", paint.INK)
    bars = [
        box(
            (-0.7 + 0.3 * bar, -0.1, 1.35 + 0.1 * bar),
            (0.1, 0.01, 0.15 + 0.1 * bar),
            dressing.accent(paints.accent),
        )
        for bar in range(4)
    ]
    return [
        dressing.panel(0, 1.65, 2.4, 1.2, dressing.furniture(paint.METAL), 0.03),
        dressing.panel(0, 1.65, 2.28, 1.08, white, 0.04),
        *bars,
        dressing.panel(0.75, 1.85, 0.5, 0.05, ink, 0.06),
        dressing.panel(0.75, 1.7, 0.5, 0.05, ink, 0.06),
    ]


def _cabinets(paints: Paints) -> list[Primitive]:
    metal, ink = dressing.furniture(paint.METAL), dressing.furniture(paint.INK)
    return [
        *(box((x, -0.3, 0.65), (0.5, 0.3, 0.65), metal) for x in (-1.3, 0)),
        *(box((x, -0.62, z), (0.12, 0.02, 0.02), ink) for x in (-1.3, 0) for z in (0.35, 0.95)),
        *dressing.plant(1.4, -0.5, 1.3),
        *dressing.picture(-0.6, 1.95, 0.9, 0.6, paints.accent, paint.CREAM),
    ]


def _glass_front() -> list[Primitive]:
    sky = dressing.pane(paint.linear("c9d6dc"), paint.linear("a9c8e6"), 2.4)
    towers = [
        box(
            (along, -0.10, 0.35 + high / 2),
            (0.28, 0.01, high / 2),
            dressing.matte("skyline", paint.linear(color)),
        )
        for along, high, color in _SKYLINE
    ]
    bar = dressing.furniture(paint.INK)
    return [
        dressing.panel(0, 1.5, 6.4, 2.4, sky, 0.03),
        *towers,
        *(dressing.panel(x, 1.5, 0.08, 2.4, bar, 0.09) for x in (-3.2, -1.6, 0, 1.6, 3.2)),
    ]


def _binders() -> list[Primitive]:
    return [
        *dressing.shelf(0.9, 0.9, 2.2, dressing.books(9, 2), 0.36),
        *dressing.shelf(0.9, 1.5, 2.2, dressing.books(9, 4), 0.36),
        *dressing.door(-1.3, paint.linear("6f7d86")),
        *dressing.clock(0.9, 2.35, 0.28),
    ]
