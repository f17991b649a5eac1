"""Six places, each a stage whose four sides differ, so that the reverse view has another background.

The two leads face each other along x about the middle. Every place has a table between them for the
props, and two features that a cutaway can show. North is +y, east is +x.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import numpy as np

from cut2next.soundstage import palette as paint
from cut2next.soundstage.primitives import (
    Floats,
    Material,
    Primitive,
    Texture,
    box,
    cylinder,
    ellipsoid,
    limb,
    turn,
)

SIDES = ("north", "south", "east", "west")


@dataclass(frozen=True, kw_only=True)
class Feature:
    """Something a cutaway can show."""

    name: str
    at: tuple[float, float, float]
    height: float
    """Metres of it that fill the picture's height."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A dressed stage without people."""

    name: str
    outside: bool
    seated: bool
    walls: str
    """Name of the wall paint, or of the facades' outside."""
    accent: str
    extent: Floats
    solids: list[Primitive]
    shell: list[Material]
    """Floor, north, south, east, west, ceiling."""
    behind: dict[str, str]
    """What stands on each side, in words."""
    features: tuple[Feature, Feature]
    table: float
    """Height of the table top, metres."""


class _Wall:
    """Puts things on one side of the stage: `along` runs left to right as one faces it."""

    def __init__(self, side: str, extent: Floats) -> None:
        yaw = {"north": 0.0, "east": -np.pi / 2, "south": np.pi, "west": np.pi / 2}[side]
        self.rotation = turn(yaw)
        self.depth = float(extent[1] if side in ("north", "south") else extent[0])

    def place(self, *solids: Primitive) -> list[Primitive]:
        """Solids built before a wall at y = 0 (the room at negative y), carried to the side."""
        offset = self.rotation @ np.array([0, self.depth, 0], np.float32)
        return [solid.moved(self.rotation, offset) for solid in solids]

    def at(self, along: float, height: float) -> tuple[float, float, float]:
        """Where a spot of the wall is in the world."""
        x, y, z = self.rotation @ np.array([along, self.depth, height], np.float32)
        return float(x), float(y), float(z)


def _matte(part: str, color: paint.RGB) -> Material:
    return Material(part=part, color=color)


def _set(color: paint.RGB, gloss: float = 0.0) -> Material:
    return Material(part="furniture", color=color, gloss=gloss)


def _panel(along: float, height: float, wide: float, tall: float, material: Material, depth: float = 0.03) -> Primitive:
    """A flat thing on a wall, centred at (along, height)."""
    return box((along, -depth, height), (wide / 2, depth, tall / 2), material)


def _glow(color: paint.RGB, color2: paint.RGB, tall: float) -> Material:
    """A pane lit from behind; how brightly is up to the hour."""
    return Material(
        part="window", color=color, color2=color2, texture=Texture.GRADIENT, scale=tall, glow=0.75
    )


def _window(along: float, height: float, wide: float, tall: float, frame: paint.RGB) -> list[Primitive]:
    wood = _set(frame)
    pane = _glow(paint.linear("b9cfc0"), paint.linear("cfe3f2"), tall)
    return [
        _panel(along, height, wide + 0.16, tall + 0.16, wood, 0.03),
        _panel(along, height, wide, tall, pane, 0.04),
        _panel(along, height, 0.06, tall, wood, 0.055),
        _panel(along, height + tall * 0.12, wide, 0.05, wood, 0.055),
    ]


def _door(along: float, color: paint.RGB) -> list[Primitive]:
    return [
        _panel(along, 1.1, 1.06, 2.2, _set(paint.CREAM), 0.03),
        _panel(along, 1.06, 0.9, 2.1, _set(color), 0.05),
        ellipsoid((along + 0.34, -0.12, 1.0), (0.04, 0.04, 0.04), _set(paint.METAL, 0.4)),
    ]


def _clock(along: float, height: float, radius: float) -> list[Primitive]:
    flat = turn(0, np.pi / 2)
    ink, face = _matte("clock", paint.INK), _matte("clock", paint.CREAM)
    return [
        cylinder((along, -0.05, height), (radius, radius, 0.04), ink, rotation=flat),
        cylinder((along, -0.07, height), (radius * 0.86, radius * 0.86, 0.04), face, rotation=flat),
        box((along, -0.12, height + radius * 0.28), (0.018, 0.01, radius * 0.3), ink),
        box((along + radius * 0.2, -0.12, height), (radius * 0.22, 0.01, 0.018), ink),
    ]


