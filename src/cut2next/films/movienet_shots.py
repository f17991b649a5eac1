"""The shots of one MovieNet film: its shot file and its scene labels, whichever way they count.

Two things are not written down anywhere: whether an end is the last frame of a shot or the first
after it, and whether labels count shots from 0 or from 1. Both follow from the numbers themselves,
and where they do not, the film is refused.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate, pairwise
from pathlib import Path

from cut2next.film import InputError
from cut2next.film.paths import read_bytes

INCLUSIVE, EXCLUSIVE = "the last frame", "the first frame after the shot"
_SCENE_ENDS = {0: False, 1: True, -1: True}
"""By label; -1 is rare, and the authors' own reader takes it for 1."""


@dataclass(frozen=True, kw_only=True)
class FrameShot:
    """A shot in frame numbers."""

    start: int
    keyframe: int
    """The middle one of three."""
    end: int
    """The first frame after the shot, whatever the file means by an end."""
    scene: int = 0


@dataclass(frozen=True, kw_only=True)
class FilmShots:
    """The shots of a film, and how its files were understood."""

    shots: Sequence[FrameShot]
    end: str
    """`INCLUSIVE` or `EXCLUSIVE`."""
    labels: str = ""
    """ "from 0" or "from 1"."""


def read_shots(path: Path) -> FilmShots:
    """The shots of a shot file, not yet with scenes.

    Raises InputError, naming the line, for what is no such file or counts in no one way.
    """
    lines = _rows(path, 5)
    if len(lines) < 2:
        raise _refused(path, f"has {len(lines)} shots", expected="two or more, for a cut")
    # Of an inclusive end the next frame begins the next shot, of an exclusive one that very frame.
    steps = [following[0] - current[1] for current, following in pairwise(lines)]
    for number, step in enumerate(steps, 2):
        if step not in (0, 1) or step != steps[0]:
            (_, end, *_), (start, *_) = lines[number - 2 : number]
            raise _refused(
                path,
                f"line {number}: starts at {start} after an end at {end}",
                expected="every shot to start at the end before it, or every one right after",
            )
    shots = [_shot(path, number, line, steps[0]) for number, line in enumerate(lines, 1)]
    return FilmShots(shots=shots, end=INCLUSIVE if steps[0] else EXCLUSIVE)


def read_labels(path: Path, film: FilmShots) -> FilmShots:
    """The shots with the scenes that a label file makes of them, numbered from 0.

    Raises InputError, naming the line, for what is no such file or does not fit the shots.
    """
    labels = _rows(path, 2)
    if not labels:
        raise _refused(path, "is empty", expected="a label for every shot")
    count, first = len(film.shots), labels[0][0]
    for number, (shot, label) in enumerate(labels):
        if shot != first + number or label not in _SCENE_ENDS:
            raise _refused(
                path,
                f"line {number + 1}: says {shot} {label}",
                expected=f"shot {first + number} and 0 or 1",
            )
    _check_counting(path, first, len(labels), count)
    # The last shot ends its scene whatever its label is, and may have none.
    ends = [_SCENE_ENDS[label] for _, label in labels[: count - 1]]
    shots = [
        replace(shot, scene=scene)
        for shot, scene in zip(film.shots, accumulate(ends, initial=0), strict=True)
    ]
    return replace(film, shots=shots, labels=f"from {first}")


def _check_counting(path: Path, first: int, labels: int, shots: int) -> None:
    """Refuses labels that do not say which shot they are of."""
    if (first, labels) in ((0, shots), (0, shots - 1), (1, shots)):
        return
    counts = f"labels shots {first} to {first + labels - 1} of {shots}"
    if (first, labels) == (1, shots - 1):
        # The first shot or the last has no label, which would move every scene by one shot.
        counts += ", which may be counted from 0 or from 1"
    raise _refused(
        path, counts, expected="a label for every shot, or for all but the last from 0 on"
    )


def _shot(path: Path, number: int, line: Sequence[int], step: int) -> FrameShot:
    start, end, *keyframes = line
    if not all(start <= keyframe < end + step for keyframe in keyframes) or start < 0:
        raise _refused(
            path,
            f"line {number}: keyframes {keyframes} in a shot from {start} to {end}",
            expected="all within it",
        )
    return FrameShot(start=start, keyframe=keyframes[1], end=end + step)


def _rows(path: Path, count: int) -> list[list[int]]:
    """The lines of a file, each of so many whole numbers."""
    refuse = partial(_refused, expected="a text file")
    try:
        lines = read_bytes(path, refuse).decode("ascii").splitlines()
    except UnicodeDecodeError as error:
        raise refuse(path, "cannot be read (not ASCII)") from error
    for number, line in enumerate(lines, 1):
        if not re.fullmatch(rf"\s*-?[0-9]+(\s+-?[0-9]+){{{count - 1}}}\s*", line):
            fault = f"line {number}: {line.strip()[:60]!r}"
            raise _refused(path, fault, expected=f"{count} whole numbers")
    return [[int(word) for word in line.split()] for line in lines]


def _refused(path: Path, got: str, *, expected: str) -> InputError:
    return InputError(f"{path}: {got}", expected=expected, hint="get the file again, or correct it")
