"""What several places are dressed with: windows, doors, shelves, trees, houses, tables, chairs.

Things for a side are built before a wall at y = 0 with the stage at -y: `along` runs left to right
as one faces it. Things for the middle are built about the middle of the stage. Metres throughout.
"""

from dataclasses import replace

import numpy as np

from cut2next.soundstage import palette as paint
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

UPRIGHT = turn(0, np.pi / 2)
"""Turns a cylinder's flat end towards the stage: a dial, a wheel."""


def matte(part: str, color: paint.RGB) -> Material:
    """One colour, no gloss."""
    return Material(part=part, color=color)


def furniture(color: paint.RGB, gloss: float = 0.0) -> Material:
    """What nobody asks about by name."""
    return Material(part="furniture", color=color, gloss=gloss)


def accent(color: paint.RGB) -> Material:
    """What carries the place's accent colour."""
    return Material(part="accent", color=color)


def textured(
    part: str, texture: Texture, scale: float, color: paint.RGB, color2: paint.RGB
) -> Material:
    """Two colours; `scale` is the texture's period."""
    return Material(part=part, color=color, color2=color2, texture=texture, scale=scale)


def floor(texture: Texture, scale: float, color: str, color2: str) -> Material:
    """A floor in two colours."""
    return textured("floor", texture, scale, paint.linear(color), paint.linear(color2))


def bricks(scale: float) -> Material:
    """Brickwork; `scale` is the length of a brick."""
    return textured("brick", Texture.BRICKS, scale, paint.BRICK, paint.linear("7e4a38"))


def pane(color: paint.RGB, color2: paint.RGB, tall: float) -> Material:
    """A pane lit from behind, `color` below and `color2` above; the hour says how brightly."""
    return replace(textured("window", Texture.GRADIENT, tall, color, color2), glow=0.75)


def lamp_glass(color: str, glow: float) -> Material:
    """What shines when the lamps are lit."""
    return Material(part="lamp", color=paint.linear(color), glow=glow)


def panel(
    along: float, height: float, wide: float, tall: float, material: Material, depth: float = 0.03
) -> Primitive:
    """A flat thing on a wall, centred at (along, height)."""
    return box((along, -depth, height), (wide / 2, depth, tall / 2), material)


def window(
    along: float, height: float, wide: float, tall: float, frame: paint.RGB
) -> list[Primitive]:
    """A window with a cross of bars."""
    wood = furniture(frame)
    glass = pane(paint.linear("b9cfc0"), paint.linear("cfe3f2"), tall)
    return [
        panel(along, height, wide + 0.16, tall + 0.16, wood, 0.03),
        panel(along, height, wide, tall, glass, 0.04),
        panel(along, height, 0.06, tall, wood, 0.055),
        panel(along, height + tall * 0.12, wide, 0.05, wood, 0.055),
    ]


def door(along: float, color: paint.RGB) -> list[Primitive]:
    """A door in its frame, with a knob."""
    return [
        panel(along, 1.1, 1.06, 2.2, furniture(paint.CREAM), 0.03),
        panel(along, 1.06, 0.9, 2.1, furniture(color), 0.05),
        ellipsoid((along + 0.34, -0.12, 1.0), (0.04, 0.04, 0.04), furniture(paint.METAL, 0.4)),
    ]


def clock(along: float, height: float, radius: float) -> list[Primitive]:
    """A wall clock at three."""
    ink, face = matte("clock", paint.INK), matte("clock", paint.CREAM)
    inner = radius * 0.86
    return [
        cylinder((along, -0.05, height), (radius, radius, 0.04), ink, rotation=UPRIGHT),
        cylinder((along, -0.07, height), (inner, inner, 0.04), face, rotation=UPRIGHT),
        box((along, -0.12, height + radius * 0.28), (0.018, 0.01, radius * 0.3), ink),
        box((along + radius * 0.2, -0.12, height), (radius * 0.22, 0.01, 0.018), ink),
    ]


def picture(
    along: float, height: float, wide: float, tall: float, color: paint.RGB, color2: paint.RGB
) -> list[Primitive]:
    """A framed landscape under a sun."""
    art = textured("picture", Texture.GRADIENT, tall, color, color2)
    sun = (along + wide * 0.15, -0.1, height + tall * 0.1)
    return [
        panel(along, height, wide + 0.12, tall + 0.12, furniture(paint.DARK_WOOD), 0.03),
        panel(along, height, wide, tall, art, 0.05),
        ellipsoid(sun, (tall * 0.16, 0.01, tall * 0.16), matte("picture", paint.CREAM)),
    ]


def shelf(
    along: float, height: float, wide: float, colors: list[paint.RGB], tall: float
) -> list[Primitive]:
    """A board with a row of books, binders or bottles, one of each colour."""
    solids = [box((along, -0.16, height), (wide / 2, 0.16, 0.025), furniture(paint.DARK_WOOD))]
    step = wide / len(colors)
    for index, color in enumerate(colors):
        high = tall * (0.8 + 0.2 * ((index * 5) % 3) / 2)
        at = along - wide / 2 + step * (index + 0.5)
        half = (step * 0.40, 0.11, high / 2)
        solids.append(box((at, -0.16, height + high / 2), half, furniture(color)))
    return solids


