"""BlazeFace finds faces (Bazarevsky et al. 2019), in its full-range form, on LiteRT.

The network and how its numbers are read are MediaPipe's (`face_detection_full_range`): 48 × 48
anchors, each with one score, one box and six points, all in pixels of its 192 × 192 input. A wide
picture is read in squares, so that a small face is not lost when all of it is scaled down, and
whole, so that a large one is.
"""

from collections.abc import Iterator, Mapping
from math import ceil
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import JsonValue

from cut2next.cutbench.geometry.pose import yaw_of
from cut2next.cutbench.geometry.sight import Face
from cut2next.film.installation import needed

Boxes = NDArray[np.float32]
"""Faces [N, 17]: score, left, top, right, bottom, six points (x, y); in pixels of a picture."""
_SIDE, _GRID = 192, 48
_SURE = 0.55
"""Of a score. MediaPipe takes .6 or .5; on stills of a film this finds blurred faces, and few that
are none."""
_OVERLAP = 0.3
"""Intersection over union from which two boxes are one face."""
_INSIDE = 0.75
"""Of the smaller box's area: so much of it in another is one face, as where squares cut one."""
_STEP = 0.5
"""How far two squares are apart, over their side."""


class BlazeFace:
    """Faces of pictures of any size."""

    settings: Mapping[str, JsonValue] = {
        "side": _SIDE,
        "sure": _SURE,
        "overlap": _OVERLAP,
        "inside": _INSIDE,
        "step": _STEP,
    }
    """What, besides the weights, its answers depend on."""

    def __init__(self, weights: Path) -> None:
        """`weights` is MediaPipe's file. Raises InputError where LiteRT is not installed."""
        with needed("it, to find faces"):
            from ai_edge_litert.interpreter import Interpreter, OpResolverType
        # The default delegate is quicker, and says on stderr that it is there; nothing stops it.
        self._network = Interpreter(
            model_path=str(weights),
            num_threads=1,
            experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        )
        self._network.allocate_tensors()
        self._input = self._network.get_input_details()[0]["index"]
        outputs = {
            int(one["shape"][-1]): one["index"] for one in self._network.get_output_details()
        }
        self._scores, self._places = outputs[1], outputs[16]
        self._lock = Lock()

    def find(self, picture: Image.Image) -> list[Face]:
        """The largest first."""
        rgb = picture.convert("RGB")
        found = np.concatenate([self._look(rgb, square) for square in squares(rgb.size)])
        faces = [_face(row, rgb.size) for row in one_each(found)]
        return sorted(faces, key=lambda face: -face.size)

    def _look(self, picture: Image.Image, square: tuple[float, float, float]) -> Boxes:
        """At a square of a picture (left, top, side); what lies outside the picture is black."""
        left, top, side = square
        whole = (round(left), round(top), round(left) + round(side), round(top) + round(side))
        cut = picture.crop(whole).resize((_SIDE, _SIDE), _smoothly(side))
        scores, places = self._run(np.asarray(cut, np.float32)[None] / 127.5 - 1)
        return decode(scores, places, left, top, side)

    def _run(self, pixels: NDArray[np.float32]) -> tuple[Any, Any]:
        with self._lock:
            self._network.set_tensor(self._input, pixels)
            self._network.invoke()
            read = self._network.get_tensor
            return read(self._scores)[0, :, 0], read(self._places)[0]


def _smoothly(side: float) -> Image.Resampling:
    """Means of areas where a square is made smaller: blurred faces are found more surely."""
    return Image.Resampling.BOX if side >= _SIDE else Image.Resampling.BILINEAR


def squares(size: tuple[int, int]) -> Iterator[tuple[float, float, float]]:
    """What is looked at of a picture: all of it, and squares along it; as (left, top, side).

    Smaller squares found no more faces on film, and patterns of leaves that are none.
    """
    width, height = size
    longest = max(size)
    yield (width - longest) / 2, (height - longest) / 2, longest
    side = min(size)
    if side < longest:
        yield from (
            (left, top, side) for top in _starts(height, side) for left in _starts(width, side)
        )


def _starts(length: float, side: float) -> list[float]:
    """Where squares begin, so that they cover a length evenly and overlap."""
    count = 1 + ceil((length - side) / (side * _STEP) - 1e-6)
    return [(length - side) * number / max(count - 1, 1) for number in range(count)]


def decode(
    scores: NDArray[np.float32], places: NDArray[np.float32], left: float, top: float, side: float
) -> Boxes:
    """What the network says of a square, as faces of the picture.

    Scores [2304] are logits; places [2304, 16] are a box's middle, width and height and six points,
    from the anchor, in the middle of its cell, and in pixels of the input.
    """
    sure = 1 / (1 + np.exp(-np.clip(scores, -80, 80)))
    cells = np.flatnonzero(sure >= _SURE)
    anchors = (np.stack([cells % _GRID, cells // _GRID], axis=1) + 0.5) / _GRID  # [N, 2]
    points = places[cells].reshape(-1, 8, 2) / _SIDE
    half = points[:, 1] / 2
    middle = points[:, 0] + anchors
    spots = np.concatenate(
        [(middle - half)[:, None], (middle + half)[:, None], points[:, 2:] + anchors[:, None]],
        axis=1,
    )  # [N, 8, 2]
    spots = spots * side + np.array([left, top])
    return np.concatenate([sure[cells, None], spots.reshape(-1, 16)], axis=1).astype(np.float32)


def one_each(found: Boxes) -> Boxes:
    """Each face once: the surest of those that overlap, by the mean of them, weighed by score.

    MediaPipe's weighted suppression, but that boxes of several squares may lie in each other.
    """
    left, kept = found[np.argsort(-found[:, 0])], []
    while len(left):
        same = _overlaps(left[0], left)
        cluster = left[same]
        merged = np.average(cluster, axis=0, weights=cluster[:, 0])
        merged[0] = left[0, 0]
        kept.append(merged)
        left = left[~same]
    return np.array(kept, np.float32).reshape(-1, 17)


def _overlaps(one: NDArray[np.float32], others: Boxes) -> NDArray[np.bool_]:
    """Which boxes are the face that one is."""
    low = np.maximum(one[1:3], others[:, 1:3])
    high = np.minimum(one[3:5], others[:, 3:5])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    areas = (others[:, 3:5] - others[:, 1:3]).prod(axis=1)
    own = float((one[3:5] - one[1:3]).prod())
    union = own + areas - shared
    same: NDArray[np.bool_] = (shared >= _OVERLAP * union) | (
        shared >= _INSIDE * np.minimum(areas, own)
    )
    same[0] = True
    return same


def _face(row: NDArray[np.float32], size: tuple[int, int]) -> Face:
    spots = row[1:].reshape(8, 2) / np.array(size, np.float32)
    (left, top), (right, bottom) = spots[:2].tolist()
    points = [(float(x), float(y)) for x, y in row[5:].reshape(6, 2)]
    return Face(
        box=(left, top, right, bottom),
        yaw=yaw_of(points),
        points=tuple((float(x), float(y)) for x, y in spots[2:]),
    )
