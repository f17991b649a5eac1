"""Joins the shots of MovieNet with the films themselves: exact spans, keyframes in full size.

One pass decodes a film and counts its frames, which is exact and quicker than a seek for each shot.
Another edition of the film would have other frames under these numbers: the pictures are compared.
"""

from array import array
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cut2next.cuts.record import Span
from cut2next.film import InputError
from cut2next.film.keyframe import read_picture
from cut2next.films.movienet_shots import FrameShot
from cut2next.films.picture import picture
from cut2next.films.steps.pictures import jpeg
from cut2next.films.video import Film, frames, open_film

_THUMB = (32, 18)
_FLAT = 4.0
"""Standard deviation of luma, of 255, under which a picture has nothing to compare."""
_ALIKE = 0.5
"""Correlation of a frame with its still, in the median of a film; another edition has about 0."""


def join(
    path: Path, shots: Sequence[FrameShot], stills: Sequence[bytes]
) -> list[tuple[Span, bytes]]:
    """For every shot where it lies in a film file, and its keyframe from there as a JPEG.

    Raises InputError for what is no film, is shorter than its shots or shows other pictures.
    """
    if shots[0].start != 0:
        raise _refused(
            path, f"has shots from frame {shots[0].start} on", "the first to start at frame 0"
        )
    film = open_film(path, path.stem)
    timestamps, images, alike = _read(film, shots, stills)
    if len(timestamps) < shots[-1].end:
        raise _refused(
            path, f"has {len(timestamps)} frames", f"{shots[-1].end}, where the last shot ends"
        )
    if alike and median(alike) < _ALIKE:
        fault = f"shows other pictures than the stills (likeness {median(alike):.2f} of 1)"
        raise _refused(path, fault, "the film that MovieNet took its stills from")
    # Where the last shot ends there may be no frame; it would come as late as the one before it.
    timestamps.append(2 * timestamps[-1] - timestamps[-2])
    return [
        (
            Span(
                start=timestamps[shot.start],
                keyframe=timestamps[shot.keyframe],
                end=timestamps[shot.end],
                time_base=film.time_base,
            ),
            images[shot.keyframe],
        )
        for shot in shots
    ]


def _read(
    film: Film, shots: Sequence[FrameShot], stills: Sequence[bytes]
) -> tuple["array[int]", dict[int, bytes], list[float]]:
    """Timestamps of all frames, the wanted ones as JPEGs, and how like its still each is."""
    wanted = dict(zip((shot.keyframe for shot in shots), stills, strict=True))
    timestamps, images, alike = array("q"), {}, []
    for number, frame in enumerate(frames(film)):
        timestamps.append(frame.pts)
        if number in wanted:
            image = picture(frame, film.pixel_aspect)
            images[number] = jpeg(image)
            still = read_picture(wanted[number], f"the still of frame {number}")
            alike += _likeness(_thumb(image), _thumb(still))
    return timestamps, images, alike


def _likeness(first: NDArray[np.float64], second: NDArray[np.float64]) -> list[float]:
    """Correlation of two pictures; none where there is nothing to compare."""
    if min(first.std(), second.std()) < _FLAT:
        return []
    return [float(np.corrcoef(first, second)[0, 1])]


def _thumb(image: Image.Image) -> NDArray[np.float64]:
    little = image.convert("L").resize(_THUMB, Image.Resampling.BOX)
    return np.asarray(little, np.float64).reshape(-1)


def _refused(path: Path, got: str, expected: str) -> InputError:
    return InputError(
        f"{path}: {got}", expected=expected, hint="find that edition, or do without films"
    )
