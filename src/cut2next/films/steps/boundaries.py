"""Where shots begin and end: hard cuts, dissolves and fades.

PySceneDetect finds hard cuts; its adaptive and its content detection together miss hardly any, but
also fire at flashes and within whip pans. So each is checked: it stands out of the motion around
it, and leads to another picture. Dissolves and fades, which they pass over, are found here. What a
frame is depends on no more than `REACH` frames to either side, so a film may be taken in stretches
and its shots are the same.
"""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scenedetect import AdaptiveDetector, FrameTimecode

REACH = 96
"""Frames before and after one that decide what it is; the widths below stay within."""
THUMB = (24, 14)
"""Width and height of the pictures in which blends are looked for."""
_BLACK = 6.0
"""Contrast, in levels of 255, under which one side of a fade holds no picture."""

_GREY = 1.5
"""Mean distance of blue and red, of 255, under which a picture is black and white."""
_LONG = 48
"""Frames of a blend that are looked at as a whole."""
_FLASH = 6
"""Frames that a flash lasts at most."""

Frames = NDArray[np.float32]
"""Thumbnails of T consecutive frames, flattened: [T, P] with P = 24 · 14 pixels, luma of 255."""
Flags = NDArray[np.bool_]
"""One for each frame: [T]."""


@dataclass(frozen=True, kw_only=True)
class Boundaries:
    """Thresholds. Set on the hand-checked clips and on edits with known transitions."""

    content: float = 27.0
    """ContentDetector: mean change of hue, saturation and value of 255, its authors' default."""
    adaptive: float = 3.0
    """AdaptiveDetector: the same change by that of its neighbours, its authors' default."""
    shortest: int = 8
    """Frames: the least that two cuts are apart; of closer ones the strongest is meant."""
    standing_out: float = 1.8
    """A cut changes the picture that many times as much as the median of six frames around it; in
    a whip pan or an explosion every frame does."""
    flash: float = 0.75
    """Correlation with a picture from before, above which it is the same shot after a flash."""
    lit: float = 40.0
    """Levels of 255 that a flash is brighter than what is before and after it."""
    lit_flash: float = 0.4
    """Correlation that is enough where such a flash is seen."""
    certain: float = 2.5
    """What stands out that far is a hard cut even where a blend is seen."""
    widths: tuple[int, ...] = (4, 8, 16)
    """Frames to either side in which a dissolve or a fade is looked for: half its length."""
    apart: float = 12.0
    """Levels of 255 (RMS) that the two ends of a blend differ at least."""
    blended: float = 0.35
    """What mixing the two ends leaves unexplained of the middle, by how far the ends are apart."""
    unlike: float = 0.7
    """Correlation of the two ends above which a blend is mere motion."""
    far_apart: float = 35.0
    far_blended: float = 0.58
    far_unlike: float = 0.35
    """The same three where both shots move: ends that have nothing in common may blend worse."""
    briefest: int = 12
    """Frames that a blend is seen for at least; a shorter one is motion."""
    elsewhere: float = 0.5
    """Correlation of the pictures before and after a blend, above which it led nowhere."""
    fast: float = 20.0
    """Mean change of luma between frames, of 255, from which on a camera whips or things burst."""


class Labels(NamedTuple):
    """What each of some consecutive frames is."""

    cut: Flags
    """A new shot begins here."""
    blend: Flags
    """Part of a dissolve or a fade, and of no shot."""
    flash: Flags
    fast: Flags
    change: NDArray[np.float32]
    """Mean change of luma from the frame before, of 255: [T]; the first has none."""


