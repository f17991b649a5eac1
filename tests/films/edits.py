"""Edits with known truth: shots joined by cuts, dissolves and fades, with flashes in between."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

import numpy as np
from numpy.typing import NDArray

Shots = Sequence[NDArray[np.uint8]]
"""Each [T, H, W, 3], RGB."""


@dataclass
class Edit:
    """An edited film, and what is true of it."""

    frames: list[NDArray[np.uint8]] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    """First frames after a hard cut."""
    transitions: list[tuple[int, int]] = field(default_factory=list)
    """First frame of a dissolve or fade, and the first after it."""

    def join(self, shot: NDArray[np.uint8]) -> None:
        """By a hard cut, or as the first."""
        if self.frames:
            self.cuts.append(len(self.frames))
        self.frames.extend(shot)

    def flash(self, shot: NDArray[np.uint8], length: int) -> None:
        """By a hard cut, with some frames in the middle of the shot nearly white."""
        lit, middle = shot.copy(), len(shot) // 2
        lit[middle : middle + length] = lit[middle : middle + length] // 5 + 204
        self.join(lit)

    def dissolve(self, shot: NDArray[np.uint8], length: int) -> None:
        """The end of what there is turns into the begin of a shot."""
        share = np.linspace(0, 1, length + 2)[1:-1, None, None, None]
        begin = len(self.frames) - length
        mixed = np.stack(self.frames[begin:]) * (1 - share) + shot[:length] * share
        self.frames[begin:] = list(mixed.round().astype(np.uint8))
        self.transitions.append((begin, len(self.frames)))
        self.frames.extend(shot[length:])

    def fade(self, shot: NDArray[np.uint8], length: int, hold: int) -> None:
        """What there is fades to black, some frames are black, the shot fades in."""
        share = np.linspace(0, 1, length + 2)[1:-1, None, None, None]
        begin = len(self.frames) - length
        out = np.stack(self.frames[begin:]) * (1 - share)
        self.frames[begin:] = list(out.round().astype(np.uint8))
        self.frames.extend([np.zeros_like(shot[0])] * hold)
        self.frames.extend((shot[:length] * share).round().astype(np.uint8))
        self.transitions.append((begin, len(self.frames)))
        self.frames.extend(shot[length:])


def edited(shots: Shots, chance: Random, count: int) -> Edit:
    """So many of the shots in some order, joined in every way."""
    edit = Edit()
    for number, shot in enumerate(chance.sample(list(shots), count)):
        length = chance.randint(40, min(len(shot), 90))
        begin = chance.randint(0, len(shot) - length)
        part = shot[begin : begin + length]
        kind = chance.choice(["cut", "cut", "flash", "dissolve", "fade"]) if number else "cut"
        if kind == "cut":
            edit.join(part)
        elif kind == "flash":
            edit.flash(part, chance.choice([1, 2, 4]))
        elif kind == "dissolve":
            edit.dissolve(part, chance.choice([8, 12, 16, 24, 36]))
        else:
            edit.fade(part, chance.choice([8, 12, 16]), chance.choice([0, 1, 6]))
    return edit