def _picture(along: float, height: float, wide: float, tall: float, color: paint.RGB, color2: paint.RGB) -> list[Primitive]:
    art = Material(part="picture", color=color, color2=color2, texture=Texture.GRADIENT, scale=tall)
    return [
        _panel(along, height, wide + 0.12, tall + 0.12, _set(paint.DARK_WOOD), 0.03),
        _panel(along, height, wide, tall, art, 0.05),
        ellipsoid((along + wide * 0.15, -0.1, height + tall * 0.1), (tall * 0.16, 0.01, tall * 0.16), _matte("picture", paint.CREAM)),
    ]


def _shelf(along: float, height: float, wide: float, colors: list[paint.RGB], tall: float) -> list[Primitive]:
    """A board with a row of books, binders or bottles."""
    solids = [box((along, -0.16, height), (wide / 2, 0.16, 0.025), _set(paint.DARK_WOOD))]
    step = wide / len(colors)
    for index, color in enumerate(colors):
        high = tall * (0.8 + 0.2 * ((index * 5) % 3) / 2)
        at = along - wide / 2 + step * (index + 0.5)
        solids.append(box((at, -0.16, height + high / 2), (step * 0.40, 0.11, high / 2), _set(color)))
    return solids


def _plant(x: float, y: float, scale: float) -> list[Primitive]:
    leaf = _matte("plant", paint.LEAF)
    return [
        cylinder((x, y, 0.2 * scale), (0.17 * scale, 0.17 * scale, 0.2 * scale), _set(paint.linear("b3683f"))),
        *(
            limb((x, y, 0.4 * scale), (x + 0.42 * scale * np.cos(turn_), y + 0.42 * scale * np.sin(turn_), (0.9 + 0.25 * (index % 2)) * scale), 0.10 * scale, leaf)
            for index, turn_ in enumerate(np.arange(6) * 1.05)
        ),
    ]


def _tree(x: float, y: float, tall: float, leaf: paint.RGB) -> list[Primitive]:
    crown = _matte("tree", leaf)
    return [
        limb((x, y, 0), (x, y, tall * 0.6), 0.16, _matte("tree", paint.BARK)),
        ellipsoid((x, y, tall * 0.75), (tall * 0.28, tall * 0.28, tall * 0.27), crown),
        ellipsoid((x + tall * 0.2, y, tall * 0.62), (tall * 0.19, tall * 0.19, tall * 0.17), crown.shade(0.85)),
        ellipsoid((x - tall * 0.2, y, tall * 0.66), (tall * 0.18, tall * 0.18, tall * 0.17), crown.shade(1.15)),
    ]


def _chairs(color: paint.RGB, depth: float) -> list[Primitive]:
    solids = []
    for side in (-1, 1):
        x = side * depth
        seat = Material(part="accent", color=color)
        solids += [
            box((x + side * 0.03, 0, 0.41), (0.24, 0.24, 0.04), seat),
            box((x + side * 0.27, 0, 0.66), (0.035, 0.23, 0.22), seat),
            *(cylinder((x + dx, dy, 0.19), (0.025, 0.025, 0.19), _set(paint.DARK_WOOD)) for dx in (-0.18, 0.2) for dy in (-0.18, 0.18)),
        ]
    return solids


def _round_table(color: paint.RGB, height: float, radius: float) -> list[Primitive]:
    wood = _set(color, 0.12)
    return [
        cylinder((0, 0, height - 0.025), (radius, radius, 0.025), wood),
        cylinder((0, 0, height / 2), (0.05, 0.05, height / 2), _set(paint.INK)),
        cylinder((0, 0, 0.02), (0.25, 0.25, 0.02), _set(paint.INK)),
    ]


def _square_table(color: paint.RGB, height: float, half: tuple[float, float]) -> list[Primitive]:
    wood = _set(color, 0.08)
    return [
        box((0, 0, height - 0.03), (half[0], half[1], 0.03), wood),
        *(box((x * (half[0] - 0.06), y * (half[1] - 0.06), height / 2 - 0.03), (0.035, 0.035, height / 2 - 0.03), wood.shade(0.8)) for x in (-1, 1) for y in (-1, 1)),
    ]


