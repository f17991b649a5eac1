"""A film set from a seed: a place, a cast, props, an hour, a grade, and every camera setup."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from random import Random

import numpy as np
from numpy.typing import NDArray

from cut2next.soundstage.camera import Setup, setups
from cut2next.soundstage.lighting import HOURS, at_hour, develop, lights_for
from cut2next.soundstage.palette import ACCENTS
from cut2next.soundstage.people import COMPANY, NAMES, Look, Person, draw_look
from cut2next.soundstage.places import Place, build_place
from cut2next.soundstage.places.dressing import stool
from cut2next.soundstage.primitives import Floats, Geometry, Ints
from cut2next.soundstage.props import PROPS, build_prop
from cut2next.soundstage.puppets import build_person
from cut2next.soundstage.render import Illumination, render
from cut2next.soundstage.repertoire import EVERYTHING, Repertoire

OWNERS = "abc"
"""The cast in object ids and setups: "a.hair" is the first lead's hair."""


@dataclass(frozen=True, kw_only=True)
class Prop:
    """Something on the table: its name, its colour word and where it stands."""

    name: str
    color: str
    at: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class FilmSet:
    """One frozen moment on a dressed set. The same seed gives the same set, everywhere."""

    seed: int
    place: Place
    cast: tuple[Person, ...]
    """Leads "a" and "b", and sometimes a third, "c", behind them."""
    props: tuple[Prop, Prop]
    hour: str
    grade: str
    front: float
    """The side of the axis the cameras stand on: ±1 along y."""
    key_side: float
    aspect: float = 2.4
    moments: "tuple[FilmSet, ...]" = ()
    """What an open shutter sees, from first to last, an odd number; this set is the middle one."""
    pan: float = 0.0
    """How far the camera turns while the shutter is open, radians."""

    @cached_property
    def setups(self) -> tuple[Setup, ...]:
        """Every camera setup of the set."""
        at = tuple(prop.at for prop in self.props)
        return setups(self.place, self.cast, at, self.geometry, self.front, self.aspect)

    @cached_property
    def geometry(self) -> Geometry:
        """All solids, lit for the hour."""
        hour, solids = HOURS[self.hour], list(self.place.solids)
        for owner, person in zip(OWNERS, self.cast, strict=False):
            solids += build_person(person, owner)
        if len(self.cast) > 2 and self.cast[2].seated:
            solids += stool(*self.cast[2].mark, ACCENTS[self.place.accent])
        for index, prop in enumerate(self.props):
            solids += build_prop(prop.name, prop.color, prop.at, f"prop{index}")
        lit = [replace(solid, material=at_hour(solid.material, hour)) for solid in solids]
        return Geometry(lit, [at_hour(material, hour) for material in self.place.shell])

    def altered(self, change: Callable[["FilmSet"], "FilmSet"]) -> "FilmSet":
        """The set with something otherwise, at every moment that an open shutter sees."""
        changed = {moment: change(moment) for moment in self.moments}
        return replace(change(self), moments=tuple(changed[moment] for moment in self.moments))

    def light(
        self, setup: Setup, size: tuple[int, int], samples: int = 2, *, on_card: bool = False
    ) -> tuple[Floats, Ints]:
        """Linear light [H, W, 3] and object ids [H, W] (indices of `geometry.parts`).

        `on_card` renders on a CUDA card. Raises InputError where there is none.
        """
        if self.moments:
            return self._blurred(setup, size, samples, on_card)
        extent = self.place.extent
        light = self._illumination
        return render(self.geometry, extent, setup.view, light, size, samples, on_card=on_card)

    def _blurred(
        self, setup: Setup, size: tuple[int, int], samples: int, on_card: bool
    ) -> tuple[Floats, Ints]:
        """The mean of the light of all moments, and what the middle one shows."""
        angles = np.linspace(-self.pan / 2, self.pan / 2, len(self.moments))
        takes = [
            moment.light(
                replace(setup, view=setup.view.panned(angle)), size, samples, on_card=on_card
            )
            for moment, angle in zip(self.moments, angles, strict=True)
        ]
        light: Floats = np.mean([light for light, _ in takes], axis=0, dtype=np.float32)
        return light, takes[len(takes) // 2][1]

    @cached_property
    def _illumination(self) -> Illumination:
        """Kept: sorting the solids for the lights costs as much as a small picture."""
        hour, table = HOURS[self.hour], self.place.table
        lights = lights_for(hour, front=self.front, key_side=self.key_side, table=table)
        return Illumination(self.geometry, self.place.extent, lights)

    def picture(self, setup: Setup, size: tuple[int, int], samples: int = 2) -> NDArray[np.uint8]:
        """The keyframe as bytes [H, W, 3]; `size` is (width, height), pixels."""
        light, _ = self.light(setup, size, samples)
        return self.develop(light)

    def develop(self, light: Floats) -> NDArray[np.uint8]:
        """Linear light [H, W, 3] through the set's grade, as bytes."""
        return (develop(light, self.grade) * 255 + 0.5).astype(np.uint8)


def build_set(seed: int, *, repertoire: Repertoire = EVERYTHING, aspect: float = 2.4) -> FilmSet:
    """The set of a seed, built from a repertoire."""
    chance = Random(f"cut2next soundstage {seed}")  # a text seed: the same on every platform
    place = build_place(chance.choice(repertoire.places), chance)
    front = chance.choice((-1.0, 1.0))
    (left, left_colors), (right, right_colors) = chance.sample(PROPS, 2)
    return FilmSet(
        seed=seed,
        place=place,
        cast=_draw_cast(chance, place, front, repertoire),
        props=(
            Prop(name=left, color=chance.choice(left_colors), at=_spot(-1.0, front, place)),
            Prop(name=right, color=chance.choice(right_colors), at=_spot(1.0, front, place)),
        ),
        hour=chance.choice(repertoire.hours),
        grade=chance.choice(repertoire.grades),
        front=front,
        key_side=chance.choice((-1.0, 1.0)),
        aspect=aspect,
    )


def _spot(side: float, front: float, place: Place) -> Floats:
    return np.array([side * place.reach, 0.16 * front, place.table], np.float32)


def _draw_cast(
    chance: Random, place: Place, front: float, repertoire: Repertoire
) -> tuple[Person, ...]:
    names = chance.sample(NAMES, 3)
    looks = _draw_looks(chance, repertoire)
    leads = _draw_leads(chance, place, front, names, looks)
    people = repertoire.people
    alone = chance.random() < 0.4 if len(people) > 1 else people == ("2",)
    if alone:
        return leads
    third = Person(
        name=names[2],
        look=looks[2],
        mark=(
            chance.choice((-0.02, 0.02)),
            -2.6 * front,
        ),  # so that no single cuts through the head
        yaw=0.0 if front > 0 else np.pi,
        seated=place.seated,
    )
    return (*leads, third)


def _draw_looks(chance: Random, repertoire: Repertoire) -> list[Look]:
    """Three looks that cannot be taken for one another."""
    if repertoire.company_alone:
        return chance.sample(COMPANY, 3)
    looks: list[Look] = []
    for _ in range(3):
        looks.append(draw_look(chance, looks, repertoire.looks))
    return looks


def _draw_leads(
    chance: Random, place: Place, front: float, names: list[str], looks: list[Look]
) -> tuple[Person, ...]:
    """The first two of the cast, face to face across the table."""
    distance = 0.80 if place.seated else 0.66
    open_to_camera = 0.22 * front  # actors cheat a little towards the lens
    return tuple(
        Person(
            name=name,
            look=look,
            mark=(-side * distance, 0.0),
            yaw=-side * (np.pi / 2 - open_to_camera),
            gaze=chance.choice((0.0, 0.0, 0.45)) * side * front,
            tilt=chance.choice((0.0, 0.0, -0.28)),
            seated=place.seated,
            gesture=chance.random() < 0.35,
        )
        for name, look, side in zip(names, looks, (1.0, -1.0), strict=False)
    )
