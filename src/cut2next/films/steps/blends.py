"""Dissolves and fades: frames that are a mixture of two shots, told from motion.

Three things are so of all pictures from the one shot to the other, and of hardly anything that
moves: each is a mixture of the first and the last, in a share that rises steadily; their contrast
sags, since what is mixed evens out; and so do their edges, of which each shot's fade while the
other's appear. Motion within both shots changes little of the latter two, and a pan or a walk
nothing at all, since it moves contrast and edges and leaves them whole. What seems mixed all the
same is held against optical flow: one half of a dissolve cannot be moved to be the other.

A fade is a dissolve from or to an empty picture; whatever leads there, an iris too, is of no shot.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

THUMB = (32, 18)
"""Width and height of the pictures in which blends are looked for."""
_SHAPE = THUMB[::-1]
_BLACK = 24
"""Luma that black has at most, noise included."""
_MIDDLE = 128
"""Luma that is taken off, so that inner products of whole numbers stay whole in float32."""
_LOOKS = 7
"""Frames of a window that are looked at between its ends."""
_LONGEST = 48
"""Frames that may lead to or from an empty picture."""
_STEADY = 4
"""Frames after which a picture that becomes empty must have become so by more."""

Frames = NDArray[np.float32]
"""Thumbnails of T consecutive frames, flattened: [T, P] with P = 32 · 18 pixels, luma of 255."""
Flags = NDArray[np.bool_]
"""One for each frame: [T]."""


@dataclass(frozen=True, kw_only=True)
class Blends:
    """Thresholds. Set on dissolves and camera moves made from half of the shots at hand."""

    widths: tuple[int, ...] = (4, 6, 8, 12, 16, 24, 32, 48)
    """Frames to either side in which a dissolve is looked for: half its length."""
    apart: float = 12.0
    """Levels of 255 (RMS) that the two ends differ at least."""
    unlike: float = 0.58
    """Correlation of the two ends, from which on it is light that changes."""
    unmixed: float = 0.57
    """What mixing the ends leaves unexplained at most (RMS), by how far they are apart."""
    unsteady: float = 0.2
    """How far shares lie from a straight line at most (RMS)."""
    contrast: float = 0.9
    """How far contrasts lie from where they sag to at most (RMS), by how far they sag."""
    edges: float = 0.47
    """The same of edges."""
    unmoved: float = 0.7
    """What optical flow leaves of a change at least, for it to be no motion."""
    fringe: float = 0.08
    """Share of the other shot with which a frame is still of its own."""
    faint: float = 8.0
    """Contrast, in levels of 255, under which correlation with a picture says nothing."""
    empty: float = 2.5
    """Contrast under which a picture shows nothing."""
    seen: float = 0.02
    """Share of a picture that is not black under which it shows nothing."""
    blink: int = 6
    """Frames that pictures are empty at most where a shot goes on after them."""
    again: float = 0.75
    """Correlation of what is before and after, from which on it does."""


class _Measured(NamedTuple):
    """What is asked of T frames, over and over."""

    products: NDArray[np.float32]
    """Of every two frames, the mean product of their pixels: [T, T]."""
    mean: NDArray[np.float32]
    """[T], as the next two."""
    variance: NDArray[np.float32]
    edges: NDArray[np.float32]
    """Mean square difference of neighbouring pixels."""


class _Windows(NamedTuple):
    """Numbers of the frames at the ends of C windows, [C, 1], and of K between them, [C, K]."""

    first: NDArray[np.int_]
    last: NDArray[np.int_]
    between: NDArray[np.int_]
    line: NDArray[np.float32]
    """The last picture's share in those between where it rises in a straight line: [K]."""


