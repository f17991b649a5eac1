"""The Inception of FID (Heusel et al. 2017): what distances of sets are told by since then.

Its vector is the 2048 numbers after the last average pool. Pictures are brought to 299 by 299 as
pytorch-fid does, which most papers' figures come from: by bilinear interpolation without smoothing,
whatever their sides, so that a wide frame is squeezed; resizing otherwise, as clean-fid does, gives
other figures (Parmar et al., CVPR 2022). The Cut2Next paper does not say how it did.

No package brings the weights. They are pytorch-fid's `pt_inception-2015-12-05`, tensor by tensor as
safetensors. torchvision's and timm's Inception have other weights, and are refused.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from cut2next.cutbench.features.inception_layers import InceptionLayers
from cut2next.cutbench.features.network import NetworkFacts, Vectors, digest_of_weights
from cut2next.cutbench.features.passes import Passes
from cut2next.film import WeightsError
from cut2next.film.paths import checked
from cut2next.films.scorers.models import loading
from cut2next.generation.device import Device

_SIDE = 299
_CLASSES = 1008
"""Of the classifier behind it, which is not used; torchvision's and timm's have 1000."""


class Inception:
    """Reads pictures to pool features."""

    def __init__(self, name: str, device: Device | None = None) -> None:
        """From a file, a folder, or a name on the hub.

        Raises WeightsError for what is not the weights of FID's Inception.
        """
        model = InceptionLayers()
        _load(model, _file(name))
        self.facts = NetworkFacts(
            kind="Inception",
            name=name,
            weights=digest_of_weights(model),
            preprocessing={"size": _SIDE, "resize": "bilinear, not antialiased", "range": [-1, 1]},
            vector="pool features",
        )
        self._passes = Passes(device)
        self._model = self._passes.placed(model)

    def read_pictures(self, pictures: Sequence[Image.Image]) -> Vectors:
        """Pool features [N, 2048]."""
        return self._passes.run(self._model, torch.cat([_brought(one) for one in pictures]))


def _brought(picture: Image.Image) -> Tensor:
    """[1, 3, 299, 299], -1..1."""
    pixels = torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1)[None].float() / 255
    resized = functional.interpolate(pixels, (_SIDE, _SIDE), mode="bilinear", align_corners=False)
    return 2 * resized - 1


def _file(name: str) -> Path:
    """The one file of weights that a name stands for."""
    with loading(name):
        place = Path(name)
        if not place.exists():
            from huggingface_hub import snapshot_download

            place = Path(snapshot_download(name, allow_patterns=["*.safetensors"]))
    if place.is_file():
        return place
    files = sorted(place.glob("*.safetensors"))
    files = [file for file in files if "inception" in file.name] or files
    if len(files) != 1:
        raise WeightsError(
            f"{name}: has {len(files)} files of weights",
            expected="one *.safetensors",
            hint="name the file of FID's Inception",
        )
    return files[0]


def _load(model: InceptionLayers, path: Path) -> None:
    from safetensors.torch import load_file

    with loading(str(path)):
        tensors = load_file(checked(path))
    wanted = model.state_dict()
    for name, tensor in tensors.items():
        if name not in wanted and (not name.startswith("fc.") or len(tensor) != _CLASSES):
            raise _other(path, f"has {name} {list(tensor.shape)}")
    for name, tensor in wanted.items():
        if name.endswith("num_batches_tracked"):
            continue  # counts what training saw; old files have none
        if name not in tensors:
            raise _other(path, f"lacks {name}")
        if tensors[name].shape != tensor.shape:
            raise _other(path, f"{name} is {list(tensors[name].shape)}, not {list(tensor.shape)}")
    used = {name: tensor.float() for name, tensor in tensors.items() if name in wanted}
    model.load_state_dict(used, strict=False)


def _other(path: Path, why: str) -> WeightsError:
    return WeightsError(
        f"{path}: {why}",
        expected="FID's Inception, under pytorch-fid's names",
        hint="save pt_inception-2015-12-05 as safetensors",
    )
