"""Splits by film, so that nothing of what is tested was seen in training.

A film's split follows from its contents (its name, where there is no film file): films that come
later move no other, folders that are split alike may be merged, and a larger share for one split
only adds films to it.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace

from cut2next import __version__
from cut2next.cuts.record import CutRecord, MadeBy
from cut2next.film import InputError

TOOL = "cut2next data split"
TRAIN, VALIDATION, TEST = "train", "validation", "test"


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Which part of the films goes where; the rest is for training."""

    test: float
    validation: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not (self.test >= 0 and self.validation >= 0 and self.test + self.validation < 1):
            raise InputError(
                f"{self.test:g} for test and {self.validation:g} for validation",
                expected="shares from 0 on that leave something for training",
                hint="for example 0.1 each",
            )


def split_of_film(identity: str, shares: Shares) -> str:
    """Where all cuts of a film belong, under whatever name."""
    digest = hashlib.sha256(f"{shares.seed}:{identity}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64
    if place < shares.test:
        return TEST
    # From the other end, so that a larger share for test takes no film out of validation.
    return VALIDATION if place >= 1 - shares.validation else TRAIN


def split_by_film(records: Iterable[CutRecord], shares: Shares) -> Iterator[CutRecord]:
    """Every record in the split of its film; what a filter left out stays out, and keeps to it."""
    by = MadeBy(tool=TOOL, version=__version__, parameters=asdict(shares))
    for record in records:
        before = tuple(maker for maker in record.made_by if maker.tool != TOOL)
        split = split_of_film(record.film_identity, shares)
        yield replace(record, split=split, made_by=(*before, by))
