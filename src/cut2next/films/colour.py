"""Colours beyond BT.709, as a picture in sRGB shows them: BT.2020, and high dynamic range.

HDR is brought into the range of a usual screen as ITU-R BT.2390 says, for a film mastered at 1000
cd/m² and a screen whose white is that of HDR's reference, 203 cd/m² (BT.2408). The brightest of
red, green and blue is what is mapped, so that hues stay, and grey stays grey. A frame (of
av.VideoFrame) that says nothing of its light is taken for what players take it.
"""

from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[Any]
"""[H, W, 3], red first."""
Light = NDArray[np.float32]
"""Linear light, 1 being the white of the screen."""

UNSAID = 2
"""Of a matrix, primaries or a curve, that it is not told; a number of ITU-T H.273, as these."""
_BT709, _BT2020, _PQ, _HLG, _IPT = 1, 9, 16, 18, 15
_WHITE, _PEAK = 203.0, 1000.0
"""cd/m²: reference white, and what a film reaches (BT.2408, and BT.2100's for HLG)."""
_TO_BT709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32
)
"""From linear BT.2020 (BT.2087)."""
_LUMINANCE = np.array([[0.2627, 0.6780, 0.0593]], np.float32)
"""Of BT.2020's red, green and blue."""
_LEVELS = 4096
"""Of light, for which the curve is worked out."""
_ROWS = 64
"""That are worked on at once, so that little memory is needed."""


def curve_of(frame: Any) -> int:
    """The transfer curve of a frame, by its number in ITU-T H.273.

    Where none is told, BT.2020 that tells how bright its master was is PQ; all else is BT.709.
    """
    if frame.color_trc != UNSAID:
        return int(frame.color_trc)
    mastered = {"MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL"}
    return _PQ if _is_wide(frame) and mastered & _side_data(frame) else _BT709


def is_ipt(frame: Any, tag: str) -> bool:
    """Whether colours are those of Dolby Vision's profile 5, which only its own maps turn to RGB.

    Such a film has Dolby Vision's tag, or its data, and says of its colours nothing that fits.
    """
    dolby = tag in ("dvh1", "dvhe", "dav1") or "DOVI_METADATA" in _side_data(frame)
    return frame.colorspace == _IPT or (dolby and frame.colorspace == UNSAID)


def is_beyond(frame: Any) -> bool:
    """Whether a frame has colours or light that sRGB has not."""
    return frame.color_trc in (_PQ, _HLG) or _is_wide(frame)


def srgb(coded: NDArray[np.uint16], curve: int) -> NDArray[np.uint8]:
    """Pictures in BT.2020 on such a curve, of 65535, as sRGB shows them: both [H, W, 3]."""
    parts = np.array_split(coded, max(len(coded) // _ROWS, 1))
    return np.concatenate([_encoded()[_level(_light(part, curve))] for part in parts])


@cache
def analysed(curve: int) -> NDArray[np.uint8] | None:
    """What a luma of 8 bits, 16 to 235, becomes where it is looked at: [256]; None for the same."""
    if curve not in (_PQ, _HLG):
        return None
    share = np.clip((np.arange(256) - 16) / 219, 0, 1)
    grey = np.round(share * 65535).astype(np.uint16)[:, None, None].repeat(3, axis=2)
    return np.round(16 + srgb(grey, curve)[:, 0, 0] * (219 / 255)).astype(np.uint8)


def _is_wide(frame: Any) -> bool:
    said = frame.colorspace if frame.color_primaries == UNSAID else frame.color_primaries
    return bool(said == _BT2020)


def _side_data(frame: Any) -> set[str]:
    return {data.type.name for data in frame.side_data}


def _light(coded: NDArray[np.uint16], curve: int) -> Light:
    """Linear BT.709: [H, W, 3] of 65535 -> [H, W, 3]."""
    light: Any = _linear(curve)[coded]
    if curve == _HLG:  # BT.2100's OOTF, for a screen of 1000 cd/m²
        light *= np.maximum(cv2.transform(light, _LUMINANCE), 0)[..., None] ** np.float32(0.2)
        light *= _PEAK / _WHITE
    if curve in (_PQ, _HLG):
        red, green, blue = cv2.split(light)
        brightest = np.sqrt(cv2.max(cv2.max(red, green), blue) * (_WHITE / _PEAK))  # [H, W]
        light *= _gain()[(np.minimum(brightest, 1) * _LEVELS).astype(np.int32)][..., None]
    bt709: Any = cv2.transform(light, _TO_BT709)
    return np.asarray(bt709, np.float32)


@cache
def _linear(curve: int) -> Light:
    """Linear light of every code: [65536]; for HLG light of the scene, of 1."""
    code = np.arange(65536) / 65535
    if curve == _PQ:
        light = _pq_to_nits(code) / _WHITE
    elif curve == _HLG:
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        light = np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12)
    else:  # as a picture without a word on its curve is shown
        light = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    return np.asarray(light, np.float32)


@cache
def _gain() -> Light:
    """BT.2390's curve: what light is multiplied by, by the root of its share of the peak."""
    before = (np.arange(_LEVELS + 1) / _LEVELS) ** 2 * _PEAK  # cd/m²
    top = _nits_to_pq(_PEAK)
    level, most = _nits_to_pq(before) / top, _nits_to_pq(_WHITE) / top
    knee = 1.5 * most - 0.5
    t = np.maximum(level - knee, 0) / (1 - knee)
    spline = (
        (2 * t**3 - 3 * t**2 + 1) * knee
        + (t**3 - 2 * t**2 + t) * (1 - knee)
        + (3 * t**2 - 2 * t**3) * most
    )
    after = _pq_to_nits(spline * top)
    gain = np.divide(after, before, out=np.ones_like(before), where=t > 0)
    return np.asarray(gain, np.float32)


def _level(light: Light) -> NDArray[np.uint16]:
    """Light in 65535 levels."""
    return (np.clip(light, 0, 1) * 65535 + 0.5).astype(np.uint16)


@cache
def _encoded() -> NDArray[np.uint8]:
    """Of every level of linear light what sRGB makes of it: [65536]."""
    light = np.arange(65536) / 65535
    code = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.round(code * 255).astype(np.uint8)


def _pq_to_nits(code: Any) -> Any:
    """SMPTE ST 2084, as `_nits_to_pq` back."""
    root = np.power(code, 1 / _M2)
    return 10000 * np.power(np.maximum(root - _C1, 0) / (_C2 - _C3 * root), 1 / _M1)


def _nits_to_pq(light: Any) -> Any:
    root = np.power(light / 10000, _M1)
    return np.power((_C1 + _C2 * root) / (1 + _C3 * root), _M2)


_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
