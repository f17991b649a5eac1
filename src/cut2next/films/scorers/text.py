"""Burned-in text, as RapidOCR reads it; its package brings its models."""

from importlib.metadata import version
from typing import Any

import numpy as np
from PIL import Image

from cut2next.cuts.record import MadeBy
from cut2next.cuts.scores import ShotScore
from cut2next.film.installation import needed

TOOL = "rapidocr"
"""What made a set in whose shots text was looked for."""
_SURE = 0.7
"""How certain the reader of a line is, 0 to 1."""
_LETTERS = 2
"""Letters or digits that a line has at least."""
_SIDE = 736
"""Pixels of the longer side at which text is looked for; it is read at full size. Below, lines of
credits of a fiftieth of the height go unseen; RapidOCR's own rule, four times as many pixels, gives
the same verdicts."""


class TextScorer:
    """The share of a picture that text covers: subtitles, credits, logos, signs.

    Only what can be read counts: an explosion has edges enough to pass for lines of text.
    """

    score: str = ShotScore.TEXT

    def __init__(self) -> None:
        """Raises InputError where RapidOCR is not installed."""
        with needed("it, to look for burned-in text, or --no-text"):
            from rapidocr import RapidOCR
        self._engine = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.use_cls": False,
                "Det.limit_type": "max",
                "Det.limit_side_len": _SIDE,
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,  # processes share the machine
            }
        )
        self.made_by = MadeBy(
            tool=TOOL, version=version("rapidocr"), parameters={"longest_side": _SIDE}
        )

    def __call__(self, image: Image.Image) -> float:
        """0 without text, 1 where text covers everything."""
        page: Any = self._engine(np.asarray(image)[..., ::-1])
        parts = (part if part is not None else () for part in (page.boxes, page.txts, page.scores))
        read = [
            box
            for box, text, sure in zip(*parts, strict=True)
            if sure >= _SURE and sum(letter.isalnum() for letter in text) >= _LETTERS
        ]
        if not read:
            return 0.0
        sides = np.asarray(read, np.float64)
        x, y = sides[..., 0], sides[..., 1]
        # The shoelace formula: boxes are quadrangles that may lie askew.
        areas = np.abs((x * np.roll(y, -1, 1) - y * np.roll(x, -1, 1)).sum(1)) / 2
        return float(min(areas.sum() / (image.width * image.height), 1.0))
