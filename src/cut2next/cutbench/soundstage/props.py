"""Props: does the thing on the table stand there, the right one in the right colour?

A true picture is made again with another thing in the place of each prop, with the same thing in
another colour, and with nothing there. Where any of these differ, the true one must be the nearest.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from cut2next.cutbench.metrics.blurred_error import Blurred, blurred
from cut2next.cutbench.soundstage.look import LEAST_PIXELS, Mask
from cut2next.soundstage.camera import Setup
from cut2next.soundstage.film_set import FilmSet, Prop
from cut2next.soundstage.primitives import Floats, Ints
from cut2next.soundstage.props import COLORS, PROPS

_BURIED = np.array([0, 0, -9], np.float32)
"""Where nobody sees a prop."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PropChoices:
    """Where a prop is, or another could be, and what would be seen there."""

    part: str
    """As in object ids: "prop0"."""
    mask: Mask
    """[H, W]: pixels that show any of the choices."""
    choices: list[Floats]
    """What they would look like, blurred, each [pixels, 3]; the true one first."""

    def right(self, soft: Blurred) -> bool:
        """Whether of all choices the true one is the nearest in a blurred picture."""
        errors = [float(np.square(soft[self.mask] - choice).sum()) for choice in self.choices]
        return errors[0] == min(errors)


def prop_choices(
    film_set: FilmSet, setup: Setup, object_ids: Ints, size: tuple[int, int], samples: int
) -> list[PropChoices]:
    """Of each prop that a setup shows; `FilmSet.light` gave its object ids [H, W]."""
    parts = film_set.geometry.parts
    shown = [
        index
        for index in range(len(film_set.props))
        if (object_ids == parts.index(f"prop{index}")).sum() >= LEAST_PIXELS
    ]
    if not shown:
        return []
    pictures, seen = [], []
    for otherwise in _otherwise(film_set):
        light, ids = otherwise.light(setup, size, samples)
        pictures.append(blurred(otherwise.develop(light)))
        # Parts are numbered anew in every set.
        names = otherwise.geometry.parts
        seen.append([ids == _number(names, f"prop{index}") for index in range(len(film_set.props))])
    masks = np.any(seen, axis=0)  # [props, H, W]
    return [
        PropChoices(
            part=f"prop{index}",
            mask=masks[index],
            choices=[picture[masks[index]] for picture in pictures],
        )
        for index in shown
    ]


def _number(parts: list[str], part: str) -> int:
    return parts.index(part) if part in parts else -1


def _otherwise(film_set: FilmSet) -> Iterator[FilmSet]:
    """The set as it is, and with something else on the table; every prop changes at once."""
    choices = [_choices(prop) for prop in film_set.props]
    for props in zip(*choices, strict=True):
        yield film_set.altered(partial(_with_props, props))


def _with_props(props: tuple[Prop, Prop], film_set: FilmSet) -> FilmSet:
    return replace(film_set, props=props)


def _choices(prop: Prop) -> list[Prop]:
    colors = [replace(prop, color=color) for color in COLORS if color != prop.color]
    things = [replace(prop, name=name) for name, _ in PROPS if name != prop.name]
    return [prop, *colors, *things, replace(prop, at=_BURIED)]
