"""The true shots of a set: what pictures are compared with, rendered once for all cases on it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil

import numpy as np
from PIL import Image

from cut2next.cutbench.metrics.blurred_error import Blurred, blurred
from cut2next.cutbench.metrics.metric import Pixels, pixels_of
from cut2next.cutbench.soundstage.leads import exchanged
from cut2next.cutbench.soundstage.look import Mask, Region, part_masks, regions
from cut2next.cutbench.soundstage.props import PropChoices, prop_choices
from cut2next.soundstage.camera import Setup
from cut2next.soundstage.film_set import FilmSet
from cut2next.soundstage.lighting import HOURS
from cut2next.soundstage.primitives import Ints

LINES = 80
"""Height that larger pictures are compared at: so they are judged alike at any size, and soon."""


@dataclass(kw_only=True, eq=False)
class TrueShot:
    """One setup of a set as it truly looks, and as it would look if something were otherwise."""

    film_set: FilmSet
    setup: Setup
    full: tuple[tuple[int, int], int]
    """Width and height of the keyframe, pixels, and its samples."""
    size: tuple[int, int]
    """The same of what is compared."""
    samples: int

    @cached_property
    def keyframe(self) -> Image.Image:
        """At full size."""
        if self.full == (self.size, self.samples):
            return Image.fromarray(self.picture)
        return Image.fromarray(self.film_set.picture(self.setup, *self.full))

    @cached_property
    def picture(self) -> Pixels:
        """As it is."""
        return self._lit[0]

    @cached_property
    def object_ids(self) -> Ints:
        """What each pixel shows [H, W]."""
        return self._lit[1]

    @cached_property
    def blurred(self) -> Blurred:
        """As it is, blurred."""
        return blurred(self.picture)

    @cached_property
    def hours(self) -> dict[str, Blurred]:
        """By hour, blurred; grade, cast and all else stay."""
        return {
            hour: blurred(self._at(hour).picture(self.setup, self.size, self.samples))
            for hour in HOURS
        }

    def _at(self, hour: str) -> FilmSet:
        return self.film_set.altered(lambda moment: replace(moment, hour=hour))

    @cached_property
    def masks(self) -> Mapping[str, Mask]:
        """By part, where it can be judged."""
        return part_masks(self.film_set.geometry.parts, self.object_ids)

    @cached_property
    def regions(self) -> list[Region]:
        """Where paints are that can be judged."""
        return regions(self.film_set, self.setup, self.object_ids, self.size, self.samples)

    @cached_property
    def props(self) -> list[PropChoices]:
        """The things on the table that it shows, and what could stand there instead."""
        return prop_choices(self.film_set, self.setup, self.object_ids, self.size, self.samples)

    @cached_property
    def exchanged(self) -> Pixels:
        """With the two leads in each other's place."""
        return self.film_set.altered(exchanged).picture(self.setup, self.size, self.samples)

    @cached_property
    def _lit(self) -> tuple[Pixels, Ints]:
        light, object_ids = self.film_set.light(self.setup, self.size, self.samples)
        return self.film_set.develop(light), object_ids


@dataclass(kw_only=True, eq=False)
class TrueShots:
    """Every setup of a set."""

    film_set: FilmSet
    size: tuple[int, int]
    """Width and height of pictures that are judged."""
    samples: int
    compared_samples: int
    """Of what they are compared with."""

    @cached_property
    def of(self) -> Mapping[str, TrueShot]:
        """By the setup's name."""
        return {
            setup.name: TrueShot(
                film_set=self.film_set,
                setup=setup,
                full=(self.size, self.samples),
                size=self._compared,
                samples=self.compared_samples,
            )
            for setup in self.film_set.setups
        }

    @cached_property
    def blurred(self) -> Mapping[str, Blurred]:
        """All of them, blurred: to see which one a picture is."""
        return {name: shot.blurred for name, shot in self.of.items()}

    def read(self, picture: Image.Image) -> Pixels:
        """A picture as it is compared. Raises InputError when its size is not the true one's."""
        made = pixels_of(picture, self.size)
        if self._compared == self.size:
            return made
        return np.asarray(Image.fromarray(made).resize(self._compared, Image.Resampling.BOX))

    @property
    def _compared(self) -> tuple[int, int]:
        width, height = self.size
        return (width, height) if height <= LINES else (ceil(width * LINES / height), LINES)
