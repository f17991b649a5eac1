"""The still that stands for a shot, and what can be said of it.

As in the paper (supplement, data) it is the best of frames sampled uniformly from the shot: by
aesthetic score where there is a scorer for it; else the sharpest of those that hardly move.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import chain, islice
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cut2next.cuts.record import ShotRecord, Span
from cut2next.cuts.scores import ShotScore
from cut2next.cuts.selection import Selection, shot_faults
from cut2next.film import IndividualPrompt
from cut2next.films.picture import luma, picture
from cut2next.films.scorers.scorer import Scorer
from cut2next.films.steps import pictures
from cut2next.films.steps.borders import Box, film_box, shot_box
from cut2next.films.steps.shots import Candidate, FilmedShot, beside
from cut2next.films.video import Film

_LATE = ShotScore.TEXT
"""What takes so long that only shots that may be kept get it."""


@dataclass(frozen=True, kw_only=True)
class Keyframes:
    """How a keyframe is chosen, and which pictures are none."""

    compared: int = 4
    """Frames a shot whose aesthetic score is asked for, those that promise most."""
    bordered: int = 4
    """Frames a shot that are looked at for black borders."""
    stillness: float = 4.0
    """Mean change, of 255, that halves a frame's sharpness in the comparison."""
    title_ground: float = 0.75
    """Share of one luma that a title card or credits have at least."""
    least_side: int = 128
    """Pixels that a keyframe has on either side, borders cut off."""


@dataclass(frozen=True, kw_only=True, eq=False)
class KeyframedShot:
    """A shot with its keyframe, and what neighbours are compared by."""

    record: ShotRecord
    look: NDArray[np.float32]
    fingerprint: int

    @property
    def span(self) -> Span:
        """Where it lies in its film, as is known of every shot that was found in one."""
        assert self.record.span is not None
        return self.record.span


def with_keyframes(
    shots: Iterable[FilmedShot],
    *,
    film: Film,
    settings: Keyframes,
    scorers: Sequence[Scorer],
    selection: Selection,
) -> Iterator[KeyframedShot]:
    """Each shot with its keyframe, without those of whose pictures too little is left.

    Text is looked for where the rest of what is known of a shot passes the selection.
    """
    keyframed = (_with_keyframe(shot, film, settings, scorers) for shot in shots)
    whole = (both for both in keyframed if both is not None)
    return beside(partial(_scored, scorers=scorers, selection=selection), whole)


def _scored(
    still: tuple[Image.Image, KeyframedShot], scorers: Sequence[Scorer], selection: Selection
) -> KeyframedShot:
    """A shot with the scores that its keyframe still lacks."""
    image, shot = still
    record = shot.record
    for scorer in sorted(scorers, key=lambda scorer: scorer.score == _LATE):
        spared = scorer.score == _LATE and any(shot_faults(record, selection))
        if scorer.score not in record.scores and not spared:
            record = replace(record, scores={**record.scores, scorer.score: scorer(image)})
    return replace(shot, record=record)


def _with_keyframe(
    shot: FilmedShot, film: Film, settings: Keyframes, scorers: Sequence[Scorer]
) -> tuple[Image.Image, KeyframedShot] | None:
    """Chooses, cuts off black borders, and judges; None where nothing is left of the picture."""
    best = _promising(shot, settings)
    first = picture(best[0].frame, film.pixel_aspect)
    box = _inside(first, best[1 : settings.bordered], film)
    if min(box.right - box.left, box.bottom - box.top) < settings.least_side:
        return None
    frames = chain([first], (picture(other.frame, film.pixel_aspect) for other in best[1:]))
    whole = box == (0, 0, *first.size)
    stills = (still if whole else still.crop(box) for still in frames)
    chosen, image, rating = _chosen(zip(best, stills, strict=True), scorers, settings)
    grey: pictures.Luma = np.asarray(image.convert("L"))
    titled = pictures.is_card(grey, settings.title_ground)
    span = Span(start=shot.start, keyframe=chosen.timestamp, end=shot.end, time_base=film.time_base)
    record = ShotRecord(
        name=_name(span.start * film.time_base),
        image=pictures.jpeg(image),
        prompt=IndividualPrompt(summary=""),
        span=span,
        marks=(*shot.marks, *(("title card",) if titled else ())),
        scores={
            ShotScore.MOTION: shot.motion,
            ShotScore.SHARPNESS: pictures.sharpness(grey),
            **pictures.exposure(grey),
            **rating,
        },
    )
    return image, KeyframedShot(
        record=record,
        look=pictures.look(pictures.little(_middle(shot, film).crop(box))),
        fingerprint=pictures.fingerprint(pictures.little(image)),
    )


def _middle(shot: FilmedShot, film: Film) -> Image.Image:
    """The still that a shot is known again by: not the sharpest, which changes with the coding."""
    return picture(shot.candidates[len(shot.candidates) // 2].frame, film.pixel_aspect)


def _chosen(
    stills: Iterator[tuple[Candidate, Image.Image]], scorers: Sequence[Scorer], settings: Keyframes
) -> tuple[Candidate, Image.Image, dict[str, float]]:
    """The first still, or the one with the best aesthetic score, and that score."""
    for scorer in scorers:
        if scorer.score == ShotScore.AESTHETIC:
            some = islice(stills, settings.compared)
            rated = [(scorer(image), candidate, image) for candidate, image in some]
            score, candidate, image = max(rated, key=itemgetter(0))
            return candidate, image, {scorer.score: score}
    return *next(stills), {}


def _inside(first: Image.Image, others: Sequence[Candidate], film: Film) -> Box:
    """The part of a shot's pictures that is not black border.

    The others are looked at as they lie in the file, which is quick, and so only where they lie
    as the first one does: upright, with square pixels.
    """
    grey = np.asarray(first.convert("L"))
    lumas = [luma(candidate.frame) for candidate in others]
    upright = [grey, *(other for other in lumas if other.shape == grey.shape)]
    return shot_box(upright, film_box(film))


def _promising(shot: FilmedShot, settings: Keyframes) -> list[Candidate]:
    """A shot's frames, the sharpest that hardly move first; of equals the earliest."""

    def promise(candidate: Candidate) -> float:
        return pictures.sharpness(luma(candidate.frame)) / (
            1 + candidate.change / settings.stillness
        )

    return sorted(shot.candidates, key=promise, reverse=True)


def _name(seconds: Fraction) -> str:
    """Where a shot begins, as a name that sorts and suits a file: "00h01m05.292s"."""
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}h{minutes % 60:02d}m{rest / 1000:06.3f}s"
