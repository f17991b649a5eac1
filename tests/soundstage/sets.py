"""Film sets for tests: small pictures, and each set built once."""

from functools import cache

import numpy as np

from cut2next.soundstage.camera import Setup
from cut2next.soundstage.film_set import FilmSet, build_set
from cut2next.soundstage.primitives import Ints
from cut2next.soundstage.repertoire import EVERYTHING, Repertoire

SMALL = (96, 40)


@cache
def film_set(seed: int, *, place: str | None = None, aspect: float = 2.4) -> FilmSet:
    """The set of a seed, in one of the six places or in the one asked for."""
    repertoire = EVERYTHING if place is None else Repertoire(places=(place,))
    return build_set(seed, repertoire=repertoire, aspect=aspect)


def setup_of(shot_on: FilmSet, name: str) -> Setup:
    """The setup of that name."""
    return next(setup for setup in shot_on.setups if setup.name == name)


def object_ids(shot_on: FilmSet, setup: Setup, size: tuple[int, int] = SMALL) -> Ints:
    """What each pixel of a setup shows [H, W], by one ray a pixel."""
    return shot_on.light(setup, size, 1)[1]


def share(shot_on: FilmSet, ids: Ints, owner: str) -> float:
    """The part of a picture that an owner ("a", "prop0") takes up, 0..1."""
    parts = shot_on.geometry.parts
    owned = [at for at, part in enumerate(parts) if part.split(".")[0] == owner]
    return float(np.isin(ids, owned).mean())
