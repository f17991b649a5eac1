"""Extreme cinematography: cuts on a film set that break a rule on purpose, and are no pattern.

Each is an ordinary setup shown otherwise: by another grade, another camera, an open shutter. So
what is extreme of it is known exactly, and its words stand in the relational prompt alone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from cut2next.film import IndividualPrompt, RelationalPrompt
from cut2next.soundstage.camera import Setup
from cut2next.soundstage.camera_words import camera_phrase
from cut2next.soundstage.film_set import OWNERS, FilmSet
from cut2next.soundstage.lighting import BLACK_AND_WHITE
from cut2next.soundstage.people import Person
from cut2next.soundstage.primitives import vector
from cut2next.soundstage.render import View
from cut2next.soundstage.visibility import in_sight, solids_near
from cut2next.soundstage.wording import EVERYTHING, Telling, subject_prompt

_ROLL = 0.3
"""Of a dutch angle, radians."""
_STEP = 0.2
"""How far a jump cut goes around somebody, radians: too little for another angle (30° rule)."""
_CLOSER = 0.85
"""And how much less it frames."""
_WHIP = 0.25
"""Of the picture's width, how far a whip pan goes while the shutter is open."""
_WHIP_MOMENTS = 25
"""So many that they run into one another."""
_EXTREMELY_WIDE, _EXTREMELY_CLOSE = 2.0, 0.45
"""By what a wide shot and a close up are framed wider and closer."""
_LEADS = (("a",), ("b",))
_FROM_WALLS = vector([0.15, 0.15, 0.1])
"""How near a camera may come, metres."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ExtremeCut:
    """A cut of one of `KINDS`."""

    kind: str
    film_set: FilmSet
    current: Setup
    ordinary: Setup
    """What an ordinary cut to the same would show."""
    shown: Setup
    """What it shows ..."""
    shown_on: FilmSet
    """... and the set as that is seen there."""

    def relational_prompt(self, chance: Random) -> RelationalPrompt:
        """The one prompt that asks for it."""
        scene = " and ".join(str(person.character) for person in self.film_set.cast[:2])
        kind, name = KINDS[self.kind], _subject(self.film_set, self.ordinary).name
        framed = f", as {camera_phrase(self.ordinary, '', chance)}" if kind.told_framing else ""
        return RelationalPrompt(
            scene=f"{scene} in the {self.film_set.place.name}",
            transition=f"The transition between shots is {kind.words.format(f'<{name}>')}{framed}",
            character_consistency="Same people, same clothes",
        )

    def next_prompt(self, chance: Random, telling: Telling = EVERYTHING) -> IndividualPrompt:
        """Whom the next shot is of, and nothing of how it is shot."""
        return subject_prompt(self.film_set, self.ordinary, chance, telling)

    def picture(self, size: tuple[int, int], samples: int = 2) -> NDArray[np.uint8]:
        """The true next shot, [H, W, 3]; `size` is (width, height), pixels."""
        return self.shown_on.picture(self.shown, size, samples)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One way to be extreme."""

    words: str
    """How the relational prompt asks for it, with a place for whom it is of."""
    choices: Callable[[FilmSet, Setup], Sequence[Setup]]
    """The ordinary setups that it may be of, after a current one."""
    shown: Callable[[FilmSet, Setup, Setup], tuple[FilmSet, Setup] | None]
    """The set and the setup that show it, after the current one; None where that cannot be."""
    told_framing: bool = True
    """Whether the relational prompt says how it is framed, where its words do not."""


def currents(film_set: FilmSet) -> list[Setup]:
    """What extreme cuts lead on from: one lead, or all of the set from far away."""
    (wide,) = (setup for setup in film_set.setups if setup.name == "wide")
    return [*_singles(film_set), _zoomed(wide, _EXTREMELY_WIDE, "extreme wide")]


def draw_extreme(film_set: FilmSet, kind: str, chance: Random) -> ExtremeCut:
    """One cut of that kind."""
    choices = currents(film_set)
    drawn = chance.sample(choices, len(choices))
    return next(cut for current in drawn for cut in _cuts(film_set, kind, current, chance))


def extremes_from(film_set: FilmSet, current: Setup, chance: Random) -> list[ExtremeCut]:
    """One cut of every kind that leads on from a current setup; close to either lead."""
    cuts = []
    for kind in KINDS:
        possible = list(_cuts(film_set, kind, current, chance))
        cuts += possible[: 2 if kind == "extreme close up" else 1]
    return cuts


def _cuts(film_set: FilmSet, kind: str, current: Setup, chance: Random) -> Iterator[ExtremeCut]:
    """Those of one kind from one setup, in an order by chance."""
    choices = KINDS[kind].choices(film_set, current)
    for ordinary in chance.sample(choices, len(choices)):
        if (found := KINDS[kind].shown(film_set, current, ordinary)) is not None:
            shown_on, shown = found
            yield ExtremeCut(
                kind=kind,
                film_set=film_set,
                current=current,
                ordinary=ordinary,
                shown=replace(shown, name=f"{kind} {ordinary.name}"),
                shown_on=shown_on,
            )


# What each may be of.


