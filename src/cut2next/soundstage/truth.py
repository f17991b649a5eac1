"""What is true of a shot on the film set: what is where, in which colours, seen from where.

Models see none of it; they are judged by it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from cut2next.soundstage.camera import Setup
from cut2next.soundstage.film_set import OWNERS, FilmSet
from cut2next.soundstage.palette import RGB
from cut2next.soundstage.primitives import Floats, Geometry, Ints, Texture
from cut2next.soundstage.render import View

Triple = tuple[float, float, float]

PIXEL_KINDS = ("setting", "people", "eyes", "props")
"""What a pixel can show; glasses are eyes. Numbered in this order, on disk too: append only."""


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A pinhole camera, in the world: metres, right-handed, z up; the three axes are unit vectors.

    The optical axis meets the middle of the picture, pixels are square.
    """

    position: Triple
    right: Triple
    up: Triple
    forward: Triple
    field_of_view: float
    """From the picture's lower edge to its upper one, radians."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Truth:
    """What is true of one shot."""

    object_ids: Ints
    """[H, W]: what each pixel shows, an index of `parts`."""
    parts: tuple[str, ...]
    """The names behind the ids: "a.hair", "prop0", "walls". People's and props' begin with their
    owner."""
    palette: Mapping[str, tuple[RGB, ...]]
    """By part: every paint on it, linear RGB before any light falls on it, the main one first."""
    words: Mapping[str, Mapping[str, str]]
    """By owner ("a", "b", "c", "prop0", "prop1", "place", "light"): what the palette calls it."""
    camera: Camera
    subjects: tuple[str, ...]
    """The owners, or the "feature0" or "feature1", that the shot is of."""


def truth_of(film_set: FilmSet, setup: Setup, object_ids: Ints) -> Truth:
    """What is true of a setup, of which `FilmSet.light` gave the object ids [H, W]."""
    return Truth(
        object_ids=object_ids,
        parts=tuple(film_set.geometry.parts),
        palette=_palette(film_set.geometry),
        words=words_of(film_set),
        camera=_camera(setup.view),
        subjects=setup.subjects,
    )


def pixel_kinds(parts: Sequence[str]) -> NDArray[np.uint8]:
    """By object id, what of `PIXEL_KINDS` its part is: [parts]."""
    return np.array([PIXEL_KINDS.index(_pixel_kind(part)) for part in parts], np.uint8)


def _pixel_kind(part: str) -> str:
    owner, *of_person = part.split(".")
    if owner in OWNERS:
        return "eyes" if of_person[-1] in ("eyes", "glasses") else "people"
    return "props" if owner.startswith("prop") else "setting"


def _palette(geometry: Geometry) -> dict[str, tuple[RGB, ...]]:
    """The paints of each part, in the order its solids were built; textures have a second one."""
    palette: dict[str, dict[RGB, None]] = {part: {} for part in geometry.parts}
    for number, look in zip(geometry.part_of, geometry.look, strict=True):
        paints = palette[geometry.parts[number]]
        paints[_triple(look[0:3])] = None
        if look[6] != Texture.PLAIN:
            paints[_triple(look[3:6])] = None
    return {part: tuple(paints) for part, paints in palette.items()}


def words_of(film_set: FilmSet) -> dict[str, dict[str, str]]:
    """By owner, what the palette calls it; the owners are those of `Truth.words`."""
    place = film_set.place
    people = {
        owner: {"name": person.name, **asdict(person.look)}
        for owner, person in zip(OWNERS, film_set.cast, strict=False)
    }
    props = {
        f"prop{index}": {"name": prop.name, "color": prop.color}
        for index, prop in enumerate(film_set.props)
    }
    return {
        **people,
        **props,
        "place": {"name": place.name, "walls": place.walls, "accent": place.accent},
        "light": {"hour": film_set.hour, "grade": film_set.grade},
    }


def _camera(view: View) -> Camera:
    right, up, forward = (_triple(axis) for axis in view.axes)
    return Camera(
        position=_triple(view.position),
        right=right,
        up=up,
        forward=forward,
        field_of_view=float(2 * np.arctan(view.tangent)),
    )


def _triple(values: Floats) -> Triple:
    """Rounded to what single precision holds, so that it is short when written out."""
    x, y, z = (round(float(value), 6) for value in values)
    return x, y, z
