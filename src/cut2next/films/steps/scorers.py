"""Scorers: plug-ins that give a keyframe a number, from weights that are not ours to ship.

Each is a function from a picture to one score, and says what it is. Text is read by RapidOCR, whose
package brings its models; aesthetics, quality and safety come from models that people name. What is
absent is one clear line; a scorer is left out only when told to.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from cut2next.cuts.record import MadeBy
from cut2next.cuts.scores import ShotScore
from cut2next.film import InputError, WeightsError
from cut2next.film.errors import one_line

_SURE = 0.7
"""How certain the reader of a line is, 0 to 1."""
_LETTERS = 2
"""Letters or digits that a line has at least."""


class Scorer(Protocol):
    """Gives a picture one number."""

    score: str
    """What the number is called: "text", "aesthetic", ..."""
    made_by: MadeBy

    def __call__(self, image: Image.Image) -> float:
        """The score of one picture, RGB."""


class TextScorer:
    """The share of a picture that text covers: subtitles, credits, logos, signs.

    Only what can be read counts: an explosion has edges enough to pass for lines of text.
    """

    score: str = ShotScore.TEXT

    def __init__(self) -> None:
        """Raises InputError where RapidOCR is not installed."""
        try:
            from rapidocr import RapidOCR
        except ImportError as error:
            raise InputError(
                "burned-in text is looked for, but rapidocr is not installed",
                expected="it, or --no-text",
                hint="pip install 'cut2next[ocr]'",
            ) from error
        self._engine = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.use_cls": False,
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,  # processes share the machine
            }
        )
        self.made_by = MadeBy(tool="rapidocr", version=version("rapidocr"))

    def __call__(self, image: Image.Image) -> float:
        """0 without text, 1 where text covers everything."""
        found: Any = self._engine(np.asarray(image)[..., ::-1])
        lines = zip(
            *(_listed(part) for part in (found.boxes, found.txts, found.scores)), strict=True
        )
        read = [
            box
            for box, text, sure in lines
            if sure >= _SURE and sum(letter.isalnum() for letter in text) >= _LETTERS
        ]
        if not read:
            return 0.0
        sides = np.asarray(read, np.float64)
        x, y = sides[..., 0], sides[..., 1]
        # The shoelace formula: boxes are quadrangles that may lie askew.
        areas = np.abs((x * np.roll(y, -1, 1) - y * np.roll(x, -1, 1)).sum(1)) / 2
        return float(min(areas.sum() / (image.width * image.height), 1.0))


def _listed(found: Any) -> list[Any]:
    return [] if found is None else list(found)


class AestheticScorer:
    """LAION's aesthetic predictor, 1 to 10: a linear head, or a small stack of them, on CLIP."""

    score: str = ShotScore.AESTHETIC

    def __init__(self, clip: str, head: Path) -> None:
        """`clip` is a folder or hub name of a CLIP model, `head` the predictor as safetensors.

        Raises WeightsError for what is missing or does not fit.
        """
        import torch
        from safetensors.torch import load_file
        from transformers import CLIPVisionModelWithProjection

        self._clip, self._processor = _model(CLIPVisionModelWithProjection, clip)
        with _told(str(head)):
            tensors = load_file(head)
        self._layers = _linear_layers(tensors, self._clip.config.projection_dim, head)
        self._torch = torch
        how = {"clip": clip, "head": head.name}
        self.made_by = MadeBy(tool="LAION aesthetic predictor", version="1", parameters=how)

    def __call__(self, image: Image.Image) -> float:
        """The predicted mean opinion."""
        with self._torch.no_grad():
            pixels = self._processor(image, return_tensors="pt")["pixel_values"]
            features = self._clip(pixels).image_embeds
            value = self._torch.nn.functional.normalize(features, dim=-1)
            for weight, bias in self._layers:
                value = self._torch.nn.functional.linear(value, weight, bias)
        return float(value)


