"""Sets in action, on demand: poses of the leads, and what moves while the shutter is open.

`in_action(build_set(7))` is the set of seed 7 in all else. A picture of something that moves is the
mean of several moments, and costs as much as they.
"""

from dataclasses import replace
from random import Random

import numpy as np

from cut2next.soundstage.film_set import FilmSet, Prop
from cut2next.soundstage.people import Person

_MOMENTS = 13
"""While the shutter is open: so many that they run into one another."""
_AWAY = 0.9
"""How far somebody turns away from the cameras, radians."""


def in_action(film_set: FilmSet) -> FilmSet:
    """The same set, its leads in poses; in half of all sets a hand, a head or the camera moves."""
    chance = Random(f"cut2next action {film_set.seed}")
    first, second, *others = film_set.cast
    doing = chance.sample(("leaning in", "reaching", "arms crossed", "turned away"), 2)
    leads = [
        _posed(person, pose, prop, film_set.front)
        for person, pose, prop in zip((first, second), doing, film_set.props, strict=True)
    ]
    acting = replace(film_set, cast=(*leads, *others))
    moving = chance.choice(("", "", "", "hand", "head", "camera"))
    if moving == "camera":
        return replace(acting, moments=(acting,) * _MOMENTS, pan=chance.choice((-0.06, 0.06)))
    return _moved(acting, chance.randrange(2), moving) if moving else acting


def _posed(person: Person, pose: str, prop: Prop, front: float) -> Person:
    """A lead who does something; `prop` is the one at hand."""
    if pose == "leaning in":
        return replace(person, doing=pose, lean=0.2)
    if pose == "arms crossed":
        return replace(person, doing=pose, crossed=True, gesture=False)
    if pose == "turned away":
        side = 1.0 if person.mark[0] < 0 else -1.0
        return replace(person, doing=pose, yaw=-side * (np.pi / 2 + _AWAY * front), gaze=0.0)
    x, y, z = (float(value) for value in prop.at)
    doing = f"reaching for the {prop.color} {prop.name}"
    return replace(person, doing=doing, reach=(x, y, z + 0.08), lean=0.2)


def _moved(acting: FilmSet, lead: int, moving: str) -> FilmSet:
    """The set, with a lead's hand or head moving while the shutter is open."""
    person = acting.cast[lead]
    words = "waving a hand" if moving == "hand" else "turning the head"
    if moving == "hand":
        person = replace(person, gesture=True, crossed=False, reach=None)
    times = np.linspace(-0.5, 0.5, _MOMENTS)
    moments = tuple(
        _with(acting, lead, _later(replace(person, doing=words), moving, float(time)))
        for time in times
    )
    middle = moments[len(moments) // 2]
    return replace(middle, moments=moments)


def _later(person: Person, moving: str, time: float) -> Person:
    """Somebody at a time of the exposure, from -0.5 to 0.5."""
    if moving == "hand":
        return replace(person, sway=0.12 * time)
    return replace(person, gaze=person.gaze + 0.35 * time)


def _with(acting: FilmSet, lead: int, person: Person) -> FilmSet:
    cast = list(acting.cast)
    cast[lead] = person
    return replace(acting, cast=tuple(cast))
