"""Where the camera may stand: every setup of a set, by shot size, framing and angle.

All setups of people stay on one side of the line between the two leads (the 180° rule). `patterns`
says which editing patterns join two setups; a change of angle counts from 30° on (the 30° rule).
"""

from dataclasses import dataclass

import numpy as np

from cut2next.film import EditingPattern
from cut2next.soundstage.people import Person
from cut2next.soundstage.places import Feature, Place
from cut2next.soundstage.primitives import Floats
from cut2next.soundstage.render import View

THIRTY_DEGREES = np.deg2rad(30)
_CLOSER = 1.5
"""How much smaller the framed height must become for a cut to count as a cut-in."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """One camera position: what it frames, how, and from where."""

    name: str
    size: str
    framing: str
    angle: str
    subjects: tuple[str, ...]
    """Who or what the shot is of: "a", "b", "c", "prop0", "feature1"."""
    holds: frozenset[str]
    """What else is in frame and could be cut in to."""
    framed: float
    """Metres of the subject that fill the picture's height."""
    view: View

    @property
    def side(self) -> str:
        """The side of the stage behind the subject."""
        x, y = self.view.axes[2, 0], self.view.axes[2, 1]
        if abs(x) > abs(y):
            return "east" if x > 0 else "west"
        return "north" if y > 0 else "south"


def patterns(current: Setup, following: Setup) -> frozenset[EditingPattern]:
    """The editing patterns of a cut between two setups of one set; none when no editor would cut."""
    found = set()
    same = current.subjects == following.subjects
    turned = angle_between(current, following) >= THIRTY_DEGREES
    closer = current.framed / following.framed
    if _answers(current, following) and 1 / _CLOSER < closer < _CLOSER:
        found.add(EditingPattern.SHOT_REVERSE_SHOT)
    if closer >= _CLOSER and set(following.subjects) <= current.holds:
        found.add(EditingPattern.CUT_IN)
    if closer <= 1 / _CLOSER and set(current.subjects) <= following.holds:
        found.add(EditingPattern.CUT_OUT)
    if _is_aside(following) and not _is_aside(current) and not set(following.subjects) & current.holds:
        found.add(EditingPattern.CUTAWAY)
    if same and turned and (found or 1 / _CLOSER < closer < _CLOSER):
        found.add(EditingPattern.MULTI_ANGLE)
    return frozenset(found)


def angle_between(one: Setup, other: Setup) -> float:
    """The angle between two setups' lines of sight, radians."""
    cosine = float(np.dot(one.view.axes[2], other.view.axes[2]))
    return float(np.arccos(np.clip(cosine, -1, 1)))


def _answers(current: Setup, following: Setup) -> bool:
    facing = ("single", "over the shoulder")
    pair = {current.subjects, following.subjects}
    level = current.angle == following.angle == "eye level"
    return pair == {("a",), ("b",)} and level and {current.framing, following.framing} <= set(facing)


def _is_aside(setup: Setup) -> bool:
    return setup.subjects == ("c",) or setup.subjects[0].startswith("feature")


def setups(
    place: Place,
    cast: tuple[Person, ...],
    props: tuple[Floats, ...],
    front: float,
    aspect: float,
) -> tuple[Setup, ...]:
    """All setups of a set. `front` is the cameras' side of the axis: ±1 along y."""
    stage = _Stage(place, cast, front, aspect)
    found = [*stage.groups(len(props)), *stage.singles("a"), *stage.singles("b")]
    found += [stage.insert(index, at) for index, at in enumerate(props)]
    found += [stage.feature(index, thing) for index, thing in enumerate(place.features)]
    if len(cast) > 2:
        found.append(stage.listener())
    return tuple(found)


