"""DINOv2 (Oquab et al. 2023, arXiv 2304.07193): what a picture shows, learnt without words.

Its vector is the class token after the last layer's norm. That is what DreamBooth's DINO metric
compares (Ruiz et al., CVPR 2023, section 4.1), there of DINO's ViT-S/16; the Cut2Next paper says
"DINOv2 space" and no more, neither size nor preprocessing. The preprocessing is that of the named
weights; Meta's scales the shorter side to 256 pixels and takes the middle 224, so the left and the
right end of a wide frame go unseen.
"""

from collections.abc import Sequence

from PIL import Image
from torch import Tensor
from transformers import Dinov2Model

from cut2next.cutbench.features.network import NetworkFacts, Vectors, digest_of_weights
from cut2next.cutbench.features.passes import Passes
from cut2next.films.scorers.models import load_model
from cut2next.generation.device import Device


class DINOv2:
    """Reads pictures to class tokens."""

    def __init__(self, name: str, device: Device | None = None) -> None:
        """From a folder or a name on the hub. Raises WeightsError for what is no whole DINOv2."""
        model, self._processor = load_model(Dinov2Model, name)
        self.facts = NetworkFacts(
            kind="DINOv2",
            name=name,
            weights=digest_of_weights(model),
            preprocessing=self._processor.to_dict(),
            vector="class token after the last layer's norm",
        )
        self._passes = Passes(device)
        self._model = self._passes.placed(model)

    def read_pictures(self, pictures: Sequence[Image.Image]) -> Vectors:
        """Class tokens [N, D]."""
        pixels = self._processor(list(pictures), return_tensors="pt")["pixel_values"]
        return self._passes.run(self._class_token, pixels)

    def _class_token(self, pixels: Tensor) -> Tensor:
        token: Tensor = self._model(pixel_values=pixels).last_hidden_state[:, 0]
        return token
