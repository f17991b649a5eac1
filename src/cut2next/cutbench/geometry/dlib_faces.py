"""Dlib's face vectors (King 2017) tell people apart: 128 numbers of a face, by a ResNet.

A face is brought upright by dlib's five points, found in the box that a `FaceFinder` gave. The
68-point file beside it in its package is not used: it may not be used commercially.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import JsonValue

from cut2next.cutbench.features.network import Vectors
from cut2next.cutbench.geometry.sight import Face
from cut2next.film.installation import needed

SAME = 0.64
"""Between what two shots of one person measure on film, .57 in the middle, and of two people, .71;
dlib's own .6 is for portraits, and passes half of the pairs."""
_LEAST = 24
"""Pixels of a face's height; a smaller one says nothing of whose it is."""


class DlibFaces:
    """Reads who is who."""

    same = SAME
    settings: Mapping[str, JsonValue] = {"least": _LEAST}
    """What, besides the weights, its vectors depend on."""

    def __init__(self, five_points: Path, network: Path) -> None:
        """By the two files of `weights fetch identity`. Raises InputError without dlib."""
        with needed("it, to tell people apart"):
            import dlib
        self._dlib = dlib
        self._points = dlib.shape_predictor(str(five_points))
        self._network = dlib.face_recognition_model_v1(str(network))
        self._lock = Lock()

    def read(self, picture: Image.Image, faces: Sequence[Face]) -> list[Vectors | None]:
        """A vector [128] of each face; None of one that is too small."""
        pixels = np.array(picture.convert("RGB"))
        with self._lock:
            return [self._vector(pixels, face) for face in faces]

    def _vector(self, pixels: NDArray[np.uint8], face: Face) -> Vectors | None:
        height, width = pixels.shape[:2]
        if face.size * height < _LEAST:
            return None
        scale = np.array([width, height, width, height])
        left, top, right, bottom = (int(side) for side in np.round(face.box * scale))
        chips = self._points(pixels, self._dlib.rectangle(left, top, right, bottom))
        return np.array(self._network.compute_face_descriptor(pixels, chips), np.float32)