_Side = tuple[str, list[Primitive]]
_INDOORS = np.array([4.8, 4.8, 3.0], np.float32)
_OUTDOORS = np.array([9.0, 7.5, 6.5], np.float32)


def _books(count: int, shift: int) -> list[paint.RGB]:
    colors = [paint.linear(code) for code in ("8c3b32", "c9a24c", "3f5f7a", "dccfae", "44634a", "6b4a6e")]
    return [colors[(index * 5 + shift) % 6] for index in range(count)]


def _cafe(accent: paint.RGB) -> tuple[dict[str, _Side], dict[str, tuple[str, float, float, float]], list[Primitive]]:
    bottles = [paint.linear(code) for code in ("3f6b45", "a8752e", "7b2f2a", "c4dbe2", "3f6b45", "d4b45a", "a8752e")]
    counter = [
        box((0, -0.75, 0.55), (1.9, 0.28, 0.55), _set(paint.DARK_WOOD)),
        box((0, -0.75, 1.12), (2.0, 0.34, 0.03), _set(paint.linear("c8b79a"), 0.2)),
        box((1.1, -0.75, 1.37), (0.32, 0.22, 0.22), _set(paint.METAL, 0.3)),
        *_shelf(0, 1.75, 2.8, bottles, 0.32),
        *_shelf(0, 2.3, 2.8, bottles[::-1], 0.32),
    ]
    menu = [
        _panel(0.9, 1.75, 1.3, 0.95, _set(paint.DARK_WOOD), 0.03),
        _panel(0.9, 1.75, 1.16, 0.82, _matte("menu", paint.linear("2d3531")), 0.05),
        *(_panel(0.9 - 0.08 * index, 2.0 - 0.17 * index, 0.8 - 0.16 * index, 0.05, _matte("menu", paint.CREAM), 0.06) for index in range(4)),
    ]
    sides: dict[str, _Side] = {
        "north": ("the bar counter and bottles", counter),
        "south": ("a brick wall with a clock", [
            _panel(0, 1.5, 8.0, 3.0, Material(part="brick", color=paint.BRICK, color2=paint.linear("7e4a38"), texture=Texture.BRICKS, scale=0.5), 0.02),
            *_clock(-1.0, 2.0, 0.36), *_picture(1.1, 1.8, 0.9, 0.7, accent, paint.CREAM)]),
        "east": ("tall windows on the street", [*_window(-1.3, 1.6, 1.7, 1.9, paint.DARK_WOOD), *_window(1.3, 1.6, 1.7, 1.9, paint.DARK_WOOD)]),
        "west": ("the door and the menu board", [*_door(-1.0, accent), *menu]),
    }  # fmt: skip
    features = {"the clock on the brick wall": ("south", -1.0, 2.0, 1.1), "the menu board": ("west", 0.9, 1.75, 1.3)}
    return sides, features, [*_round_table(paint.WOOD, 0.74, 0.48), *_chairs(accent, 0.78)]


def _living_room(accent: paint.RGB) -> tuple[dict[str, _Side], dict[str, tuple[str, float, float, float]], list[Primitive]]:
    sofa = Material(part="accent", color=accent)
    fireplace = [
        box((0, -0.2, 0.65), (1.0, 0.2, 0.65), _set(paint.STONE)),
        box((0, -0.3, 0.5), (0.55, 0.12, 0.42), _matte("fire", paint.INK)),
        ellipsoid((0, -0.42, 0.28), (0.3, 0.06, 0.2), Material(part="fire", color=paint.linear("ff8a2a"), glow=1.6)),
        box((0, -0.25, 1.33), (1.15, 0.25, 0.04), _set(paint.DARK_WOOD)),
    ]
    sides: dict[str, _Side] = {
        "north": ("a wall of bookshelves", [solid for row in range(4) for solid in _shelf(0, 0.4 + 0.58 * row, 4.4, _books(16, row), 0.42)]),
        "south": ("the fireplace under a painting", [*fireplace, *_picture(0, 2.05, 1.1, 0.8, paint.linear("3d6a86"), paint.linear("e2b98a"))]),
        "east": ("a window with curtains", [*_window(0, 1.6, 1.9, 1.8, paint.CREAM),
            *(limb((x, -0.15, 0.2), (x, -0.15, 2.6), 0.26, sofa) for x in (-1.3, 1.3))]),
        "west": ("the sofa and a floor lamp", [
            box((0.3, -0.55, 0.3), (1.2, 0.45, 0.2), sofa), box((0.3, -0.2, 0.65), (1.2, 0.15, 0.35), sofa.shade(0.85)),
            cylinder((-1.5, -0.5, 0.8), (0.03, 0.03, 0.8), _set(paint.INK)),
            cylinder((-1.5, -0.5, 1.7), (0.26, 0.26, 0.2), Material(part="lamp", color=paint.linear("f4d9a0"), glow=1.1)),
            *_picture(0.4, 1.75, 0.8, 0.6, paint.linear("44634a"), paint.CREAM)]),
    }  # fmt: skip
    features = {"the fire in the fireplace": ("south", 0.0, 0.6, 1.5), "the floor lamp": ("west", -1.5, 1.55, 1.2)}
    return sides, features, [*_square_table(paint.DARK_WOOD, 0.72, (0.46, 0.55)), *_chairs(accent, 0.80)]


