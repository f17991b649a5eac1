"""The Inception of FID, as a network: its layers under the names that its weights have.

Szegedy et al., CVPR 2016, in the form of TensorFlow's inception-2015-12-05 that Heusel et al. used,
which is not torchvision's: average pools leave their padding out, and the last block takes the
maximum. Names are those of pytorch-fid, whose conversion of the weights everybody has.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTH = 2048
Pool = Literal["average", "largest", "halving"]


class _Layer(NamedTuple):
    """A convolution of a branch, by its name there."""

    name: str
    outputs: int
    kernel: int | tuple[int, int] = 1
    stride: int = 1


_Branch = Sequence[_Layer | tuple[_Layer, _Layer]]
"""One after the other; where it ends in two, they are side by side."""


class Convolution(nn.Module):
    """With batch normalisation, as it was trained, and what is above 0 of it."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int | tuple[int, int] = 1,
        stride: int = 1,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)

    def forward(self, pictures: Tensor) -> Tensor:
        """[N, inputs, H, W] to [N, outputs, H', W']."""
        return functional.relu(self.bn(self.conv(pictures)))


class Mixed(nn.ModuleDict):
    """A block: branches side by side, one of them a pool."""

    def __init__(self, inputs: int, branches: Sequence[_Branch], pool: Pool, pooled: int = 0):
        super().__init__()
        self.branches, self.pool = branches, pool
        for branch in branches:
            width = inputs
            for layers in map(_side_by_side, branch):
                for layer in layers:
                    self[layer.name] = _convolution(width, layer)
                width = layers[0].outputs
        if pooled:
            self["branch_pool"] = Convolution(inputs, pooled)

    def forward(self, pictures: Tensor) -> Tensor:
        """All branches of the input, one behind the other."""
        found = [self._through(branch, pictures) for branch in self.branches]
        return torch.cat([*found, self._pooled(pictures)], 1)

    def _through(self, branch: _Branch, pictures: Tensor) -> Tensor:
        for layers in map(_side_by_side, branch):
            pictures = torch.cat([self[layer.name](pictures) for layer in layers], 1)
        return pictures

    def _pooled(self, pictures: Tensor) -> Tensor:
        if self.pool == "halving":
            return functional.max_pool2d(pictures, 3, stride=2)
        if self.pool == "largest":
            pooled = functional.max_pool2d(pictures, 3, stride=1, padding=1)
        else:
            pooled = functional.avg_pool2d(pictures, 3, 1, 1, count_include_pad=False)
        convolved: Tensor = self["branch_pool"](pooled)
        return convolved


class InceptionLayers(nn.Module):
    """From pictures [N, 3, 299, 299], -1..1, to pool features [N, 2048]."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = Convolution(3, 32, 3, 2)
        self.Conv2d_2a_3x3 = Convolution(32, 32, 3)
        self.Conv2d_2b_3x3 = Convolution(32, 64, 3, padding=1)
        self.Conv2d_3b_1x1 = Convolution(64, 80)
        self.Conv2d_4a_3x3 = Convolution(80, 192, 3)
        blocks = _blocks()
        for name, block in blocks.items():
            self.add_module(name, block)
        self._order = tuple(blocks)

    def forward(self, pictures: Tensor) -> Tensor:
        """The mean over the picture of what the last block says."""
        seen = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(pictures)))
        seen = self.Conv2d_3b_1x1(functional.max_pool2d(seen, 3, stride=2))
        seen = functional.max_pool2d(self.Conv2d_4a_3x3(seen), 3, stride=2)
        for name in self._order:
            seen = self.get_submodule(name)(seen)
        features: Tensor = seen.mean((2, 3))
        return features


def _side_by_side(step: _Layer | tuple[_Layer, _Layer]) -> Sequence[_Layer]:
    return [step] if isinstance(step, _Layer) else step


def _convolution(inputs: int, layer: _Layer) -> Convolution:
    """One that keeps the size, or halves it without padding."""
    high, wide = layer.kernel if isinstance(layer.kernel, tuple) else (layer.kernel, layer.kernel)
    padding = (high // 2, wide // 2) if layer.stride == 1 else (0, 0)
    return Convolution(inputs, layer.outputs, (high, wide), layer.stride, padding)


def _blocks() -> dict[str, Mixed]:
    """In their order."""
    return {
        "Mixed_5b": Mixed(192, _at_35(), "average", 32),
        "Mixed_5c": Mixed(256, _at_35(), "average", 64),
        "Mixed_5d": Mixed(288, _at_35(), "average", 64),
        "Mixed_6a": Mixed(288, _to_17(), "halving"),
        "Mixed_6b": Mixed(768, _at_17(128), "average", 192),
        "Mixed_6c": Mixed(768, _at_17(160), "average", 192),
        "Mixed_6d": Mixed(768, _at_17(160), "average", 192),
        "Mixed_6e": Mixed(768, _at_17(192), "average", 192),
        "Mixed_7a": Mixed(768, _to_8(), "halving"),
        "Mixed_7b": Mixed(1280, _at_8(), "average", 192),
        "Mixed_7c": Mixed(2048, _at_8(), "largest", 192),
    }


def _at_35() -> Sequence[_Branch]:
    return (
        [_Layer("branch1x1", 64)],
        [_Layer("branch5x5_1", 48), _Layer("branch5x5_2", 64, 5)],
        [
            _Layer("branch3x3dbl_1", 64),
            _Layer("branch3x3dbl_2", 96, 3),
            _Layer("branch3x3dbl_3", 96, 3),
        ],
    )


def _to_17() -> Sequence[_Branch]:
    return (
        [_Layer("branch3x3", 384, 3, 2)],
        [
            _Layer("branch3x3dbl_1", 64),
            _Layer("branch3x3dbl_2", 96, 3),
            _Layer("branch3x3dbl_3", 96, 3, 2),
        ],
    )


def _at_17(narrow: int) -> Sequence[_Branch]:
    return (
        [_Layer("branch1x1", 192)],
        [
            _Layer("branch7x7_1", narrow),
            _Layer("branch7x7_2", narrow, (1, 7)),
            _Layer("branch7x7_3", 192, (7, 1)),
        ],
        [
            _Layer("branch7x7dbl_1", narrow),
            _Layer("branch7x7dbl_2", narrow, (7, 1)),
            _Layer("branch7x7dbl_3", narrow, (1, 7)),
            _Layer("branch7x7dbl_4", narrow, (7, 1)),
            _Layer("branch7x7dbl_5", 192, (1, 7)),
        ],
    )


def _to_8() -> Sequence[_Branch]:
    return (
        [_Layer("branch3x3_1", 192), _Layer("branch3x3_2", 320, 3, 2)],
        [
            _Layer("branch7x7x3_1", 192),
            _Layer("branch7x7x3_2", 192, (1, 7)),
            _Layer("branch7x7x3_3", 192, (7, 1)),
            _Layer("branch7x7x3_4", 192, 3, 2),
        ],
    )


def _at_8() -> Sequence[_Branch]:
    return (
        [_Layer("branch1x1", 320)],
        [
            _Layer("branch3x3_1", 384),
            (_Layer("branch3x3_2a", 384, (1, 3)), _Layer("branch3x3_2b", 384, (3, 1))),
        ],
        [
            _Layer("branch3x3dbl_1", 448),
            _Layer("branch3x3dbl_2", 384, 3),
            (_Layer("branch3x3dbl_3a", 384, (1, 3)), _Layer("branch3x3dbl_3b", 384, (3, 1))),
        ],
    )