def blended(
    frames: Frames, cut: Flags, thresholds: Blends, transition: Flags | None = None
) -> Flags:
    """Frames that are of no shot, given where it is certain that one begins.

    Where a detector told transitions, dissolves are those of them that last three frames or more.
    """
    measured = _measured(frames - _MIDDLE)
    if transition is not None:
        dissolve = spread(transition & ~spread(~transition, 1), 1)
    else:
        dissolve = np.zeros(len(frames), bool)
        for width in thresholds.widths:
            dissolve |= _dissolved(frames, measured, cut, width, thresholds)
        dissolve &= ~spread(cut, max(thresholds.widths) // _LOOKS)
    return dissolve | _emptied(frames, measured, cut, thresholds)


def spread(flags: Flags, width: int) -> Flags:
    """Flags that reach so many frames further to both sides."""
    near: Flags = np.convolve(flags, np.ones(2 * width + 1)) > 0  # [T + 2 · width]
    return near[width : width + len(flags)]


def alike(some: Frames, others: Frames) -> NDArray[np.float32]:
    """Correlation of pictures, by twos; on either side there may be a single one: [T].

    What is black in both counts for nothing: black borders would make any two pictures alike.
    """
    seen = np.maximum(some, others) > _BLACK  # [T, P], as the next
    counted = np.maximum(seen.sum(axis=1, keepdims=True), 1)
    centred = [
        np.where(seen, side - (side * seen).sum(axis=1, keepdims=True) / counted, 0)
        for side in (some, others)
    ]
    norms = np.prod([np.linalg.norm(side, axis=1) for side in centred], axis=0)  # [T]
    correlation: NDArray[np.float32] = np.prod(centred, axis=0).sum(axis=1) / np.maximum(norms, 1)
    return correlation


def _measured(frames: Frames) -> _Measured:
    pictures = frames.reshape(-1, *_SHAPE)  # [T, 18, 32]
    across, down = (np.diff(pictures, axis=axis).reshape(len(frames), -1) for axis in (2, 1))
    edges = (across**2).mean(axis=1) + (down**2).mean(axis=1)  # [T]
    products = frames @ frames.T / frames.shape[1]
    mean = frames.mean(axis=1)
    return _Measured(products, mean, np.diag(products) - mean**2, edges)


def _dissolved(
    frames: Frames, measured: _Measured, cut: Flags, width: int, thresholds: Blends
) -> Flags:
    """Frames of dissolves that are about twice as long."""
    windows = _windows(measured, cut, width, thresholds)
    share, mixed = _mixed(measured, windows, thresholds)  # [C, K], [C]
    middle = windows.first[:, 0] + width  # [C]
    ends = np.minimum(measured.variance[windows.first], measured.variance[windows.last])[:, 0]
    for window in np.flatnonzero(mixed & (ends > thresholds.faint**2)):  # no motion makes a fade
        left = _unmoved(frames, int(middle[window]), width // 4)
        mixed[window] = left > thresholds.unmoved
    lasting = np.isin(middle, (middle[mixed] + 1, middle[mixed] - 1))
    within = (share > thresholds.fringe) & (share < 1 - thresholds.fringe)
    dissolve = np.zeros(len(frames), bool)
    dissolve[windows.between[within & (mixed & lasting)[:, None]]] = True
    return spread(dissolve, -(-width // (len(windows.line) + 1)))  # what lies between two looks


def _windows(measured: _Measured, cut: Flags, width: int, thresholds: Blends) -> _Windows:
    """Windows that reach so many frames to either side, and whose ends are two pictures."""
    products, mean, variance, _ = measured
    middle = np.arange(width, len(cut) - width)  # [C], as all that follows
    first, last = middle - width, middle + width
    own, both = variance[first], products[first, last] - mean[first] * mean[last]
    contrasts = np.sqrt(np.maximum(own * variance[last], 1e-3))
    faint = np.minimum(own, variance[last]) < thresholds.faint**2
    apart = products[first, first] + products[last, last] - 2 * products[first, last]
    cuts = np.cumsum(cut)
    middle = middle[
        (apart > thresholds.apart**2)
        & (faint | (both < thresholds.unlike * contrasts))
        & (cuts[first] == cuts[last])
    ][:, None]
    steps = np.unique(np.linspace(-width, width, _LOOKS + 2).round().astype(int))[1:-1]  # [K]
    line = ((steps + width) / (2 * width)).astype(np.float32)
    return _Windows(middle - width, middle + width, middle + steps, line)


def _mixed(
    measured: _Measured, windows: _Windows, thresholds: Blends
) -> tuple[NDArray[np.float32], Flags]:
    """The last picture's share in those between, [C, K]; in which windows all is as mixed: [C]."""
    products, mean, variance, edges = measured
    first, last, between, line = windows
    own, both = products[first, first], products[first, last]  # [C, 1]
    apart = own + products[last, last] - 2 * both  # [C, 1]
    # Least squares: picture = first + share · (last - first), one share for all pixels of it.
    share = (products[between, last] - products[between, first] - both + own) / apart
    away = (products[between, between] - 2 * products[between, first] + own) / apart
    # Of what there is less, the variance is that of the pictures' difference. The edges of two
    # pictures have, on the whole, nothing to do with each other.
    less = apart - (mean[first] - mean[last]) ** 2
    mixed = (
        ((away - share**2).mean(axis=1) < thresholds.unmixed**2)
        & (((share - line) ** 2).mean(axis=1) < thresholds.unsteady**2)
        & (_sag(variance, less, windows) < thresholds.contrast)
        & (_sag(edges, edges[first] + edges[last], windows) < thresholds.edges)
    )
    return share, mixed


def _sag(
    values: NDArray[np.float32], less: NDArray[np.float32], windows: _Windows
) -> NDArray[np.float32]:
    """How far values are from sagging as a mixture's do, by how far those sag (RMS): [C].

    Those, squares as they are, lie on a parabola; a quarter of `less`, [C, 1], is its depth.
    """
    first, last, between, line = windows
    expected = line * (1 - line) * less  # [C, K]
    left = (1 - line) * values[first] + line * values[last] - values[between] - expected
    power: NDArray[np.float32] = (left**2).mean(axis=1)
    expect: NDArray[np.float32] = (expected**2).mean(axis=1)
    return np.asarray(np.sqrt(power / np.maximum(expect, 1e-6)), np.float32)


def _unmoved(frames: Frames, middle: int, width: int) -> float:
    """What optical flow leaves of the change from before a frame to after it (RMS): 0 to 1.

    The less of both directions: in one of them, what moves may uncover what nothing moves to.
    """
    one, other = (frames[at].reshape(_SHAPE) for at in (middle - width, middle + width))
    left = min(np.linalg.norm(_moved(*way) - way[1]) for way in ((one, other), (other, one)))
    return float(left) / max(float(np.linalg.norm(one - other)), 1.0)


def _moved(source: Frames, target: Frames) -> Frames:
    """A picture [18, 32], its pixels moved so that it is as much like another as they let it."""
    start = np.zeros((*_SHAPE, 2), np.float32)
    whole = (target.astype(np.uint8), source.astype(np.uint8))
    flow = cv2.calcOpticalFlowFarneback(*whole, start, 0.5, 2, 9, 3, 5, 1.1, 0)  # [18, 32, 2]
    rows, columns = np.indices(_SHAPE, np.float32)
    across, down = (columns + flow[..., 0], rows + flow[..., 1])
    moved: Any = cv2.remap(source, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.float32)


def _emptied(frames: Frames, measured: _Measured, cut: Flags, thresholds: Blends) -> Flags:
    """Empty pictures, and those that steadily become so, or come out of them."""
    seen = (frames > _BLACK).mean(axis=1)  # [T]
    empty = (measured.variance < thresholds.empty**2) | (seen < thresholds.seen)
    of_none = np.zeros(len(frames), bool)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], empty, [False])).astype(np.int8)))
    for first, after in edges.reshape(-1, 2):  # [runs, 2]
        begin, end = first, after
        if not cut[first]:
            begin -= _leading(frames[:first][::-1], frames[first])
        if not cut[after : after + 1].any():
            end += _leading(frames[after:], frames[after - 1])
        before, behind = frames[max(begin - 1, 0)], frames[min(end, len(frames) - 1)]
        again = alike(before[None], behind[None])[0] > thresholds.again
        of_none[begin:end] |= not (again and end - begin <= thresholds.blink)
    return of_none


def _leading(frames: Frames, empty: Frames) -> int:
    """How many frames, counted away from an empty one [P], are steadily further from it."""
    away = np.sqrt(((frames[: _LONGEST + _STEADY] - empty) ** 2).mean(axis=1))  # [up to 52]
    further = away[_STEADY:] > 1.05 * away[:-_STEADY] + 0.5
    return int(np.argmin(np.append(further, False)))
