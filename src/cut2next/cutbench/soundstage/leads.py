"""Which of the two leads somebody is, by hair colour, skin and top's colour."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from cut2next.cutbench.metrics.metric import Pixels
from cut2next.cutbench.soundstage.look import Mask
from cut2next.soundstage.film_set import FilmSet


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