class AdaptiveOrContent(AdaptiveDetector):
    """Both of PySceneDetect's in one, so that the change they look at is taken once.

    Without their own rules on how close cuts may be: those depend on where a film was begun.
    """

    def __init__(self, thresholds: Boundaries) -> None:
        super().__init__(adaptive_threshold=thresholds.adaptive, min_scene_len=0)
        self._content = thresholds.content

    def process_frame(
        self, timecode: FrameTimecode, frame_img: NDArray[np.uint8]
    ) -> list[FrameTimecode]:
        """Takes the next frame; gives where it, or one of the two before, begins a shot."""
        # Of a picture without colours only light can change; the mean of all three would hide it.
        colours = cv2.mean(cv2.absdiff(frame_img[..., 0], frame_img[..., 2]))[0]
        self._weights = (
            self.LUMA_ONLY_WEIGHTS if colours < _GREY else self.DEFAULT_COMPONENT_WEIGHTS
        )
        adaptive: list[FrameTimecode] = super().process_frame(timecode, frame_img)
        return [*adaptive, timecode] if (self._frame_score or 0) >= self._content else adaptive


def thumb(luma: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A frame as blends and motion are looked for in: from luma [H, W] to [P]."""
    little = cv2.resize(luma, THUMB, interpolation=cv2.INTER_LINEAR)  # [14, 24]
    return little.reshape(-1).astype(np.float32)


def label(frames: Frames, spotted: Flags, thresholds: Boundaries) -> Labels:
    """What every frame is, given where detectors spotted a cut."""
    moved = np.abs(np.diff(frames, axis=0)).mean(axis=1)  # [T, P] -> [T - 1, P] -> [T - 1]
    change = np.concatenate(([0], moved)).astype(np.float32)  # [T], as all that follows
    outstanding = change / np.maximum(_median_around(change), 0.5)
    strongest = _strongest(np.where(spotted, change, 0), thresholds.shortest)
    cut = spotted & strongest & (outstanding >= thresholds.standing_out)
    flash = cut.copy()
    flash[cut] = [_is_flash(frames, int(at), thresholds) for at in np.flatnonzero(cut)]
    certain = cut & ~flash & (outstanding >= thresholds.certain)
    blend = _blends(frames, thresholds)
    # Around a certain cut, a blend is the cut itself seen from a distance, or motion.
    blend &= ~_spread(certain, max(thresholds.widths) // 2)
    blend = _lasting(frames, blend, thresholds)
    return Labels(cut & ~flash & ~blend, blend, flash, change > thresholds.fast, change)


def _blends(frames: Frames, thresholds: Boundaries) -> Flags:
    """Frames that are a mixture of what was before and what comes after."""
    blend = np.zeros(len(frames), bool)  # [T], as every array here
    for width in thresholds.widths:
        apart, share, unexplained = _mixture(frames, width)
        alike, least_contrast = _correlation(frames, width)
        near = (unexplained < thresholds.blended) & (
            (alike < thresholds.unlike) | (least_contrast < _BLACK)
        )
        far = (
            (unexplained < thresholds.far_blended)
            & (alike < thresholds.far_unlike)
            & (apart > thresholds.far_apart)
        )
        mixed = (apart > thresholds.apart) & (share > 0.2) & (share < 0.8) & (near | far)
        lasting = mixed & (np.roll(mixed, 1) | np.roll(mixed, -1))
        blend |= _spread(lasting, width // 2)
    return blend


def _lasting(frames: Frames, blend: Flags, thresholds: Boundaries) -> Flags:
    """Without blends that are too brief, or lead back to what was before; fades are always kept."""
    kept = blend.copy()
    # Where flags rise or fall, [2 blends]: a blend is the frames from an even edge to the next.
    edges = np.flatnonzero(np.diff(np.concatenate(([False], blend, [False])).astype(np.int8)))
    for first, after in edges.reshape(-1, 2):
        brief = after - first < thresholds.briefest
        before = frames[max(first - 2, 0)][None]  # [1, P]
        behind = frames[min(after + 1, len(frames) - 1)][None]  # [1, P]
        # Of longer ones the ends may be out of reach.
        judged = after - first <= _LONG
        returns = judged and _alike(before, behind)[0] > thresholds.elsewhere
        through_black = frames[first:after].std(axis=1).min() < _BLACK  # [blend, P] -> []
        if (brief or returns) and not through_black:
            kept[first:after] = False
    return kept


def _mixture(frames: Frames, width: int) -> tuple[NDArray[np.float32], ...]:
    """Every frame as a mixture of those `width` before and after it.

    How far those are apart (RMS), the share of the first, and what it leaves unexplained by that.
    """
    before, after = _ends(frames, width)
    difference = before - after  # [T, P]
    power = np.maximum((difference**2).mean(axis=1), 1e-6)  # [T]
    # Least squares: frame = after + share · difference, one share for all pixels of a frame.
    share = ((frames - after) * difference).mean(axis=1) / power  # [T]
    left = frames - after - share[:, None] * difference  # [T, P] - [T, 1] · [T, P]
    return np.sqrt(power), share, np.sqrt((left**2).mean(axis=1) / power)  # each [T]


def _correlation(frames: Frames, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How alike the frames before and after every one are, and the less of their contrasts."""
    before, after = _ends(frames, width)
    before = before - before.mean(axis=1, keepdims=True)  # [T, P] - [T, 1]
    after = after - after.mean(axis=1, keepdims=True)
    contrasts = [np.sqrt((side**2).mean(axis=1)) for side in (before, after)]  # each [T]
    alike = (before * after).mean(axis=1) / np.maximum(contrasts[0] * contrasts[1], 1e-3)
    return alike, np.minimum(*contrasts)


def _is_flash(frames: Frames, at: int, thresholds: Boundaries) -> bool:
    """Whether only light changes at a frame: soon before or after, the picture is as it was.

    Correlation passes over brightness: a picture in a flash of lightning is still the same.
    """
    before = frames[max(at - 1 - _FLASH, 0) : at]  # [up to 7, P]
    after = frames[at : at + 1 + _FLASH]  # [up to 7, P]
    alike = max(_alike(before[-1:], after).max(), _alike(before, after[:1]).max())
    dark, light = before.mean(axis=1), after.mean(axis=1)  # [up to 7] each
    begins = light[0] - max(dark[-1], light.min())
    ends = dark[-1] - max(light[0], dark.min())
    enough = thresholds.lit_flash if max(begins, ends) > thresholds.lit else thresholds.flash
    return bool(alike > enough)


def _alike(some: Frames, others: Frames) -> NDArray[np.float32]:
    """Correlation of pictures, by twos; on either side there may be a single one: [T]."""
    some, others = (side - side.mean(axis=1, keepdims=True) for side in (some, others))
    norms = np.linalg.norm(some, axis=1) * np.linalg.norm(others, axis=1)  # [T]
    alike: NDArray[np.float32] = (some * others).sum(axis=1) / np.maximum(norms, 1e-3)
    return alike


def _ends(frames: Frames, width: int) -> tuple[Frames, Frames]:
    """For every frame, those some frames before and after; at the ends of the film, its ends."""
    numbers = np.arange(len(frames))
    return (
        frames[np.maximum(numbers - width, 0)],
        frames[np.minimum(numbers + width, len(frames) - 1)],
    )


def _median_around(change: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of the three values before and the three after each."""
    padded = np.pad(change, 3, mode="edge")  # [T + 6]
    around = np.lib.stride_tricks.sliding_window_view(padded, 7)  # [T, 7]
    return np.median(np.delete(around, 3, axis=1), axis=1).astype(np.float32)


def _strongest(strength: NDArray[np.float32], within: int) -> Flags:
    """Whether none within so many frames is stronger; of equals the first is meant."""
    padded = np.pad(strength, within - 1)  # [T + 2 · within - 2]
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * within - 1)
    before, after = around[:, : within - 1], around[:, within:]  # [T, within - 1] each
    strongest: Flags = (strength > before.max(axis=1)) & (strength >= after.max(axis=1))
    return strongest


def _spread(flags: Flags, width: int) -> Flags:
    """Flags that reach so many frames further to both sides."""
    near: Flags = np.convolve(flags, np.ones(2 * width + 1)) > 0  # [T + 2 · width]
    return near[width : width + len(flags)]
