"""What is truly seen in a shot on the film set: faces, things and the camera, without any network.

The rules of the geometry judge are tried on it, so that what a network overlooks and what a rule
gets wrong are told apart. Nothing here asks which patterns the cameras were placed for.
"""

from collections.abc import Iterator
from math import asin, atan2, degrees

import numpy as np

from cut2next.cutbench.features.network import Vectors
from cut2next.cutbench.geometry.sight import Face, Sight
from cut2next.soundstage.camera import Setup
from cut2next.soundstage.film_set import OWNERS, FilmSet
from cut2next.soundstage.people import Look, Person
from cut2next.soundstage.primitives import Floats, Ints, turn, vector
from cut2next.soundstage.render import View

HEAD = 0.24
"""Metres from chin to crown."""
_SAME = 0.5
"""Between 0, the same person, and about the square root of 2, another."""
_LONG = 64
_LEAST = 0.0002
"""Of the picture's pixels that show a prop: with fewer it is overlooked."""


def true_sight(film_set: FilmSet, setup: Setup, object_ids: Ints) -> Sight:
    """Of a setup, of which `FilmSet.light` gave the object ids [H, W]."""
    faces = [
        _face(person, setup.view, film_set.aspect)
        for owner, person in zip(OWNERS, film_set.cast, strict=False)
        if (_part_at(film_set, setup.view, person.eyes, object_ids) or "").startswith(f"{owner}.")
    ]
    of_thing = not any(subject in OWNERS for subject in setup.subjects)
    x, y, z = map(float, setup.view.axes[2])
    return Sight(
        faces=() if of_thing else tuple(sorted(faces, key=lambda face: -face.size)),
        same=_SAME,
        things=dict(_things(film_set, setup, object_ids)),
        of=setup.subjects[0] if of_thing else None,
        direction=(x, y, z),
    )


def _face(person: Person, view: View, aspect: float) -> Face:
    right, up, forward = view.axes @ (person.eyes - view.position)
    height = forward * view.tangent * 2  # metres that fill the picture's height there
    x, y, half = 0.5 + right / (height * aspect), 0.5 - up / height, HEAD / height / 2
    looks = turn(person.yaw) @ turn(person.gaze, person.tilt) @ vector([0, 1, 0])
    # About the upright, so that nobody turns for a camera that looks down.
    aside, away = view.axes[0, :2] @ looks[:2], _level(view.axes[2]) @ looks[:2]
    return Face(
        box=(x - half / aspect, y - half, x + half / aspect, y + half),
        yaw=degrees(atan2(aside, -away)),
        pitch=degrees(asin(np.clip(view.axes[1] @ looks, -1, 1))),
        who=who_is(person.look),
    )


def who_is(look: Look) -> Vectors:
    """A direction of its own for every look [D], on all sets alike: two are nearly square."""
    draw = np.random.default_rng(list(repr(look).encode()))
    drawn: Vectors = draw.normal(size=_LONG).astype(np.float32)
    return drawn / np.linalg.norm(drawn)


def _level(axis: Floats) -> Floats:
    """Where it leads on the ground [2], as long as ever."""
    along: Floats = axis[:2] / np.linalg.norm(axis[:2])
    return along


def _things(film_set: FilmSet, setup: Setup, object_ids: Ints) -> Iterator[tuple[str, float]]:
    """Props by their pixels; what a cutaway can show where the picture shows the set there."""
    parts = film_set.geometry.parts
    for index, prop in enumerate(film_set.props):
        mine = [n for n, part in enumerate(parts) if part.startswith(f"prop{index}")]
        if np.isin(object_ids, mine).mean() >= _LEAST:
            yield f"prop{index}", 1 / _height_there(setup.view, prop.at)
    for index, feature in enumerate(film_set.place.features):
        at = vector(feature.at)
        if (part := _part_at(film_set, setup.view, at, object_ids)) and not _moves(part):
            yield f"feature{index}", 1 / _height_there(setup.view, at)


def _height_there(view: View, at: Floats) -> float:
    """Metres that fill the picture's height at a point's depth."""
    return float(2 * view.tangent * (view.axes[2] @ (at - view.position)))


def _part_at(film_set: FilmSet, view: View, at: Floats, object_ids: Ints) -> str | None:
    """What shows where a point should be; None where it is out of frame."""
    right, up, forward = view.axes @ (at - view.position)
    if forward <= 0:
        return None
    height, width = object_ids.shape
    tall = 2 * forward * view.tangent
    column = int((0.5 + right / (tall * film_set.aspect)) * width)
    row = int((0.5 - up / tall) * height)
    if not (0 <= column < width and 0 <= row < height):
        return None
    part: str = film_set.geometry.parts[object_ids[row, column]]
    return part


def _moves(part: str) -> bool:
    """Whether a part is a person's or a prop's."""
    return part.split(".")[0] in OWNERS or part.startswith("prop")
