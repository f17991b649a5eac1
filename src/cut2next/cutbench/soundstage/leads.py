"""Which of the two leads somebody is, by hair colour, skin and top's colour."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from cut2next.cutbench.metrics.metric import Pixels
from cut2next.cutbench.soundstage.look import Mask, Region, true_paint
from cut2next.soundstage.film_set import FilmSet

_LEADS = ("a.", "b.")
"""How their parts begin."""


def exchanged(film_set: FilmSet) -> FilmSet:
    """The set with its two leads in each other's place."""
    first, second, *more = film_set.cast
    swapped = (replace(first, look=second.look), replace(second, look=first.look))
    return replace(film_set, cast=(*swapped, *more))


def are_themselves(made: Pixels, true: Pixels, swapped: Pixels, masks: Iterable[Mask]) -> bool:
    """Whether somebody looks like themselves in a picture, rather than like the other lead.

    `true` and `swapped` are what that picture would be with either; through each mask (where hair,
    skin and top truly are) the mean colour is read, and the nearer of the two over all decides.
    """
    colors = [
        [picture[mask].mean(axis=0) for mask in masks] for picture in (made, true, swapped)
    ]  # [pictures, masks, 3]
    shown, own, others = np.array(colors)
    return float(np.square(shown - own).sum()) < float(np.square(shown - others).sum())


def swapped(
    made: Pixels, others: Pixels, regions: Iterable[Region], film_set: FilmSet
) -> dict[str, bool]:
    """By part of a lead, whether a picture has it as the other lead has it.

    That is, nearer to the other's paint, or to what is there in `others`, the picture with either
    in the other's place, than to every other paint. Without parts in which the two are alike, and
    those of nobody or of somebody else.
    """
    paints = {region.part: true_paint(exchanged(film_set), region.part) for region in regions}
    return {
        region.part: _is_others(region, made, others, paints[region.part])
        for region in regions
        if region.part[:2] in _LEADS and paints[region.part] != region.paint
    }


def _is_others(region: Region, made: Pixels, others: Pixels, paint: str) -> bool:
    color = made[region.mask].mean(axis=0)
    # Somebody else has another hair cut besides, so that part of it, or none, is where this one is.
    whole = others[region.mask].mean(axis=0)
    own = [paints for name, paints in region.colors.items() if name != paint]
    nearest = [
        min(float(np.square(one - color).sum()) for one in colors)
        for colors in ([region.colors[paint], whole], own)
    ]
    return nearest[0] < nearest[1]
