"""The judge of one case: knows its film set, and what is right of any next shot made for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from PIL import Image

from cut2next.cutbench.metrics.blurred_error import Blurred, blurred, nearest
from cut2next.cutbench.metrics.metric import Pixels, pixels_of
from cut2next.cutbench.soundstage.failures import is_identity_drift, is_incoherence, is_static_cut
from cut2next.cutbench.soundstage.light import at_every_hour, is_hour_right
from cut2next.cutbench.soundstage.look import Region, read_look, regions
from cut2next.soundstage.camera import Setup
from cut2next.soundstage.film_set import FilmSet
from cut2next.soundstage.primitives import Ints


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What is right of one next shot."""

    shown: str
    """The setup that it is nearest to."""
    camera: bool
    """Whether that is the one that was asked for."""
    looks: Mapping[str, bool]
    """By region ("a.hair", "b.skin", "b.top", "walls", "light"), whether it is right."""
    static_cut: bool
    identity_drift: bool
    incoherence: bool

    @property
    def look(self) -> float:
        """The share of regions that are right, light included."""
        return _share(self.looks)

    def kind(self, name: str) -> float | None:
        """The share of right regions of a kind ("hair", "light"); None where there are none."""
        of_kind = {part: right for part, right in self.looks.items() if part.endswith(name)}
        return _share(of_kind) if of_kind else None


class Judge:
    """Renders what a case's pictures are compared with, once for all that are judged."""

    def __init__(
        self,
        *,
        film_set: FilmSet,
        current: Setup,
        asked: Setup,
        size: tuple[int, int],
        samples: int,
    ) -> None:
        """`asked` is the setup that the next shot is to be; pictures are of `size`, in pixels."""
        self.film_set, self.current, self.asked = film_set, current, asked
        self.size, self.samples = size, samples
        self._latest: tuple[Image.Image, Findings] | None = None
        self._expected: dict[str, tuple[list[Region], dict[str, Blurred]]] = {}

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
        camera = shown == asked
        static_cut = is_static_cut(soft, self._blurred[self.current.name], self._blurred[asked])
        looks = self._looks(made, soft, asked)
        # Costs renders of another setup, so only where it decides.
        shown_look = 0.0 if camera or static_cut else _share(self._looks(made, soft, shown))
        return Findings(
            shown=shown,
            camera=camera,
            looks=looks,
            static_cut=static_cut,
            identity_drift=is_identity_drift(camera=camera, look=_share(looks)),
            incoherence=is_incoherence(camera=camera, static_cut=static_cut, shown_look=shown_look),
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
        light = is_hour_right(soft, hours, self.film_set.hour)
        return {**read_look(made, surfaces), "light": light}

    def _expectations(self, name: str) -> tuple[list[Region], dict[str, Blurred]]:
        setup = next(setup for setup in self.film_set.setups if setup.name == name)
        _, ids = self._shots[name]
        surfaces = regions(self.film_set, setup, ids, self.size, self.samples)
        return surfaces, at_every_hour(self.film_set, setup, self.size, self.samples)


def _share(rights: Mapping[str, bool]) -> float:
    return sum(rights.values()) / len(rights)