def _kitchen(accent: paint.RGB) -> tuple[dict[str, _Side], dict[str, tuple[str, float, float, float]], list[Primitive]]:
    front = Material(part="accent", color=accent)
    worktop = [
        box((0, -0.3, 0.43), (2.6, 0.3, 0.43), front), box((0, -0.32, 0.89), (2.65, 0.33, 0.03), _set(paint.linear("d8d2c4"), 0.2)),
        *(box((x, -0.18, 1.95), (0.55, 0.18, 0.35), front.shade(0.9)) for x in (-1.9, -0.75, 1.9)),
        box((0.6, -0.25, 1.75), (0.45, 0.25, 0.12), _set(paint.METAL, 0.3)), box((0.6, -0.15, 2.3), (0.18, 0.15, 0.5), _set(paint.METAL, 0.3)),
        cylinder((0.6, -0.3, 1.02), (0.17, 0.17, 0.10), _set(paint.linear("b5533c"), 0.2)),
    ]  # fmt: skip
    sides: dict[str, _Side] = {
        "north": ("the cupboards and the stove", worktop),
        "south": ("a window with herbs", [*_window(0, 1.65, 1.8, 1.3, paint.CREAM), box((0, -0.15, 0.95), (1.1, 0.15, 0.03), _set(paint.WOOD)),
            *(ellipsoid((x, -0.18, 1.14), (0.17, 0.12, 0.17), _matte("plant", paint.LEAF)) for x in (-0.6, 0, 0.6))]),
        "east": ("the fridge and plate shelves", [box((-1.1, -0.35, 0.95), (0.42, 0.35, 0.95), _set(paint.linear("d9dcdc"), 0.2)),
            box((-0.8, -0.72, 1.1), (0.02, 0.03, 0.25), _set(paint.METAL)),
            *_shelf(0.9, 1.3, 1.8, _books(6, 1), 0.22), *_shelf(0.9, 1.9, 1.8, _books(6, 3), 0.22)]),
        "west": ("tiles, a door and a clock", [_panel(0, 0.7, 7.8, 1.4, Material(part="tiles", color=paint.CREAM, color2=paint.linear("bccbc4"), texture=Texture.CHECKER, scale=0.35), 0.02),
            *_door(1.2, paint.WOOD), *_clock(-0.8, 1.95, 0.32)]),
    }  # fmt: skip
    features = {"the kitchen clock": ("west", -0.8, 1.95, 1.0), "the pot on the stove": ("north", 0.6, 1.15, 1.2)}
    return sides, features, [*_square_table(paint.WOOD, 0.75, (0.48, 0.60)), *_chairs(accent, 0.80)]