def _singles(film_set: FilmSet) -> list[Setup]:
    return [
        setup
        for setup in film_set.setups
        if setup.subjects in _LEADS and setup.framing != "over the shoulder"
    ]


def _others(film_set: FilmSet, current: Setup) -> list[Setup]:
    return [setup for setup in _singles(film_set) if setup.name != current.name]


def _of_the_other(film_set: FilmSet, current: Setup) -> list[Setup]:
    return [setup for setup in _singles(film_set) if setup.subjects != current.subjects]


def _itself(film_set: FilmSet, current: Setup) -> list[Setup]:
    return [setup for setup in _singles(film_set) if setup.name == current.name]


def _counterpart(film_set: FilmSet, current: Setup) -> list[Setup]:
    kind = (current.size, current.framing, current.angle)
    others = _of_the_other(film_set, current)
    return [setup for setup in others if (setup.size, setup.framing, setup.angle) == kind]


def _close_ups(film_set: FilmSet, current: Setup) -> list[Setup]:
    """After what is not of one lead alone: an extreme wide shot."""
    closes = [setup for setup in _singles(film_set) if setup.size == "close up"]
    return [] if current.subjects in _LEADS else closes


# How each is shown.


def _grey(film_set: FilmSet, current: Setup, ordinary: Setup) -> tuple[FilmSet, Setup]:
    return replace(film_set, grade=BLACK_AND_WHITE), ordinary


def _whipped(film_set: FilmSet, current: Setup, ordinary: Setup) -> tuple[FilmSet, Setup]:
    across = 2 * float(np.arctan(ordinary.view.tangent * film_set.aspect))
    moments = (film_set,) * _WHIP_MOMENTS
    return replace(film_set, moments=moments, pan=_WHIP * across), ordinary


def _leaning(film_set: FilmSet, current: Setup, ordinary: Setup) -> tuple[FilmSet, Setup]:
    return film_set, replace(ordinary, view=ordinary.view.rolled(_ROLL))


def _closer(film_set: FilmSet, current: Setup, ordinary: Setup) -> tuple[FilmSet, Setup]:
    return film_set, _zoomed(ordinary, _EXTREMELY_CLOSE, ordinary.name)


def _jumped(film_set: FilmSet, current: Setup, ordinary: Setup) -> tuple[FilmSet, Setup] | None:
    """A step around, to the front of the stage."""
    eyes, view = _subject(film_set, ordinary).eyes, ordinary.view
    away = view.position - eyes
    towards = np.sign(away[0] * film_set.front)
    moved = view.carried(eyes, eyes, float(towards) * _STEP)
    return _placed(film_set, _zoomed(ordinary, _CLOSER, ordinary.name), moved)


def _matched(film_set: FilmSet, current: Setup, ordinary: Setup) -> tuple[FilmSet, Setup] | None:
    """The camera stands to one lead as it stood to the other."""
    before, after = (_subject(film_set, setup) for setup in (current, ordinary))
    view = current.view.carried(before.eyes, after.eyes, after.yaw - before.yaw)
    return _placed(film_set, ordinary, view)


def _crossed(film_set: FilmSet, current: Setup, ordinary: Setup) -> tuple[FilmSet, Setup] | None:
    """From the other side of the line between the leads."""
    return _placed(film_set, ordinary, ordinary.view.mirrored())


def _placed(film_set: FilmSet, setup: Setup, view: View) -> tuple[FilmSet, Setup] | None:
    """A setup with its camera elsewhere, where it is on the stage and sees whom it is of."""
    most = film_set.place.extent - _FROM_WALLS
    x, y, z = view.position
    if abs(x) > most[0] or abs(y) > most[1] or not _FROM_WALLS[2] < z < most[2]:
        return None
    (who,) = setup.subjects
    head = solids_near(film_set.geometry, f"{who}.", _subject(film_set, setup).eyes, 0.25)
    if not in_sight(film_set.geometry, view, film_set.aspect, head):
        return None
    return film_set, replace(setup, view=replace(view, tangent=setup.view.tangent))


def _zoomed(setup: Setup, factor: float, name: str) -> Setup:
    """A setup that frames `factor` times as much from where it is."""
    view = replace(setup.view, tangent=setup.view.tangent * factor)
    return replace(setup, name=name, framed=setup.framed * factor, view=view)


def _subject(film_set: FilmSet, setup: Setup) -> Person:
    return film_set.cast[OWNERS.index(setup.subjects[0])]


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "flashback": Kind(
            words="a flashback in black and white to {}", choices=_others, shown=_grey
        ),
        "jump cut": Kind(
            words="a jump cut on {}", choices=_itself, shown=_jumped, told_framing=False
        ),
        "match cut": Kind(
            words="a match cut to {}", choices=_counterpart, shown=_matched, told_framing=False
        ),
        "whip pan": Kind(words="a whip pan to {}", choices=_of_the_other, shown=_whipped),
        "dutch angle": Kind(words="a cut to a dutch angle on {}", choices=_others, shown=_leaning),
        "extreme close up": Kind(
            words="a cut from an extreme wide shot to an extreme close up of {}",
            choices=_close_ups,
            shown=_closer,
            told_framing=False,
        ),
        "axis jump": Kind(words="a cut across the axis to {}", choices=_others, shown=_crossed),
    }
)
"""By name."""