def books(count: int, shift: int) -> list[paint.RGB]:
    """Colours of `count` books; another `shift` is another order."""
    codes = ("8c3b32", "c9a24c", "3f5f7a", "dccfae", "44634a", "6b4a6e")
    colors = [paint.linear(code) for code in codes]
    return [colors[(index * 5 + shift) % 6] for index in range(count)]


def plant(x: float, y: float, scale: float) -> list[Primitive]:
    """Six leaves in a pot."""
    leaf = matte("plant", paint.LEAF)
    pot = (0.17 * scale, 0.17 * scale, 0.2 * scale)
    solids = [cylinder((x, y, 0.2 * scale), pot, furniture(paint.linear("b3683f")))]
    for index, angle in enumerate(np.arange(6) * 1.05):
        tip = (
            x + 0.42 * scale * np.cos(angle),
            y + 0.42 * scale * np.sin(angle),
            (0.9 + 0.25 * (index % 2)) * scale,
        )
        solids.append(limb((x, y, 0.4 * scale), tip, 0.10 * scale, leaf))
    return solids


def tree(x: float, y: float, tall: float, leaf: paint.RGB) -> list[Primitive]:
    """A trunk under a crown of three."""
    crown = matte("tree", leaf)
    left, right = (x - tall * 0.2, y, tall * 0.66), (x + tall * 0.2, y, tall * 0.62)
    return [
        limb((x, y, 0), (x, y, tall * 0.6), 0.16, matte("tree", paint.BARK)),
        ellipsoid((x, y, tall * 0.75), (tall * 0.28, tall * 0.28, tall * 0.27), crown),
        ellipsoid(right, (tall * 0.19, tall * 0.19, tall * 0.17), crown.shade(0.85)),
        ellipsoid(left, (tall * 0.18, tall * 0.18, tall * 0.17), crown.shade(1.15)),
    ]


def house(
    along: float, wide: float, tall: float, color: paint.RGB, door_color: paint.RGB
) -> list[Primitive]:
    """A facade with a door and five windows."""
    glass = pane(paint.linear("8fa3ad"), paint.linear("b9ccd6"), 1.0)
    half_pane = (0.38, 0.04, 0.55)
    return [
        box((along, -0.2, tall / 2), (wide / 2, 0.2, tall / 2), matte("walls", color)),
        box((along, -0.25, tall), (wide / 2 + 0.1, 0.3, 0.1), furniture(paint.STONE)),
        box((along, -0.42, 1.05), (0.45, 0.04, 1.05), accent(door_color)),
        *(
            box((along + x, -0.42, z), half_pane, glass)
            for x in (-wide / 3, wide / 3)
            for z in (1.5, 3.7)
        ),
        box((along, -0.42, 3.7), half_pane, glass),
    ]


def chairs(color: paint.RGB, distance: float) -> list[Primitive]:
    """Two chairs that face each other, each `distance` from the middle."""
    solids = []
    seat, legs = accent(color), furniture(paint.DARK_WOOD)
    for side in (-1, 1):
        x = side * distance
        solids += [
            box((x + side * 0.03, 0, 0.41), (0.24, 0.24, 0.04), seat),
            box((x + side * 0.27, 0, 0.66), (0.035, 0.23, 0.22), seat),
            *(
                cylinder((x + dx, dy, 0.19), (0.025, 0.025, 0.19), legs)
                for dx in (-0.18, 0.2)
                for dy in (-0.18, 0.18)
            ),
        ]
    return solids


def stool(x: float, y: float, color: paint.RGB) -> list[Primitive]:
    """A stool on one leg."""
    legs = furniture(paint.DARK_WOOD)
    return [
        cylinder((x, y, 0.41), (0.2, 0.2, 0.035), accent(color)),
        cylinder((x, y, 0.2), (0.03, 0.03, 0.18), legs),
        cylinder((x, y, 0.015), (0.17, 0.17, 0.015), legs),
    ]


def round_table(color: paint.RGB, height: float, radius: float) -> list[Primitive]:
    """A round table on one leg."""
    return [
        cylinder((0, 0, height - 0.025), (radius, radius, 0.025), furniture(color, 0.12)),
        cylinder((0, 0, height / 2 - 0.02), (0.05, 0.05, height / 2 - 0.02), furniture(paint.INK)),
        cylinder((0, 0, 0.02), (0.25, 0.25, 0.02), furniture(paint.INK)),
    ]


def square_table(
    color: paint.RGB, height: float, half_width: float, half_depth: float
) -> list[Primitive]:
    """A table on four legs."""
    wood = furniture(color, 0.08)
    leg = (0.035, 0.035, height / 2 - 0.03)
    return [
        box((0, 0, height - 0.03), (half_width, half_depth, 0.03), wood),
        *(
            box(
                (x * (half_width - 0.06), y * (half_depth - 0.06), height / 2 - 0.03),
                leg,
                wood.shade(0.8),
            )
            for x in (-1, 1)
            for y in (-1, 1)
        ),
    ]