def _office(accent: paint.RGB) -> tuple[dict[str, _Side], dict[str, tuple[str, float, float, float]], list[Primitive]]:
    board = [
        _panel(0, 1.65, 2.4, 1.2, _set(paint.METAL), 0.03), _panel(0, 1.65, 2.28, 1.08, _matte("board", paint.linear("eef0ee")), 0.04),
        *(box((-0.7 + 0.3 * index, -0.1, 1.35 + 0.1 * index), (0.1, 0.01, 0.15 + 0.1 * index), Material(part="accent", color=accent)) for index in range(4)),
        _panel(0.75, 1.85, 0.5, 0.05, _matte("board", paint.INK), 0.06), _panel(0.75, 1.7, 0.5, 0.05, _matte("board", paint.INK), 0.06),
    ]  # fmt: skip
    skyline = [
        box((along, -0.10, 0.35 + high / 2), (0.28, 0.01, high / 2), _matte("skyline", paint.linear(code)))
        for along, high, code in ((-2.2, 1.1, "7d8da0"), (-1.3, 1.6, "92a1b0"), (-0.3, 0.9, "6d7d92"), (0.6, 1.4, "8796a8"), (1.6, 1.05, "76879b"), (2.4, 1.5, "94a4b4"))
    ]  # fmt: skip
    sides: dict[str, _Side] = {
        "north": ("the whiteboard with a chart", board),
        "south": ("cabinets and a plant", [*(box((x, -0.3, 0.65), (0.5, 0.3, 0.65), _set(paint.METAL)) for x in (-1.3, 0)),
            *(box((x, -0.62, z), (0.12, 0.02, 0.02), _set(paint.INK)) for x in (-1.3, 0) for z in (0.35, 0.95)),
            *_plant(1.4, -0.5, 1.3), *_picture(-0.6, 1.95, 0.9, 0.6, accent, paint.CREAM)]),
        "east": ("a glass front over the skyline", [_panel(0, 1.5, 6.4, 2.4, _glow(paint.linear("c9d6dc"), paint.linear("a9c8e6"), 2.4), 0.03), *skyline,
            *(_panel(x, 1.5, 0.08, 2.4, _set(paint.INK), 0.09) for x in (-3.2, -1.6, 0, 1.6, 3.2))]),
        "west": ("binders and the door", [*_shelf(0.9, 0.9, 2.2, _books(9, 2), 0.36), *_shelf(0.9, 1.5, 2.2, _books(9, 4), 0.36), *_door(-1.3, paint.linear("6f7d86")),
            *_clock(0.9, 2.35, 0.28)]),
    }  # fmt: skip
    features = {"the chart on the whiteboard": ("north", -0.25, 1.6, 1.3), "the skyline": ("east", 0.3, 1.35, 1.9)}
    return sides, features, [*_square_table(paint.linear("c9bda8"), 0.74, (0.50, 0.70)), *_chairs(accent, 0.84)]


def _house(along: float, wide: float, tall: float, color: paint.RGB, door: paint.RGB) -> list[Primitive]:
    """A facade with a door and six windows."""
    pane = _glow(paint.linear("8fa3ad"), paint.linear("b9ccd6"), 1.0)
    return [
        box((along, -0.2, tall / 2), (wide / 2, 0.2, tall / 2), Material(part="walls", color=color)),
        box((along, -0.25, tall), (wide / 2 + 0.1, 0.3, 0.1), _set(paint.STONE)),
        box((along, -0.42, 1.05), (0.45, 0.04, 1.05), Material(part="accent", color=door)),
        *(box((along + x, -0.42, z), (0.38, 0.04, 0.55), pane) for x in (-wide / 3, wide / 3) for z in (1.5, 3.7)),
        box((along, -0.42, 3.7), (0.38, 0.04, 0.55), pane),
    ]