class _Stage:
    def __init__(
        self, place: Place, cast: tuple[Person, ...], front: float, aspect: float
    ) -> None:
        self.place, self.cast, self.front, self.aspect = place, cast, front, aspect
        self.middle = (cast[0].eyes + cast[1].eyes) / 2

    def groups(self, props: int) -> list[Setup]:
        """The two leads together: wide, from above, closer."""
        everything = {"a", "b", *(f"prop{index}" for index in range(props))}
        if len(self.cast) > 2:
            everything.add("c")
        held = frozenset(everything)
        low = np.array([0, 0, -0.42], np.float32)
        return [
            self._at("wide", "wide", "2 shot", "eye level", ("a", "b"), held, self.middle + low, 2.3, 0.0, 0.04, 0.36),
            self._at("above", "wide", "establishing", "high", ("a", "b"), held, self.middle + 1.5 * low, 3.1, 0.35, 0.62, 0.36),
            self._at("two", "medium", "2 shot", "eye level", ("a", "b"), held, self.middle + 0.45 * low, 1.30, 0.0, 0.03, 0.24),
        ]  # fmt: skip

    def singles(self, who: str) -> list[Setup]:
        """One lead: closer and closer, over the other's shoulder, from the side, below, above."""
        towards = 1.0 if who == "a" else -1.0  # the other lead's direction along x
        eyes = self.cast["ab".index(who)].eyes

        def shot(
            name: str, size: str, framing: str, angle: str, framed: float, drop: float,
            turned: float, raised: float, tangent: float, room: float,
        ) -> Setup:  # fmt: skip
            target = eyes + np.array([0, 0, -drop], np.float32)
            # azimuth is measured from square-on to the axis; `turned` from the axis itself
            azimuth = towards * (np.pi / 2 - turned)
            return self._at(
                f"{name} {who}", size, framing, angle, (who,), frozenset({who}), target, framed,
                azimuth, raised, tangent, shift=towards * room,
            )  # fmt: skip

        return [
            shot("medium close up", "medium close up", "single", "eye level", 0.86, 0.16, 0.66, 0.02, 0.18, 0.14),
            shot("close up", "close up", "single", "eye level", 0.50, 0.03, 0.60, 0.0, 0.11, 0.10),
            shot("over shoulder", "medium", "over the shoulder", "eye level", 1.12, 0.16, 0.37, 0.07, 0.215, 0.15),
            shot("profile", "medium close up", "profile", "eye level", 0.90, 0.18, 1.50, 0.02, 0.19, 0.0),
            shot("below", "medium", "single", "low", 1.12, 0.24, 1.00, -0.32, 0.24, 0.05),
            shot("overhead", "medium", "single", "high", 1.25, 0.30, 0.95, 0.72, 0.24, 0.05),
        ]  # fmt: skip

    def insert(self, index: int, at: Floats) -> Setup:
        """A prop on the table."""
        target = at + np.array([0, 0, 0.07], np.float32)
        azimuth = 0.45 if at[0] < 0 else -0.45
        return self._at(
            f"insert {index}", "close up", "insert", "high", (f"prop{index}",),
            frozenset({f"prop{index}"}), target, 0.46, azimuth, 0.42, 0.16,
        )  # fmt: skip

    def listener(self) -> Setup:
        """The third of the cast, seen across the table."""
        target = self.cast[2].eyes + np.array([0, 0, -0.16], np.float32)
        return self._at(
            "listener", "medium close up", "single", "eye level", ("c",), frozenset({"c"}),
            target, 0.90, 0.10, 0.0, 0.20,
        )  # fmt: skip

    def feature(self, index: int, thing: Feature) -> Setup:
        """Something on one side of the stage, from within."""
        target = np.array(thing.at, np.float32)
        inward = -target * np.array([1, 1, 0], np.float32)
        sideways = abs(target[0]) / self.place.extent[0] > abs(target[1]) / self.place.extent[1]
        inward[1 if sideways else 0] = 0
        inward /= np.linalg.norm(inward)
        tangent = 0.42 if self.place.outside else 0.30
        eye = target + inward * (thing.height / (2 * tangent)) + np.array([0, 0, 0.08], np.float32)
        view = _look(eye, target, tangent)
        name = f"feature{index}"
        return Setup(
            name=name, size="medium", framing="insert", angle="eye level", subjects=(name,),
            holds=frozenset({name}), framed=thing.height, view=view,
        )  # fmt: skip

    def _at(
        self,
        name: str,
        size: str,
        framing: str,
        angle: str,
        subjects: tuple[str, ...],
        holds: frozenset[str],
        target: Floats,
        framed: float,
        azimuth: float,
        raised: float,
        tangent: float,
        shift: float = 0.0,
    ) -> Setup:
        """A setup `framed / 2 tangent` away from `target`, with looking room of `shift` widths."""
        away = np.array(
            [
                np.sin(azimuth) * np.cos(raised),
                self.front * np.cos(azimuth) * np.cos(raised),
                np.sin(raised),
            ],
            np.float32,
        )
        distance = framed / (2 * tangent)
        view = _look(target + away * distance, target, tangent)
        aside = np.array([1.0, 0, 0], np.float32) - view.axes[2] * view.axes[2, 0]
        aside /= np.linalg.norm(aside)
        moved = aside * (shift * framed * self.aspect)
        view = _look(self._inside(view.position + moved), target + moved, tangent)
        return Setup(
            name=name, size=size, framing=framing, angle=angle, subjects=subjects, holds=holds,
            framed=framed, view=view,
        )  # fmt: skip

    def _inside(self, eye: Floats) -> Floats:
        margin = np.array([0.25, 0.25, 0.15], np.float32)
        low = np.array([*(-self.place.extent[:2]), 0.0], np.float32) + margin
        return np.clip(eye, low, self.place.extent - margin)


def _look(eye: Floats, target: Floats, tangent: float) -> View:
    forward = target - eye
    forward = forward / np.linalg.norm(forward)
    right = np.cross(forward, np.array([0, 0, 1], np.float32))
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(right, forward), forward]).astype(np.float32)
    return View(position=eye.astype(np.float32), axes=axes, tangent=tangent)
