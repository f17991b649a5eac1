"""The judge of one case: knows its film set, and finds a verdict on any next shot made for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image

from cut2next.cutbench.cases import Case
from cut2next.cutbench.metrics.camera import shown_setup
from cut2next.cutbench.metrics.failures import (
    is_identity_drift,
    is_incoherence,
    is_static_cut,
)
from cut2next.cutbench.metrics.fidelity import psnr, ssim
from cut2next.cutbench.metrics.light import at_every_hour, is_hour_right
from cut2next.cutbench.metrics.look import Region, read_look, regions
from cut2next.cutbench.metrics.nearness import Picture, softened
from cut2next.film import InputError
from cut2next.soundstage.primitives import Floats, Ints


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was found of one next shot."""

    shown: str
    """The setup that it is nearest to."""
    camera: bool
    """Whether that is the one that was asked for."""
    looks: Mapping[str, bool]
    """By region ("a.hair", "b.skin", "b.top", "walls", "light"), whether it is right."""
    psnr: float
    """Decibels."""
    ssim: float
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

    def __init__(self, case: Case) -> None:
        self.case = case
        self.asked = case.following.name
        self._expected: dict[str, tuple[list[Region], dict[str, Floats]]] = {}

    def verdict(self, image: Image.Image) -> Verdict:
        """The verdict on a next shot. Raises InputError when it has another size than the true."""
        made = self._picture(image)
        soft = softened(made)
        shown = shown_setup(soft, self._setups, self.asked)
        camera = shown == self.asked
        static_cut = is_static_cut(
            soft, self._setups[self.case.current.name], self._setups[self.asked]
        )
        looks = self._looks(made, soft, self.asked)
        true, _ = self._shots[self.asked]
        # Costs renders of another setup, so only where it decides.
        shown_look = 0.0 if camera or static_cut else _share(self._looks(made, soft, shown))
        return Verdict(
            shown=shown,
            camera=camera,
            looks=looks,
            psnr=psnr(made, true),
            ssim=ssim(made, true),
            static_cut=static_cut,
            identity_drift=is_identity_drift(camera=camera, look=_share(looks)),
            incoherence=is_incoherence(camera=camera, static_cut=static_cut, shown_look=shown_look),
        )

    def _picture(self, image: Image.Image) -> Picture:
        if image.size != self.case.size:
            raise InputError(
                "a next shot of {}x{}".format(*image.size),
                expected="one of {}x{}, as the true one".format(*self.case.size),
                hint="judge the model at its own size",
            )
        return np.asarray(image.convert("RGB"))

    @cached_property
    def _shots(self) -> dict[str, tuple[Picture, Ints]]:
        """By setup, the true picture and its object ids."""
        shots = {}
        for setup in self.case.film_set.setups:
            light, ids = self.case.film_set.light(setup, self.case.size, self.case.samples)
            shots[setup.name] = self.case.film_set.develop(light), ids
        return shots

    @cached_property
    def _setups(self) -> dict[str, Floats]:
        return {name: softened(picture) for name, (picture, _) in self._shots.items()}

    def _looks(self, made: Picture, soft: Floats, name: str) -> dict[str, bool]:
        """The look of a picture, read as if it showed the setup of that name."""
        if name not in self._expected:
            self._expected[name] = self._expectations(name)
        found, hours = self._expected[name]
        light = is_hour_right(soft, hours, self.case.film_set.hour)
        return {**read_look(made, found), "light": light}

    def _expectations(self, name: str) -> tuple[list[Region], dict[str, Floats]]:
        film_set, size, samples = self.case.film_set, self.case.size, self.case.samples
        setup = next(setup for setup in film_set.setups if setup.name == name)
        _, ids = self._shots[name]
        found = regions(film_set, setup, ids, size, samples)
        return found, at_every_hour(film_set, setup, size, samples)


def _share(rights: Mapping[str, bool]) -> float:
    return sum(rights.values()) / len(rights)
