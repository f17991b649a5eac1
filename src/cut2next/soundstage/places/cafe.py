"""The café: a bar counter, a brick wall with a clock, tall windows, a menu board by the door."""

from cut2next.soundstage import palette as paint
from cut2next.soundstage.places import dressing
from cut2next.soundstage.places.place import Paints, Scenery, Side, Sight
from cut2next.soundstage.primitives import Primitive, Texture, box

_BOTTLES = ("3f6b45", "a8752e", "7b2f2a", "c4dbe2", "3f6b45", "d4b45a", "a8752e")


def cafe(paints: Paints) -> Scenery:
    """The café in its paints."""
    return Scenery(
        floor=dressing.floor(Texture.CHECKER, 0.8, "9a836c", "83705d"),
        middle=[
            *dressing.round_table(paint.WOOD, 0.74, 0.48),
            *dressing.chairs(paints.accent, 0.78),
        ],
        north=Side("the bar counter and bottles", _counter()),
        south=Side("a brick wall with a clock", _brick_wall(paints)),
        east=Side(
            "tall windows on the street",
            [
                *dressing.window(-1.3, 1.6, 1.7, 1.9, paint.DARK_WOOD),
                *dressing.window(1.3, 1.6, 1.7, 1.9, paint.DARK_WOOD),
            ],
        ),
        west=Side("the door and the menu board", [*dressing.door(-1.0, paints.accent), *_menu()]),
        features=(
            Sight("the clock on the brick wall", "south", -1.0, 2.0, 1.1),
            Sight("the menu board", "west", 0.9, 1.75, 1.3),
        ),
    )


def _counter() -> list[Primitive]:
    bottles = [paint.linear(code) for code in _BOTTLES]
    top = dressing.furniture(paint.linear("c8b79a"), 0.2)
    return [
        box((0, -0.75, 0.55), (1.9, 0.28, 0.55), dressing.furniture(paint.DARK_WOOD)),
        box((0, -0.75, 1.12), (2.0, 0.34, 0.03), top),
        box((1.1, -0.75, 1.37), (0.32, 0.22, 0.22), dressing.furniture(paint.METAL, 0.3)),
        *dressing.shelf(0, 1.75, 2.8, bottles, 0.32),
        *dressing.shelf(0, 2.3, 2.8, bottles[::-1], 0.32),
    ]


def _brick_wall(paints: Paints) -> list[Primitive]:
    return [
        dressing.panel(0, 1.5, 8.0, 3.0, dressing.bricks(0.5), 0.02),
        *dressing.clock(-1.0, 2.0, 0.36),
        *dressing.picture(1.1, 1.8, 0.9, 0.7, paints.accent, paint.CREAM),
    ]


def _menu() -> list[Primitive]:
    slate = dressing.matte("menu", paint.linear("2d3531"))
    chalk = dressing.matte("menu", paint.CREAM)
    return [
        dressing.panel(0.9, 1.75, 1.3, 0.95, dressing.furniture(paint.DARK_WOOD), 0.03),
        dressing.panel(0.9, 1.75, 1.16, 0.82, slate, 0.05),
        *(
            dressing.panel(
                0.9 - 0.08 * line, 2.0 - 0.17 * line, 0.8 - 0.16 * line, 0.05, chalk, 0.06
            )
            for line in range(4)
        ),
    ]