def _street(accent: paint.RGB, wall: paint.RGB) -> tuple[dict[str, _Side], dict[str, tuple[str, float, float, float]], list[Primitive]]:
    shop = [
        box((0, -0.3, 2.1), (3.2, 0.3, 2.1), Material(part="walls", color=wall)),
        box((0, -0.63, 1.25), (1.9, 0.04, 0.95), _glow(paint.linear("e8c98a"), paint.linear("f3dfb0"), 1.9)),
        *(box((x, -0.68, 0.75), (0.22, 0.05, 0.35), _set(color)) for x, color in ((-1.2, paint.linear("8c3b32")), (-0.4, paint.linear("44634a")), (0.5, paint.linear("c9a24c")), (1.3, paint.linear("3f5f7a")))),
        box((0, -0.95, 2.45), (2.2, 0.55, 0.06), Material(part="accent", color=accent, color2=paint.CREAM, texture=Texture.STRIPES, scale=0.8), rotation=turn(0, 0.45)),
        box((0, -0.63, 3.2), (1.5, 0.05, 0.3), _matte("sign", paint.INK)), box((0, -0.69, 3.2), (1.1, 0.03, 0.08), _matte("sign", paint.CREAM)),
    ]  # fmt: skip
    van = [
        box((0, -1.4, 1.0), (1.6, 0.6, 0.65), Material(part="van", color=paint.CREAM, gloss=0.2)), box((1.35, -1.4, 0.7), (0.75, 0.58, 0.38), Material(part="van", color=paint.CREAM, gloss=0.2)),
        box((0, -2.01, 0.75), (1.58, 0.02, 0.14), Material(part="accent", color=accent)),
        *(cylinder((x, -1.95, 0.33), (0.33, 0.33, 0.1), _matte("van", paint.INK), rotation=turn(0, np.pi / 2)) for x in (-1.0, 1.3)),
        box((0, -0.1, 1.9), (6.0, 0.1, 1.9), Material(part="brick", color=paint.BRICK, color2=paint.linear("7e4a38"), texture=Texture.BRICKS, scale=0.7)),
    ]  # fmt: skip
    lamp = [
        limb((-3.1, 2.6, 0), (-3.1, 2.6, 3.1), 0.07, _set(paint.INK)),
        ellipsoid((-3.1, 2.6, 3.25), (0.22, 0.22, 0.26), Material(part="lamp", color=paint.linear("f7dfae"), glow=1.0)),
    ]
    sides: dict[str, _Side] = {
        "north": ("a shop front under an awning", shop),
        "south": ("a row of houses", [*_house(-3.3, 3.2, 5.2, wall, accent), *_house(0, 3.2, 5.8, paint.linear("b9a58c"), paint.DARK_WOOD), *_house(3.3, 3.2, 5.0, paint.linear("8f6f62"), accent)]),
        "east": ("trees at the end of the street", [*_tree(-2.6, -1.6, 4.6, paint.LEAF), *_tree(1.8, -1.2, 5.2, paint.linear("5f8a45")), *_house(5.0, 4.0, 5.6, wall, accent)]),
        "west": ("a parked van by a brick wall", van),
    }
    features = {"the shop sign": ("north", 0.0, 3.1, 1.9), "the parked van": ("west", 0.3, 0.9, 3.0)}
    return sides, features, [*_round_table(paint.METAL, 1.02, 0.36), *lamp]


def _park(accent: paint.RGB, wall: paint.RGB) -> tuple[dict[str, _Side], dict[str, tuple[str, float, float, float]], list[Primitive]]:
    stone = _set(paint.STONE)
    fountain = [
        cylinder((0, -2.2, 0.25), (1.3, 1.3, 0.25), stone), cylinder((0, -2.2, 0.5), (1.12, 1.12, 0.03), Material(part="water", color=paint.linear("6fa3b5"), gloss=0.5)),
        cylinder((0, -2.2, 0.8), (0.16, 0.16, 0.5), stone), ellipsoid((0, -2.2, 1.35), (0.55, 0.55, 0.14), stone),
        limb((0, -2.2, 1.4), (0, -2.2, 1.85), 0.09, _matte("water", paint.linear("cfe6ee"))),
    ]  # fmt: skip
    kiosk = [
        cylinder((0, -2.0, 1.15), (1.2, 1.2, 1.15), Material(part="walls", color=wall)),
        ellipsoid((0, -2.0, 2.3), (1.55, 1.55, 0.8), Material(part="accent", color=accent), clip=(0, 0, 1, 0)),
        ellipsoid((0, -2.0, 3.12), (0.13, 0.13, 0.2), stone),
        box((0, -3.18, 1.4), (0.6, 0.06, 0.4), _glow(paint.linear("e8c98a"), paint.linear("f3dfb0"), 0.8)),
    ]
    hedge = _matte("hedge", paint.linear("3d6a35"))
    sides: dict[str, _Side] = {
        "north": ("trees over a hedge", [box((0, -0.5, 0.55), (8, 0.4, 0.55), hedge), *_tree(-3.2, -1.6, 4.4, paint.LEAF), *_tree(0.4, -1.2, 5.2, paint.linear("5f8a45")), *_tree(3.6, -1.7, 4.6, paint.linear("78934a"))]),
        "south": ("a little round kiosk", [*kiosk, box((0, -0.3, 0.5), (8, 0.3, 0.5), hedge)]),
        "east": ("the fountain", [*fountain, box((0, -0.3, 0.6), (7, 0.3, 0.6), hedge)]),
        "west": ("houses behind a lamp post", [*_house(-2.6, 4.2, 4.2, wall, accent), *_house(2.4, 4.2, 4.8, paint.linear("b9a58c"), paint.DARK_WOOD),
            limb((0.2, -2.2, 0), (0.2, -2.2, 2.6), 0.07, _set(paint.INK)), ellipsoid((0.2, -2.2, 2.75), (0.2, 0.2, 0.24), Material(part="lamp", color=paint.linear("f7dfae"), glow=1.0))]),
    }  # fmt: skip
    bench = Material(part="accent", color=accent)
    benches = [box((side * 0.82, 0, z), half, bench) for side in (-1, 1) for z, half in ((0.42, (0.2, 0.6, 0.035)), (0.2, (0.05, 0.5, 0.2)))]
    features = {"the fountain": ("east", 0.0, 1.0, 2.4), "the kiosk": ("south", 0.0, 1.7, 3.2)}
    return sides, features, [*_square_table(paint.WOOD, 0.76, (0.42, 0.65)), *benches]


