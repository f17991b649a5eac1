"""Where the camera may stand: every setup of a set, by shot size, framing and angle.

All setups of people stay on one side of the line between the two leads (the 180° rule).
`patterns_between` says which editing patterns join two setups; a change of angle counts from 30° on
(the 30° rule).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cut2next.film import EditingPattern
from cut2next.soundstage.people import Person
from cut2next.soundstage.places import Feature, Place
from cut2next.soundstage.primitives import Floats, Geometry, Ints, vector
from cut2next.soundstage.render import View
from cut2next.soundstage.visibility import framed_there, in_sight, solids_near

THIRTY_DEGREES = np.deg2rad(30)
_CLOSER = 1.5
"""How much less must fill the picture's height for a cut to count as a cut-in."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """One camera position: what it frames, how, and from where."""

    name: str
    size: str
    framing: str
    angle: str
    subjects: tuple[str, ...]
    """Who or what the shot is of: "a", "b", "c", "prop0", "feature1"."""
    holds: Mapping[str, float]
    """What is truly in sight, and how many metres there fill the picture's height."""
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


@dataclass(frozen=True)
class Framing:
    """How a setup frames its subject, wherever that is; lengths in metres, angles in radians."""

    size: str
    framing: str
    angle: str
    framed: float
    """How much of the subject fills the picture's height."""
    drop: float
    """How far under the subject's eyes the picture's middle is."""
    azimuth: float
    """How far the camera goes around, from square-on to the axis between the leads."""
    raised: float
    """How far the camera looks down."""
    tangent: float
    """Of half the vertical field of view: with `framed`, how far away the camera is."""
    room: float = 0.0
    """How far the picture moves aside to leave looking room, in parts of its width."""


def _off_axis(turned: float) -> float:
    """The azimuth of a camera that looks at one lead, `turned` from the axis as the other sees it.

    Near zero it looks over the other's shoulder, at a right angle it sees a profile.
    """
    return np.pi / 2 - turned


# In columns: size, framing, angle, framed, drop, azimuth, raised, tangent, room.
_GROUPS = {
    "wide": Framing("wide", "2 shot", "eye level", 2.3, 0.42, 0.0, 0.04, 0.36),
    "above": Framing("wide", "establishing", "high", 3.1, 0.45, 0.35, 0.62, 0.36),
    "two": Framing("medium", "2 shot", "eye level", 1.30, 0.189, 0.0, 0.03, 0.24),
}
"""The two leads together: wide, from above, closer."""

_SINGLES = {
    "medium close up": Framing(
        "medium close up", "single", "eye level", 0.86, 0.16, _off_axis(0.66), 0.02, 0.18, 0.14
    ),
    "close up": Framing(
        "close up", "single", "eye level", 0.50, 0.03, _off_axis(0.60), 0.0, 0.11, 0.10
    ),
    "over shoulder": Framing(
        "medium", "over the shoulder", "eye level", 1.12, 0.16, _off_axis(0.37), 0.07, 0.215, 0.15
    ),
    "profile": Framing(
        "medium close up", "profile", "eye level", 0.90, 0.18, _off_axis(1.50), 0.02, 0.19
    ),
    "below": Framing("medium", "single", "low", 1.12, 0.24, _off_axis(0.95), -0.32, 0.24, 0.05),
    "overhead": Framing("medium", "single", "high", 1.25, 0.30, _off_axis(0.95), 0.72, 0.24, 0.05),
}
"""One lead: closer and closer, over the other's shoulder, from the side, from below, from above."""

_INSERT = Framing("close up", "insert", "high", 0.46, -0.07, 0.45, 0.42, 0.16)
"""A prop on the table."""

_LISTENER = Framing("medium close up", "single", "eye level", 0.86, 0.16, 0.10, 0.16, 0.145)
"""The third of the cast, seen across the table."""


