"""The cast: people who differ in skin, hair, face, clothes and height, seated or standing.

`puppets.py` gives them bodies.
"""

from collections.abc import Collection
from dataclasses import dataclass
from random import Random

import numpy as np

from cut2next.film import Character
from cut2next.soundstage.palette import CLOTHES, HAIR, SKIN, TROUSERS
from cut2next.soundstage.primitives import Floats, turn, vector

NAMES = (
    "Anna", "Ben", "Chloe", "David", "Ema", "Farid", "Grace", "Hugo",
    "Iris", "Jonas", "Kenji", "Lena", "Maya", "Noah", "Olga", "Priya",
)  # fmt: skip
HAIR_CUTS = {
    "crop": "{color} crop",
    "bob": "{color} bob",
    "long": "long {color} hair",
    "bun": "{color} bun",
    "curls": "{color} curls",
}
"""Every cut, and how a prompt says it."""
FACES = ("plain", "glasses", "beard", "hat")
TOPS = ("sweater", "jacket", "striped shirt")
HEIGHTS = {"short": 0.94, "average": 1.0, "tall": 1.06}


@dataclass(frozen=True)
class Look:
    """Everything that tells one puppet from another; words are keys of the palette."""

    skin: str
    hair: str
    hair_cut: str
    face: str
    top: str
    top_color: str
    trousers: str
    height: str

    @property
    def short(self) -> str:
        """What stands behind the name in a prompt: "red bob, glasses, green jacket"."""
        hair = HAIR_CUTS[self.hair_cut].format(color=self.hair)
        worn = "" if self.face == "plain" else f", {self.face}"
        return f"{hair}{worn}, {self.top_color} {self.top}"


@dataclass(frozen=True, kw_only=True)
class Person:
    """One of the cast, on a mark."""

    name: str
    look: Look
    mark: tuple[float, float]
    yaw: float
    """Where the body faces: radians from +y, counter-clockwise."""
    gaze: float = 0.0
    """Where the head turns, relative to the body, radians."""
    tilt: float = 0.0
    """How far the head looks up, radians."""
    seated: bool = False
    gesture: bool = False
    """Whether a hand is raised in talk."""
    doing: str = ""
    """What the body does besides, in words; `action` sets it, with what follows."""
    lean: float = 0.0
    """How far the upper body leans forward, radians."""
    crossed: bool = False
    """Whether the arms are."""
    reach: tuple[float, float, float] | None = None
    """Where a hand reaches to, in the world, metres."""
    sway: float = 0.0
    """How far the raised hand is up from where it rests in talk, metres."""

    @property
    def character(self) -> Character:
        """The person as prompts write them."""
        return Character(name=self.name, look=self.look.short)

    @property
    def hip(self) -> float:
        """Height of the hips, metres."""
        return (0.50 if self.seated else 0.84) * HEIGHTS[self.look.height]

    @property
    def eyes(self) -> Floats:
        """Where the head is, in the world, metres."""
        up = 0.80 * HEIGHTS[self.look.height]
        ahead = turn(self.yaw) @ vector([0, up * np.sin(self.lean), 0])
        return ahead + vector([*self.mark, self.hip + up * np.cos(self.lean)])

    @property
    def glance(self) -> float:
        """How far the eyes turn in the head, towards the middle of the stage, radians."""
        x, y = self.mark
        if np.hypot(x, y) < 0.1:
            return 0.0
        aside = np.arctan2(x, -y) - self.yaw - self.gaze  # from where the head looks
        return float(np.clip((aside + np.pi) % (2 * np.pi) - np.pi, -0.6, 0.6))


COMPANY = (
    Look("pale", "red", "bob", "plain", "sweater", "green", "navy", "average"),
    Look("dark", "black", "crop", "glasses", "striped shirt", "orange", "beige", "tall"),
    Look("tan", "blond", "long", "plain", "jacket", "blue", "grey", "average"),
    Look("brown", "grey", "curls", "beard", "jacket", "white", "navy", "average"),
    Look("pale", "brown", "bun", "hat", "sweater", "purple", "beige", "short"),
)
"""Five players who always look the same: few enough for a small model to know them all."""


LOOKS = ("taught", "withheld")
"""All looks, by whether a model may learn from them: what is withheld tells what it can do with new
ones."""


def held_out_look(look: Look) -> bool:
    """Whether a look is withheld from training: one in nine, by hair colour and top colour.

    Every hair colour and every top colour is taught, with others; the company has none that is not.
    """
    pair = 2 * list(HAIR).index(look.hair) + list(CLOTHES).index(look.top_color)
    return pair % len(CLOTHES) == 4


def draw_look(chance: Random, taken: list[Look], kinds: Collection[str] = LOOKS) -> Look:
    """A look that shares neither hair colour nor top colour with those already taken.

    Of the `kinds` of `LOOKS` alone.
    """
    while True:
        look = _any_look(chance, taken)
        if LOOKS[held_out_look(look)] in kinds:
            return look


def _any_look(chance: Random, taken: list[Look]) -> Look:
    hair = chance.choice([name for name in HAIR if all(name != look.hair for look in taken)])
    color = chance.choice(
        [name for name in CLOTHES if all(name != look.top_color for look in taken)]
    )
    return Look(
        skin=chance.choice(list(SKIN)),
        hair=hair,
        hair_cut=chance.choice(list(HAIR_CUTS)),
        face=chance.choice(FACES),
        top=chance.choice(TOPS),
        top_color=color,
        trousers=chance.choice(list(TROUSERS)),
        height=chance.choice(list(HEIGHTS)),
    )
