"""Small cuts with noise for pictures: nothing survives a lossy store."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from PIL import Image

from cut2next.cuts.record import CutRecord, MadeBy, Span
from cut2next.cuts.recording import record_of
from cut2next.film import Cut, EditingPattern, IndividualPrompt, RelationalPrompt, Shot
from cut2next.soundstage.truth import Camera, Truth

PARTS = ("a.hair", "a.skin", "walls")


def cut(number: int, *, film: str = "film") -> Cut:
    """Cut number `number` of a film, with text that is hard to keep."""
    return Cut(
        film=film,
        current=_shot(2 * number, width=24),
        next=_shot(2 * number + 1, width=40),
        patterns=frozenset(list(EditingPattern)[number % 4 : number % 4 + 2]),
        relational=RelationalPrompt(transition=f'"cut" {number}\n', scene="<Ána> (long hair)"),
    )


def record(
    number: int,
    *,
    film: str = "film",
    split: str = "train",
    truths: tuple[Truth, Truth] | None = None,
) -> CutRecord:
    """The record of such a cut, as the film set would write it."""
    return record_of(
        cut(number, film=film),
        made_by=MadeBy(tool="a test", version="1", parameters={"seed": 3}),
        licence="CC0-1.0",
        source="noise",
        truths=truths,
        split=split,
    )


def found(number: int, *, film: str = "film", split: str = "train", **changes: Any) -> CutRecord:
    """The record of such a cut as if it had been found in a film, with every column filled."""
    plain = record(number, film=film, split=split)
    shots = [
        replace(
            shot,
            span=Span(start=at, keyframe=at + 7, end=at + 40, time_base=Fraction(1, 24)),
            scene=number // 3,
            marks=("flash",) if number % 2 else (),
            scores={"sharpness": at / 7, "motion": 0.1},
        )
        for shot, at in zip(plain.shots, (80 * number, 80 * number + 40), strict=True)
    ]
    scores = {"similarity": 1 / (number + 1)}
    return replace(plain, **{"current": shots[0], "next": shots[1], "scores": scores, **changes})


def truth(number: int) -> Truth:
    """What is true of a shot of 5 by 3 pixels."""
    ids = np.random.default_rng(number).integers(0, len(PARTS), (3, 5)).astype(np.int32)
    return Truth(
        object_ids=ids,
        parts=PARTS,
        palette={"a.hair": ((0.1, 0.2, 0.3),)},
        words={"a": {"hair": "red"}},
        camera=Camera(
            position=(0.0, 0.0, 1.5),
            right=(1.0, 0.0, 0.0),
            up=(0.0, 0.0, 1.0),
            forward=(0.0, 1.0, 0.0),
            field_of_view=0.7,
        ),
        subjects=("a",),
    )


def same(one: Cut, other: Cut) -> bool:
    """Whether two cuts agree in everything, to the last pixel and the order of attributes."""

    def told(cut: Cut) -> tuple[object, ...]:
        shots = (cut.current, cut.next)
        pictures = tuple((shot.keyframe.size, shot.keyframe.tobytes()) for shot in shots)
        orders = tuple(tuple(shot.prompt.attributes.items()) for shot in shots)
        return cut.name, cut.patterns, cut.prompt, pictures, orders

    return told(one) == told(other)


def _shot(number: int, *, width: int) -> Shot:
    noise = np.random.default_rng(number).integers(0, 256, (16, width, 3)).astype(np.uint8)
    attributes = {"Framing": "single", "Angle": f"{number}°"} if number % 3 else {}
    return Shot(
        name=f"shot{number}",
        keyframe=Image.fromarray(noise),
        prompt=IndividualPrompt(
            summary=f"Shot {number} of <Ána> (long hair)", description="…", attributes=attributes
        ),
    )
