"""Held-out cases: cuts of film sets that no model was trained on, with all that is true of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from PIL import Image

from cut2next.cutbench.cases import CaseWithTruth
from cut2next.cutbench.soundstage.judge import Judge
from cut2next.cutbench.soundstage.true_shots import TrueShots
from cut2next.film import InputError
from cut2next.soundstage import PICTURE_SIZE
from cut2next.soundstage.camera import Setup
from cut2next.soundstage.film_set import FilmSet
from cut2next.soundstage.production import Production

FIRST_HELD_OUT = 1_000_000
"""Training seeds count up from zero and stay far below; from here on a set is held out."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SetCase(CaseWithTruth):
    """A cut, and the set it was shot on."""

    shots: TrueShots
    """Of the set, for all cases on it."""

    @property
    def film_set(self) -> FilmSet:
        """The set."""
        return self.shots.film_set

    @property
    def current(self) -> Setup:
        """The setup of the current shot."""
        return self._setups[self.cut.current.name]

    @property
    def following(self) -> Setup:
        """The setup that the next shot is asked to be."""
        return self._setups[self.cut.next.name]

    @cached_property
    def judge(self) -> Judge:
        """Who knows the set, and renders what pictures are compared with once for all of them."""
        return Judge(shots=self.shots, current=self.current, asked=self.following)

    def facts(self, picture: Image.Image, values: Mapping[str, float | None]) -> Mapping[str, Any]:
        """What is right of a next shot, with how near it is to the true one."""
        findings = self.judge.findings(picture)
        return {
            "shown": findings.shown,
            "camera": findings.camera,
            "looks": dict(findings.looks),
            "props": dict(self.judge.props(picture)),
            **{name: values[name] for name in ("psnr", "ssim") if name in values},
            "static_cut": findings.static_cut,
            "identity_drift": findings.identity_drift,
            "incoherence": findings.incoherence,
            "look": findings.look,
        }

    @cached_property
    def _setups(self) -> dict[str, Setup]:
        return {setup.name.replace(" ", "_"): setup for setup in self.film_set.setups}


@dataclass(frozen=True, kw_only=True)
class HeldOut(Production):
    """Cases number 0 to `count`, each on a set of its own, every editing pattern equally likely.

    Raises InputError for a seed below `FIRST_HELD_OUT`, and for what cannot be shot.
    """

    count: int = 500
    seed: int = FIRST_HELD_OUT
    size: tuple[int, int] = PICTURE_SIZE
    samples: int = 2
    """As in the rushes for training."""
    compared_samples: int | None = None
    """Of what is compared with them: as many, unless it has to be quick."""
    _latest: dict[int, TrueShots] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.seed < FIRST_HELD_OUT:
            raise InputError(
                f"seed {self.seed}, which may have been trained on",
                expected=f"{FIRST_HELD_OUT} or more",
                hint="leave it out for the usual sets",
            )

    def cases(self) -> Iterator[SetCase]:
        """All of them in order, each shot when it is asked for."""
        return map(self.case, range(self.count))

    def case(self, number: int) -> SetCase:
        """Case number 0, 1, ...; it depends on its seed alone."""
        return SetCase(cut=self.cut(number).cut, shots=self.shots(number))

    def shots(self, number: int) -> TrueShots:
        """The true shots of the set of case number 0, 1, ...

        Those of the latest number are kept: who asks again has what was rendered already.
        """
        if (kept := self._latest.get(number)) is not None:
            return kept
        shots = TrueShots(
            film_set=self.film_set(number),
            size=self.size,
            samples=self.samples,
            compared_samples=self.compared_samples or self.samples,
        )
        self._latest.clear()
        self._latest[number] = shots
        return shots
