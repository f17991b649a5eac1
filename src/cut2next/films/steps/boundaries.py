"""Where shots begin and end: hard cuts, dissolves and fades.

PySceneDetect finds hard cuts; its adaptive and its content detection together miss hardly any, but
also fire at flashes and within whip pans. So each is checked: it stands out of the motion around
it, and leads to another picture. Dissolves and fades, which they pass over, are found here. What a
frame is depends on no more than `REACH` frames to either side, so a film may be taken in stretches
and its shots are the same.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scenedetect import AdaptiveDetector, FrameTimecode
from scenedetect.detector import SceneDetector

from cut2next.films.steps.blends import THUMB, Blends, Flags, Frames, alike, blended

REACH = 112
"""Frames before and after one that decide what it is: it may be at one end of a window of 96, and
whether its other end is certain to be a cut, a few more say."""
_GREY = 1.5
"""Mean distance of blue and red, of 255, under which a picture is black and white."""
_FLASH = 6
"""Frames that a flash lasts at most."""


@dataclass(frozen=True, kw_only=True)
class Boundaries:
    """Thresholds. Set on the hand-checked clips and on edits with known transitions."""

    content: float = 27.0
    """ContentDetector: mean change of hue, saturation and value of 255, its authors' default."""
    adaptive: float = 3.0
    """AdaptiveDetector: the same change by that of its neighbours, its authors' default."""
    shortest: int = 8
    """Frames: the least that two cuts are apart; of closer ones the strongest is meant."""
    standing_out: float = 2.0
    """A cut changes the picture that many times as much as the median of six frames around it; in
    a whip pan or an explosion every frame does."""
    flash: float = 0.8
    """Correlation with a picture from before, above which it is the same shot after a flash."""
    lit: float = 40.0
    """Levels of 255 that a flash is brighter than what is before and after it."""
    lit_flash: float = 0.4
    """Correlation that is enough where such a flash is seen."""
    certain: float = 2.5
    """What stands out that far is a hard cut even where a blend is seen."""
    fast: float = 20.0
    """Mean change of luma between frames, of 255, from which on a camera whips or things burst."""
    blends: Blends = field(default_factory=Blends)


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


class BlendDetector(SceneDetector):
    """A detector that tells the frames of blends, too."""

    def __init__(self) -> None:
        super().__init__()
        self.blended: set[int] = set()
        """The numbers of frames that are part of a transition; a cut marks one or two."""


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
    little = cv2.resize(luma, THUMB, interpolation=cv2.INTER_AREA)  # [18, 32]
    return little.reshape(-1).astype(np.float32)


def label(
    frames: Frames, thresholds: Boundaries, spotted: Flags, transition: Flags | None = None
) -> Labels:
    """What every frame is, given where a detector spotted a cut, and transitions if it tells."""
    moved = np.abs(np.diff(frames, axis=0)).mean(axis=1)  # [T, P] -> [T - 1, P] -> [T - 1]
    change = np.concatenate(([0], moved)).astype(np.float32)  # [T], as all that follows
    outstanding = change / np.maximum(_median_around(change), 0.5)
    strongest = _strongest(np.where(spotted, change, 0), thresholds.shortest)
    cut = spotted & strongest & (outstanding >= thresholds.standing_out)
    flash = cut.copy()
    flash[cut] = [_is_flash(frames, int(at), thresholds) for at in np.flatnonzero(cut)]
    certain = cut & ~flash & (outstanding >= thresholds.certain)
    blend = blended(frames, certain, thresholds.blends, transition)
    return Labels(cut & ~flash & ~blend, blend, flash, change > thresholds.fast, change)


def _is_flash(frames: Frames, at: int, thresholds: Boundaries) -> bool:
    """Whether only light changes at a frame: soon before or after, the picture is as it was.

    Correlation passes over brightness: a picture in a flash of lightning is still the same.
    """
    before = frames[max(at - 1 - _FLASH, 0) : at]  # [up to 7, P]
    after = frames[at : at + 1 + _FLASH]  # [up to 7, P]
    likest = max(alike(before[-1:], after).max(), alike(before, after[:1]).max())
    dark, light = before.mean(axis=1), after.mean(axis=1)  # [up to 7] each
    begins = light[0] - max(dark[-1], light.min())
    ends = dark[-1] - max(light[0], dark.min())
    enough = thresholds.lit_flash if max(begins, ends) > thresholds.lit else thresholds.flash
    return bool(likest > enough)


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
