"""Look: has every surface the colour that it has on the set?

A region is what one paint covers in the true picture: somebody's hair, skin or top, or the walls.
The picture is read through the region, and its mean colour is compared with the mean colours that
the region would have under the same light in every paint of the palette: the true one must be the
nearest. On this film set no surface throws light on another. So one render tries a paint on every
region at once, and there are as many renders as the largest palette has paints.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from cut2next.cutbench.metrics.metric import Pixels
from cut2next.soundstage.camera import Setup
from cut2next.soundstage.film_set import OWNERS, FilmSet
from cut2next.soundstage.palette import CLOTHES, HAIR, RGB, SKIN, WALLS
from cut2next.soundstage.places import Place
from cut2next.soundstage.primitives import Floats, Ints, Material

Mask = NDArray[np.bool_]
"""[H, W]: which pixels."""
LEAST_PIXELS = 16
"""Smaller regions are not judged."""
PALETTES: Mapping[str, Mapping[str, RGB]] = {
    "hair": HAIR,
    "skin": SKIN,
    "top": CLOTHES,
    "walls": WALLS,
}
"""By kind of region, the paints it may have."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Region:
    """Where a paint is, and what it would look like in every paint."""

    part: str
    """As in object ids: "a.hair", "walls"."""
    mask: Mask
    """[H, W], a pixel away from every other part."""
    colors: Mapping[str, Floats]
    """By paint, the mean colour [3] over the mask, display values 0..255."""
    paint: str
    """The true one."""

    def nearest_paint(self, made: Pixels) -> str:
        """The paint that a picture seems to have here."""
        color = made[self.mask].mean(axis=0)

        def order(paint: str) -> tuple[float, bool]:
            return float(np.square(self.colors[paint] - color).sum()), paint != self.paint

        return min(self.colors, key=order)


def regions(
    film_set: FilmSet, setup: Setup, object_ids: Ints, size: tuple[int, int], samples: int
) -> list[Region]:
    """The regions of a setup, of which `FilmSet.light` gave the object ids [H, W]."""
    masks = part_masks(film_set.geometry.parts, object_ids)
    count = max((len(PALETTES[_kind(part)]) for part in masks), default=0)
    sets = (film_set.altered(partial(_in_paint, number)) for number in range(count))
    painted = [in_paint.picture(setup, size, samples) for in_paint in sets]
    candidates = (_region(film_set, part, mask, painted) for part, mask in masks.items())
    return [region for region in candidates if region is not None]


def read_look(made: Pixels, regions: Iterable[Region]) -> dict[str, bool]:
    """By part, whether its paint is right in a picture [H, W, 3]."""
    return {region.part: region.nearest_paint(made) == region.paint for region in regions}


def _kind(part: str) -> str:
    return part.split(".")[-1]


def part_masks(parts: Sequence[str], object_ids: Ints) -> dict[str, Mask]:
    """Where each part that is judged is, without its outline, if there is enough of it."""
    inside = _inside(object_ids)
    masks = {
        part: inside & (object_ids == number)
        for number, part in enumerate(parts)
        if _kind(part) in PALETTES
    }
    return {part: mask for part, mask in masks.items() if mask.sum() >= LEAST_PIXELS}


def _inside(object_ids: Ints) -> Mask:
    """Pixels whose eight neighbours show the same part; the picture's edge is no outline."""
    around = np.pad(object_ids, 1, mode="edge")
    height, width = object_ids.shape
    same: Mask = np.ones(object_ids.shape, np.bool_)
    for down in range(3):
        for across in range(3):
            same &= around[down : down + height, across : across + width] == object_ids
    return same


def _region(film_set: FilmSet, part: str, mask: Mask, painted: Sequence[Pixels]) -> Region | None:
    paints = list(PALETTES[_kind(part)])
    shown = np.stack([picture[mask] for picture in painted[: len(paints)]])  # [paints, pixels, 3]
    # Some facades keep their own colour: only what a change of paint changes tells of it.
    changes = np.ptp(shown, axis=0).any(axis=1)  # [pixels]
    if changes.sum() < LEAST_PIXELS:
        return None
    judged = mask.copy()
    judged[mask] = changes
    colors = shown[:, changes].mean(axis=1, dtype=np.float32)  # [paints, 3]
    return Region(
        part=part,
        mask=judged,
        colors=dict(zip(paints, colors, strict=True)),
        paint=true_paint(film_set, part),
    )


def true_paint(film_set: FilmSet, part: str) -> str:
    """What a part ("a.hair", "walls") is painted in on a set."""
    if part == "walls":
        return film_set.place.walls
    owner, kind = part.split(".")
    look = film_set.cast[OWNERS.index(owner)].look
    return {"hair": look.hair, "skin": look.skin, "top": look.top_color}[kind]


def _in_paint(number: int, film_set: FilmSet) -> FilmSet:
    """The set with every region in paint `number` of its palette, counted round and round."""
    paint = {kind: list(palette)[number % len(palette)] for kind, palette in PALETTES.items()}
    worn = {"hair": paint["hair"], "skin": paint["skin"], "top_color": paint["top"]}
    return replace(
        film_set,
        cast=tuple(replace(person, look=replace(person.look, **worn)) for person in film_set.cast),
        place=_repainted(film_set.place, paint["walls"]),
    )


def _repainted(place: Place, walls: str) -> Place:
    """The place with other walls; what is called walls but has a colour of its own keeps it."""

    def repaint(material: Material) -> Material:
        if material.part != "walls" or material.color != WALLS[place.walls]:
            return material
        return replace(material, color=WALLS[walls])

    return replace(
        place,
        walls=walls,
        solids=[replace(solid, material=repaint(solid.material)) for solid in place.solids],
        shell=[repaint(material) for material in place.shell],
    )
