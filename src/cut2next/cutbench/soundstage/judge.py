"""The judge of one case: knows its film set, and what is right of any next shot made for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from PIL import Image

from cut2next.cutbench.metrics.blurred_error import Blurred, blurred, nearest, square_error
from cut2next.cutbench.metrics.metric import Pixels, pixels_of
from cut2next.cutbench.soundstage.look import Region, read_look, regions
from cut2next.soundstage.camera import Setup
from cut2next.soundstage.film_set import FilmSet
from cut2next.soundstage.lighting import HOURS
from cut2next.soundstage.primitives import Ints

IN_KEEPING = 0.8
"""The least share of regions, light included, that must be right for the look to hold."""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What is right of one next shot. It fails in one of three ways, or in none."""

    shown: str
    """The setup that it is nearest to."""
    camera: bool
    """Whether that is the one that was asked for."""
    looks: Mapping[str, bool]
    """By region ("a.hair", "b.skin", "b.top", "walls", "light"), whether it is right."""
    static_cut: bool
    """Whether it is nearer to the current shot than to the true next one."""
    shown_look: float = 0.0
    """The share of regions that are right for the setup that it shows, where that decides."""

    @property
    def look(self) -> float:
        """The share of regions that are right, light included."""
        return _share(self.looks)

    @property
    def identity_drift(self) -> bool:
        """Right camera, wrong look."""
        return self.camera and self.look < IN_KEEPING

    @property
    def incoherence(self) -> bool:
        """Right look, wrong camera or subject; what repeats the current shot is a static cut."""
        return not self.camera and not self.static_cut and self.shown_look >= IN_KEEPING

    def kind(self, name: str) -> float | None:
        """The share of right regions of a kind ("hair", "light"); None where there are none."""
        of_kind = {part: right for part, right in self.looks.items() if part.endswith(name)}
        return _share(of_kind) if of_kind else None


@dataclass(kw_only=True, eq=False)
class Judge:
    """Renders what a case's pictures are compared with, once for all that are judged."""

    film_set: FilmSet
    current: Setup
    asked: Setup
    """The setup that the next shot is to be."""
    size: tuple[int, int]
    """Of pictures, pixels."""
    samples: int
    _latest: tuple[Image.Image, Findings] | None = field(default=None, init=False)
    _expected: dict[str, tuple[list[Region], dict[str, Blurred]]] = field(
        default_factory=dict, init=False
    )

    def findings(self, picture: Image.Image) -> Findings:
        """What is right of a next shot. Raises InputError when its size is not the true one's."""
        # Every metric asks for the same picture in turn.
        if self._latest is None or self._latest[0] is not picture:
            self._latest = picture, self._examined(picture)
        return self._latest[1]

    def _examined(self, picture: Image.Image) -> Findings:
        made = pixels_of(picture, self.size)
        soft = blurred(made)
        asked = self.asked.name
        shown = nearest(soft, self._blurred, asked)
        to_current = square_error(soft, self._blurred[self.current.name])
        static_cut = to_current < square_error(soft, self._blurred[asked])
        # Costs renders of another setup, so only where it decides.
        decides = shown != asked and not static_cut
        return Findings(
            shown=shown,
            camera=shown == asked,
            looks=self._looks(made, soft, asked),
            static_cut=static_cut,
            shown_look=_share(self._looks(made, soft, shown)) if decides else 0.0,
        )

    @cached_property
    def _shots(self) -> dict[str, tuple[Pixels, Ints]]:
        """By setup, the true picture and its object ids."""
        shots = {}
        for setup in self.film_set.setups:
            light, ids = self.film_set.light(setup, self.size, self.samples)
            shots[setup.name] = self.film_set.develop(light), ids
        return shots

    @cached_property
    def _blurred(self) -> dict[str, Blurred]:
        return {name: blurred(picture) for name, (picture, _) in self._shots.items()}

    def _looks(self, made: Pixels, soft: Blurred, name: str) -> dict[str, bool]:
        """The look of a picture, read as if it showed the setup of that name."""
        if name not in self._expected:
            self._expected[name] = self._expectations(name)
        surfaces, hours = self._expected[name]
        hour = self.film_set.hour
        return {**read_look(made, surfaces), "light": nearest(soft, hours, hour) == hour}

    def _expectations(self, name: str) -> tuple[list[Region], dict[str, Blurred]]:
        setup = next(setup for setup in self.film_set.setups if setup.name == name)
        _, ids = self._shots[name]
        surfaces = regions(self.film_set, setup, ids, self.size, self.samples)
        return surfaces, at_every_hour(self.film_set, setup, self.size, self.samples)


def at_every_hour(
    film_set: FilmSet, setup: Setup, size: tuple[int, int], samples: int
) -> dict[str, Blurred]:
    """A setup by hour, blurred; grade, cast and all else stay."""
    return {
        hour: blurred(replace(film_set, hour=hour).picture(setup, size, samples)) for hour in HOURS
    }


def _share(rights: Mapping[str, bool]) -> float:
    return sum(rights.values()) / len(rights)
