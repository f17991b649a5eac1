"""How strong makers are, told from who was preferred to whom.

Bradley and Terry (Biometrika 39, 1952): i is preferred to j with the chance 1 / (1 + e^(sj - si)).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cut2next.cutbench.statistics.intervals import Numbers, interval, times_drawn
from cut2next.film import InputError

PRIOR = 0.5
"""Votes for either side that are added to every pair that met: whoever never lost has a place."""
_ITERATIONS, _CLOSE = 100, 1e-10


@dataclass(frozen=True, kw_only=True)
class Vote:
    """One side preferred to the other."""

    winner: str
    loser: str
    case: str
    """On which pictures: votes of one case are drawn together."""


@dataclass(frozen=True, kw_only=True)
class Strength:
    """A maker's place, in natural logarithms of odds; those of all makers have the mean 0."""

    strength: float
    low: float
    high: float
    wins: int
    votes: int


def strengths_of(votes: Sequence[Vote]) -> dict[str, Strength]:
    """By maker, the strongest first, with bootstrap intervals over cases.

    Raises InputError when there are makers that nothing compares: no chain of votes leads from one
    to the other.
    """
    makers = sorted({name for vote in votes for name in (vote.winner, vote.loser)})
    cases = {name: place for place, name in enumerate(sorted({vote.case for vote in votes}))}
    places = {name: place for place, name in enumerate(makers)}
    if not votes:
        return {}
    wins = np.zeros((len(cases), len(makers), len(makers)))
    for vote in votes:
        wins[cases[vote.case], places[vote.winner], places[vote.loser]] += 1
    whole = wins.sum(axis=0)
    met = whole + whole.T > 0
    _check_connected(makers, met)
    drawn = np.tensordot(times_drawn(len(cases)), wins, axes=1)  # [resamples, makers, makers]
    found = _fitted(np.concatenate([whole[None], drawn]) + PRIOR * met)
    strengths = {
        maker: _strength(found[:, place], whole, place) for place, maker in enumerate(makers)
    }
    return dict(sorted(strengths.items(), key=lambda item: -item[1].strength))


def _strength(found: Numbers, wins: Numbers, place: int) -> Strength:
    low, high = interval(found[1:])
    won, lost = int(wins[place].sum()), int(wins[:, place].sum())
    return Strength(strength=float(found[0]), low=low, high=high, wins=won, votes=won + lost)


def _fitted(wins: Numbers) -> Numbers:
    """The likeliest strengths [sets, makers] of sets of votes [sets, winner, loser], by Newton."""
    meetings, won = wins + wins.transpose(0, 2, 1), wins.sum(axis=2)
    strengths = np.zeros(won.shape)
    for _ in range(_ITERATIONS):
        chance = 1 / (1 + np.exp(strengths[:, None, :] - strengths[:, :, None]))
        slope = won - (meetings * chance).sum(axis=2)
        bend = -meetings * chance * (1 - chance)
        bend -= np.eye(won.shape[1]) * bend.sum(axis=2, keepdims=True)
        # All strengths raised alike change nothing; the ones added to the matrix hold their sum.
        step = np.linalg.solve(bend + 1, slope[..., None])[..., 0]
        strengths += np.clip(step, -1, 1)
        if float(np.abs(step).max()) < _CLOSE:
            break
    centred: Numbers = strengths - strengths.mean(axis=1, keepdims=True)
    return centred


def _check_connected(makers: Sequence[str], met: NDArray[np.bool_]) -> None:
    reached, before = met[0] | (np.arange(len(makers)) == 0), 0
    while (now := int(reached.sum())) > before:
        before, reached = now, reached | met[reached].any(axis=0)
    if not reached.all():
        apart = makers[int(np.argmin(reached))]
        raise InputError(
            f"no votes that lead from {makers[0]} to {apart}",
            expected="makers that meet, if only through others",
            hint="let raters compare them",
        )
