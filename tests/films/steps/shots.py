"""Shots as the steps after the keyframe take them, without a film."""

from fractions import Fraction

import numpy as np

from cut2next.cuts.record import ShotRecord, Span
from cut2next.film import IndividualPrompt
from cut2next.films.steps.keyframes import KeyframedShot


def keyframed(
    number: int, *, look: int = 0, fingerprint: int = 0, start: float = 0.0, end: float = 0.0
) -> KeyframedShot:
    """A shot of one colour, number `look`, from `start` to `end` in seconds."""
    times = {"start": round(start * 1000), "end": round(end * 1000)}
    span = Span(keyframe=times["start"], time_base=Fraction(1, 1000), **times)
    record = ShotRecord(
        name=f"{number:04d}", image=b"", prompt=IndividualPrompt(summary=""), span=span
    )
    return KeyframedShot(
        record=record, look=np.eye(64, dtype=np.float32)[look], fingerprint=fingerprint
    )