def patterns_between(current: Setup, following: Setup) -> frozenset[EditingPattern]:
    """The editing patterns of a cut between two setups of one set; none where no editor would."""
    patterns = set()
    turned = angle_between(current, following) >= THIRTY_DEGREES
    alike = 1 / _CLOSER < current.framed / following.framed < _CLOSER
    if _answers(current, following) and alike:
        patterns.add(EditingPattern.SHOT_REVERSE_SHOT)
    if _goes_closer(current, following):
        patterns.add(EditingPattern.CUT_IN)
    if _goes_closer(following, current):
        patterns.add(EditingPattern.CUT_OUT)
    if _is_aside(current) != _is_aside(following) and not _share_sight(current, following):
        patterns.add(EditingPattern.CUTAWAY)  # away, or back from there
    if current.subjects == following.subjects and turned and (patterns or alike):
        patterns.add(EditingPattern.MULTI_ANGLE)
    return frozenset(patterns)


def angle_between(first: Setup, second: Setup) -> float:
    """The angle between two setups' lines of sight, radians."""
    cosine = float(np.dot(first.view.axes[2], second.view.axes[2]))
    return float(np.arccos(np.clip(cosine, -1, 1)))


def _answers(current: Setup, following: Setup) -> bool:
    facing = {"single", "over the shoulder"}
    pair = {current.subjects, following.subjects}
    level = current.angle == following.angle == "eye level"
    return pair == {("a",), ("b",)} and level and {current.framing, following.framing} <= facing


def _goes_closer(wider: Setup, closer: Setup) -> bool:
    """Whether one holds all that the other is of, and shows it smaller."""
    held = [wider.holds.get(subject, 0.0) for subject in closer.subjects]
    return min(held) >= _CLOSER * closer.framed


def _share_sight(first: Setup, second: Setup) -> bool:
    """Whether one shows anything that the other is of."""
    return bool(first.holds.keys() & second.subjects or second.holds.keys() & first.subjects)


def _is_aside(setup: Setup) -> bool:
    return setup.subjects == ("c",) or setup.subjects[0].startswith("feature")


def setups(
    place: Place,
    cast: tuple[Person, ...],
    props: tuple[Floats, ...],
    geometry: Geometry,
    front: float,
    aspect: float,
) -> tuple[Setup, ...]:
    """All setups of a set. `front` is the cameras' side of the axis: ±1 along y.

    `geometry` is all that may hide something.
    """
    stage = _Stage(place, cast, _things(place, cast, props, geometry), geometry, front, aspect)
    return (
        *stage.groups(),
        *stage.singles("a"),
        *stage.singles("b"),
        *(stage.insert(f"prop{index}", index, at) for index, at in enumerate(props)),
        *(stage.feature(f"feature{index}", thing) for index, thing in enumerate(place.features)),
        *([stage.listener()] if len(cast) > 2 else []),
    )


def _things(
    place: Place, cast: tuple[Person, ...], props: tuple[Floats, ...], geometry: Geometry
) -> dict[str, Ints]:
    """The solids of all that a setup can be of; of people, their heads."""
    marks = {
        **{who: (f"{who}.", person.eyes, 0.25) for who, person in zip("abc", cast, strict=False)},
        **{f"prop{index}": (f"prop{index}", at, 0.5) for index, at in enumerate(props)},
        **{
            f"feature{index}": ("", vector(thing.at), thing.height / 2)
            for index, thing in enumerate(place.features)
        },
    }
    return {name: solids_near(geometry, *mark) for name, mark in marks.items()}


