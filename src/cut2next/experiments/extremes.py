"""Extreme cuts of held-out sets, and whether a next shot is what was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from PIL import Image

from cut2next.cutbench.metrics.blurred_error import blurred, square_error
from cut2next.cutbench.metrics.metric import pixels_of
from cut2next.cutbench.soundstage.held_out import SetCase
from cut2next.cutbench.soundstage.true_shots import TrueShots
from cut2next.film import Cut, Shot
from cut2next.soundstage.extremes import KINDS, ExtremeCut, draw_extreme
from cut2next.soundstage.wording import individual_prompt


@dataclass(frozen=True, kw_only=True, eq=False)
class ExtremeCase(SetCase):
    """An extreme cut: the relational prompt alone asks for it, the next one says of whom it is."""

    extreme: ExtremeCut


def extreme_cases(shots: TrueShots, chance: Random) -> Sequence[ExtremeCase]:
    """One of every kind, on a set."""
    extremes = [draw_extreme(shots.film_set, kind, chance) for kind in KINDS]
    return [
        ExtremeCase(cut=_told(shots, extreme, chance), shots=shots, extreme=extreme)
        for extreme in extremes
    ]


def is_extreme(case: ExtremeCase, picture: Image.Image) -> bool:
    """Whether a next shot is nearer to the true one than to an ordinary and to the current one.

    By mean square error after a slight blur. Raises InputError unless it has the true one's size.
    """
    extreme, shots, size = case.extreme, case.shots, case.cut.next.keyframe.size
    made = blurred(pixels_of(picture, size))
    to_true, to_current = (
        square_error(made, blurred(np.asarray(shot.keyframe)))
        for shot in (case.cut.next, case.cut.current)
    )
    ordinary = shots.film_set.picture(extreme.ordinary, size, shots.samples)
    return to_true < min(to_current, square_error(made, blurred(ordinary)))


def _told(shots: TrueShots, extreme: ExtremeCut, chance: Random) -> Cut:
    """The cut in words, with both pictures."""
    film_set, size, samples = shots.film_set, shots.size, shots.samples
    current, following = (
        Image.fromarray(picture)
        for picture in (
            film_set.picture(extreme.current, size, samples),
            extreme.picture(size, samples),
        )
    )
    return Cut(
        film=f"soundstage-{film_set.seed}",
        current=Shot(
            name=extreme.current.name.replace(" ", "_"),
            keyframe=current,
            prompt=individual_prompt(film_set, extreme.current, chance),
        ),
        next=Shot(
            name=extreme.shown.name.replace(" ", "_"),
            keyframe=following,
            prompt=extreme.next_prompt(chance),
        ),
        patterns=frozenset(),
        relational=extreme.relational_prompt(chance),
    )
