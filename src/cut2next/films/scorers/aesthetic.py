"""How beautiful a picture is, by LAION's predictor on CLIP."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from cut2next.cuts.record import MadeBy
from cut2next.cuts.scores import ShotScore
from cut2next.film import WeightsError
from cut2next.film.paths import checked
from cut2next.films.scorers.models import load_model, loading


class AestheticScorer:
    """LAION's aesthetic predictor, 1 to 10: a linear head, or a small stack of them, on CLIP."""

    score: str = ShotScore.AESTHETIC

    def __init__(self, clip: str, head: str | Path) -> None:
        """`clip` is a folder or hub name of a CLIP model, `head` the predictor as safetensors.

        Raises WeightsError for what is missing or does not fit.
        """
        import torch
        from safetensors.torch import load_file
        from transformers import CLIPVisionModelWithProjection

        head = Path(head)
        self._clip, self._processor = load_model(CLIPVisionModelWithProjection, clip)
        with loading(str(head)):
            tensors = load_file(checked(head))
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