class _Stage:
    """The marks that cameras are placed by."""

    def __init__(
        self,
        place: Place,
        cast: tuple[Person, ...],
        things: Mapping[str, Ints],
        geometry: Geometry,
        front: float,
        aspect: float,
    ) -> None:
        self.place, self.cast, self.things, self.geometry = place, cast, things, geometry
        self.front, self.aspect = front, aspect

    def groups(self) -> list[Setup]:
        """The two leads together, with all that is between and behind them."""
        middle = (self.cast[0].eyes + self.cast[1].eyes) / np.float32(2)
        return [
            self._framed(name, framing, ("a", "b"), middle) for name, framing in _GROUPS.items()
        ]

    def singles(self, who: str) -> list[Setup]:
        """One lead."""
        towards = 1.0 if who == "a" else -1.0  # the other lead's direction along x
        eyes = self.cast["ab".index(who)].eyes
        return [
            self._framed(f"{name} {who}", framing, (who,), eyes, mirror=towards)
            for name, framing in _SINGLES.items()
        ]

    def insert(self, owner: str, index: int, at: Floats) -> Setup:
        """A prop on the table."""
        mirror = 1.0 if at[0] < 0 else -1.0
        return self._framed(f"insert {index}", _INSERT, (owner,), at, mirror=mirror)

    def listener(self) -> Setup:
        """The third of the cast."""
        return self._framed("listener", _LISTENER, ("c",), self.cast[2].eyes)

    def feature(self, name: str, thing: Feature) -> Setup:
        """Something on one side of the stage, from within."""
        target = vector(thing.at)
        inward = -target * vector([1, 1, 0])
        sideways = abs(target[0]) / self.place.extent[0] > abs(target[1]) / self.place.extent[1]
        inward[1 if sideways else 0] = 0
        inward /= np.linalg.norm(inward)
        tangent = 0.42 if self.place.outside else 0.30
        view = _look(
            target + inward * (thing.height / (2 * tangent)) + _upwards(0.08), target, tangent
        )
        kind = ("medium", "insert", "eye level")
        return self._setup(name, kind, (name,), thing.height, view)

    def _framed(
        self,
        name: str,
        framing: Framing,
        subjects: tuple[str, ...],
        at: Floats,
        mirror: float = 1.0,
    ) -> Setup:
        """`subjects` (their eyes are `at`), framed; `mirror` -1 is from the axis's other end."""
        view = self._view(framing, at - _upwards(framing.drop), mirror)
        kind = (framing.size, framing.framing, framing.angle)
        return self._setup(name, kind, subjects, framing.framed, view)

    def _setup(
        self,
        name: str,
        kind: tuple[str, str, str],
        subjects: tuple[str, ...],
        framed: float,
        view: View,
    ) -> Setup:
        """A setup of that size, framing and angle, which holds its subjects and all it sees."""
        size, framing, angle = kind
        seen = {
            thing: framed_there(self.geometry, view, solids)
            for thing, solids in self.things.items()
            if in_sight(self.geometry, view, self.aspect, solids)
        }
        return Setup(
            name=name,
            size=size,
            framing=framing,
            angle=angle,
            subjects=subjects,
            holds=seen | dict.fromkeys(subjects, framed),
            framed=framed,
            view=view,
        )

    def _view(self, framing: Framing, target: Floats, mirror: float) -> View:
        """The camera that frames `target`, moved aside for looking room and kept on the stage."""
        azimuth, raised = mirror * framing.azimuth, framing.raised
        away = vector(
            [
                np.sin(azimuth) * np.cos(raised),
                self.front * np.cos(azimuth) * np.cos(raised),
                np.sin(raised),
            ]
        )
        distance = framing.framed / (2 * framing.tangent)
        view = _look(target + away * distance, target, framing.tangent)
        aside = vector([1, 0, 0]) - view.axes[2] * view.axes[2, 0]
        aside /= np.linalg.norm(aside)
        moved = aside * (mirror * framing.room * framing.framed * self.aspect)
        return _look(self._inside(view.position + moved), target + moved, framing.tangent)

    def _inside(self, eye: Floats) -> Floats:
        margin = vector([0.25, 0.25, 0.15])
        low = vector([*(-self.place.extent[:2]), 0.0]) + margin
        return np.clip(eye, low, self.place.extent - margin)


def _upwards(metres: float) -> Floats:
    return vector([0, 0, metres])


def _look(eye: Floats, target: Floats, tangent: float) -> View:
    forward = target - eye
    forward = forward / np.linalg.norm(forward)
    right = np.cross(forward, vector([0, 0, 1]))
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(right, forward), forward]).astype(np.float32)
    return View(position=eye.astype(np.float32), axes=axes, tangent=tangent)