_INSIDE = {"café": _cafe, "living room": _living_room, "kitchen": _kitchen, "office": _office}
_OUTSIDE = {"street": _street, "park": _park}
PLACES = (*_INSIDE, *_OUTSIDE)
_FLOORS: dict[str, Callable[[], Material]] = {
    "café": lambda: Material(part="floor", color=paint.linear("9a836c"), color2=paint.linear("83705d"), texture=Texture.CHECKER, scale=0.8),
    "living room": lambda: Material(part="floor", color=paint.linear("7d5638"), color2=paint.linear("6b4930"), texture=Texture.PLANKS, scale=0.5),
    "kitchen": lambda: Material(part="floor", color=paint.linear("b5aa9e"), color2=paint.linear("a19a92"), texture=Texture.CHECKER, scale=0.9),
    "office": lambda: Material(part="floor", color=paint.linear("6b7076")),
    "street": lambda: Material(part="floor", color=paint.linear("7d7973"), color2=paint.linear("726e69"), texture=Texture.CHECKER, scale=1.2),
    "park": lambda: Material(part="floor", color=paint.linear("7f9a56")),
}  # fmt: skip


def build_place(name: str, chance: Random) -> Place:
    """The place called `name`, painted and furnished by chance."""
    walls, accent = chance.choice(list(paint.WALLS)), chance.choice(list(paint.ACCENTS))
    outside = name in _OUTSIDE
    extent = _OUTDOORS if outside else _INDOORS
    if outside:
        sides, features, middle = _OUTSIDE[name](paint.ACCENTS[accent], paint.WALLS[walls])
    else:
        sides, features, middle = _INSIDE[name](paint.ACCENTS[accent])
    solids = list(middle)
    for side, (_, things) in sides.items():
        solids += _Wall(side, extent).place(*things)
    first, second = (
        Feature(name=words, at=_Wall(side, extent).at(along, height), height=tall)
        for words, (side, along, height, tall) in features.items()
    )
    return Place(
        name=name,
        outside=outside,
        seated=name != "street",
        walls=walls,
        accent=accent,
        extent=extent,
        solids=solids,
        shell=_shell(name, walls, outside),
        behind={side: words for side, (words, _) in sides.items()},
        features=(first, second),
        table=1.02 if name == "street" else 0.75,
    )


def _shell(name: str, walls: str, outside: bool) -> list[Material]:
    floor = _FLOORS[name]()
    if outside:
        sky = Material(
            part="sky", color=paint.linear("cfdde6"), color2=paint.linear("7fa9d8"),
            texture=Texture.GRADIENT, scale=7.0, glow=0.55,
        )  # fmt: skip
        return [floor, sky, sky, sky, sky, Material(part="sky", color=paint.linear("7fa9d8"), glow=0.55)]
    wall = Material(part="walls", color=paint.WALLS[walls])
    return [floor, wall, wall, wall, wall, Material(part="ceiling", color=paint.linear("e6e2da"))]
