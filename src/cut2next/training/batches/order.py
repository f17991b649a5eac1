"""Which cuts a micro-batch has: by its number and the seed alone, however many processes there are.

In an epoch every cut comes at least once. Nothing is kept between two calls but the epoch that was
last asked for, so a run goes on where it was from nothing but the number.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil

import numpy as np
from numpy.typing import NDArray

from cut2next.film import InputError
from cut2next.training.batches.survey import Survey

Numbers = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class CutOrder:
    """Deals the cuts of a survey out to micro-batches: `groups` current shots with `each` cuts.

    Cuts of a current shot are those with the same current picture, at one size, and the same
    current prompt. Where there are fewer than `each`, some come again: they get other noise.
    Raises InputError for numbers under 1.
    """

    survey: Survey
    groups: int
    each: int
    seed: int = 0
    _epochs: dict[int, Numbers] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if min(self.groups, self.each) < 1:
            raise InputError(
                f"micro-batches of {self.groups} current shots with {self.each} cuts each",
                expected="at least 1 of each",
                hint="for example 1 and 2",
            )

    def __len__(self) -> int:
        """Micro-batches in an epoch."""
        return sum(self._of_source)

    def __call__(self, number: int) -> Numbers:
        """The cuts of micro-batch `number`, from 0 on, as places in the survey: [groups, each]."""
        epoch, place = divmod(number, len(self))
        if epoch not in self._epochs:
            self._epochs.clear()
            self._epochs[epoch] = self._dealt(epoch)
        batch: Numbers = self._epochs[epoch][place]
        return batch

    def _dealt(self, epoch: int) -> Numbers:
        """All micro-batches of an epoch, [N, groups, each]."""
        chance = np.random.default_rng((self.seed, epoch))
        parts = []
        for cuts, count in zip(self._cuts, self._of_source, strict=True):
            rounds = ceil(count / self._once(cuts)) if len(cuts) else 0
            dealt = [self._round(cuts, chance) for _ in range(rounds)]
            parts += [np.concatenate(dealt)[:count]] if dealt else []
        return chance.permutation(np.concatenate(parts))

    def _round(self, cuts: Numbers, chance: np.random.Generator) -> Numbers:
        """Every cut of a source at least once, [N, groups, each]."""
        rows = cuts[hands(self._shots[cuts], self.each, chance)]
        return rows[hands(self._sizes[rows[:, 0]], self.groups, chance)]

    def _once(self, cuts: Numbers) -> int:
        """How many micro-batches a round has."""
        firsts, counts = np.unique(self._shots[cuts], return_index=True, return_counts=True)[1:]
        rows = -(-counts // self.each)
        of_size = np.bincount(self._sizes[cuts][firsts], weights=rows).astype(np.int64)
        return int((-(-of_size // self.groups)).sum())

    @cached_property
    def _of_source(self) -> list[int]:
        """How many micro-batches of an epoch each source gives: by its share, and all it has."""
        once = [self._once(cuts) if len(cuts) else 0 for cuts in self._cuts]
        shares = [source.share for source in self.survey.sources]
        whole = max(count / share for count, share in zip(once, shares, strict=True))
        return [
            max(count, round(whole * share)) if count else 0
            for count, share in zip(once, shares, strict=True)
        ]

    @cached_property
    def _cuts(self) -> list[Numbers]:
        """The places of each source's cuts."""
        sources = np.array([cut.source for cut in self.survey.cuts])
        return [np.flatnonzero(sources == n) for n in range(len(self.survey.sources))]

    @cached_property
    def _shots(self) -> Numbers:
        """A number for the current shot of each cut."""
        return _numbered((c.current, c.size, c.current_prompt.text) for c in self.survey.cuts)

    @cached_property
    def _sizes(self) -> Numbers:
        """A number for the size of each cut."""
        return _numbered(cut.size for cut in self.survey.cuts)


def hands(kinds: Numbers, count: int, chance: np.random.Generator) -> Numbers:
    """Places in `kinds` [N] dealt out in hands [M, count] of one kind, in random order.

    Each comes at least once; the last hand of a kind is filled up with its first ones.
    """
    shuffled = chance.permutation(len(kinds))
    # Kind by kind, in random order within each.
    shuffled = shuffled[np.argsort(kinds[shuffled], kind="stable")]
    sizes = np.unique(kinds, return_counts=True)[1]
    dealt = -(-sizes // count)  # hands of each kind
    of_kind = np.repeat(np.arange(len(sizes)), dealt)
    before = np.cumsum(sizes) - sizes
    number = np.arange(dealt.sum()) - np.repeat(np.cumsum(dealt) - dealt, dealt)
    # [M, count], counted within a kind.
    places = (number[:, None] * count + np.arange(count)) % sizes[of_kind][:, None]
    return shuffled[before[of_kind][:, None] + places]


def _numbered(things: Iterable[Hashable]) -> Numbers:
    """A number for each thing, equal things having one."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(thing, len(numbers)) for thing in things], np.int64)