class ClassifierScorer:
    """How likely an image classifier of transformers finds one of its labels: NSFW, quality, ..."""

    def __init__(self, score: str, model: str, label: str) -> None:
        """`model` is a folder or hub name. Raises WeightsError for it or the label missing."""
        from transformers import AutoModelForImageClassification

        self._model, self._processor = _model(AutoModelForImageClassification, model)
        labels: Mapping[str, int] = self._model.config.label2id
        if label not in labels:
            raise WeightsError(
                f"{model}: has no label {label!r}",
                expected="one of " + ", ".join(sorted(labels)),
                hint=f"write --{score} MODEL:LABEL",
            )
        self.score = score
        self._at = int(labels[label])
        self.made_by = MadeBy(
            tool="image classifier", version="1", parameters={"model": model, "label": label}
        )

    def __call__(self, image: Image.Image) -> float:
        """A probability."""
        import torch

        with torch.no_grad():
            logits = self._model(**self._processor(image, return_tensors="pt")).logits[0]
        return float(logits.softmax(-1)[self._at])


@dataclass(frozen=True, kw_only=True)
class ScorerNames:
    """Which scorers are wanted, in words that another process can be told."""

    text: bool = True
    aesthetic: tuple[str, Path] | None = None
    """A CLIP model, and the head as safetensors."""
    quality: tuple[str, str] | None = None
    """A classifier, and the label that stands for good."""
    nsfw: tuple[str, str] | None = None
    """A classifier, and the label that stands for not safe."""

    @property
    def files(self) -> list[Path]:
        """What is named, as paths; names of a hub's models lead to no file."""
        named = [*(self.aesthetic or ()), *(one[0] for one in (self.quality, self.nsfw) if one)]
        return [Path(one) for one in named]

    def load(self) -> list[Scorer]:
        """All of them; raises InputError or WeightsError for the first that cannot be had."""
        wanted: list[Callable[[], Scorer]] = []
        if self.text:
            wanted.append(TextScorer)
        if (given := self.aesthetic) is not None:
            wanted.append(lambda: AestheticScorer(*given))
        for score, model in (("quality", self.quality), ("nsfw", self.nsfw)):
            if model is not None:
                wanted.append(partial(ClassifierScorer, score, *model))
        return [load() for load in wanted]


def _model(kind: Any, name: str) -> tuple[Any, Any]:
    """A model of transformers, complete, and what makes its input of a picture."""
    import torch
    from transformers import AutoImageProcessor

    with _told(name), _quiet():
        model, found = kind.from_pretrained(
            name, use_safetensors=True, dtype=torch.float32, output_loading_info=True
        )
        processor = AutoImageProcessor.from_pretrained(name, backend="pil")
    if missing := sorted(found["missing_keys"]):  # they would be made up
        raise WeightsError(
            f"{name}: lacks {missing[0]}",
            expected=f"all weights of {type(model).__name__}",
            hint="name a model that was trained for this",
        )
    return model, processor


def _linear_layers(tensors: Mapping[str, Any], width: int, path: Path) -> list[tuple[Any, Any]]:
    """A head's matrices in order, each with its bias; they lead from CLIP to one number.

    Named as LAION does: "weight" and "bias" alone, or "layers.0.weight" and so on.
    """
    names = [name.removesuffix("weight") for name in tensors if name.endswith("weight")]
    names.sort(key=lambda name: [int(part) for part in name.split(".") if part.isdigit()])
    layers = [
        (tensors[f"{name}weight"].float(), tensors[f"{name}bias"].float())
        for name in names
        if f"{name}bias" in tensors
    ]
    for weight, _ in layers:
        if weight.shape[1:] != (width,):
            raise WeightsError(
                f"{path}: has a matrix of {' by '.join(map(str, weight.shape))}",
                expected=f"one that takes {width} features, as CLIP or the layer before gives",
                hint="take the head that was made for this CLIP model",
            )
        width = weight.shape[0]
    if width != 1 or not layers or len(layers) < len(names):
        raise WeightsError(
            f"{path}: is no head",
            expected="matrices with biases that lead to one number",
            hint="save LAION's as safetensors, under the names it has",
        )
    return layers


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Turns what loading may raise into one line."""
    try:
        yield
    except Exception as error:
        raise WeightsError(
            f"{name}: cannot be loaded ({one_line(error, 120)})",
            expected="weights as safetensors, in a folder or on the hub",
            hint="name where they are",
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Without transformers' progress bar, and its report of what a file holds beside the model."""
    from transformers.utils import logging

    level, shown = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if shown:
            logging.enable_progress_bar()
