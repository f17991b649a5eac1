"""Quantised matrices let gradients through, and are not kept unpacked for them."""

import pytest
import torch
from torch import Tensor, nn

from cut2next.generation.fit import Precision
from cut2next.generation.precision import quantise
from cut2next.training.frozen import FrozenLinear, freeze_quantised

TORCHAO = pytest.mark.parametrize("precision", [Precision.FP8, Precision.INT8])


class Blocks(nn.Module):
    """Some layers where `quantise` looks for them."""

    def __init__(self, count: int, width: int) -> None:
        super().__init__()
        torch.manual_seed(0)
        layers = (nn.Sequential(nn.Linear(width, width)) for _ in range(count))
        self.blocks = nn.ModuleList(layers)

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x)
        return x


def quantised(precision: Precision, *, frozen: bool, width: int = 32) -> Blocks:
    network = Blocks(4, width).to(torch.bfloat16).requires_grad_(False)
    quantise(network, precision)
    if frozen:
        freeze_quantised(network)
    return network


def gradient(network: nn.Module, x: Tensor) -> Tensor:
    x = x.clone().requires_grad_()
    network(x).square().sum().backward()
    assert x.grad is not None
    return x.grad


@TORCHAO
def test_outputs_and_gradients_stay_what_they_were(precision: Precision) -> None:
    x = torch.randn(2, 5, 32, generator=torch.Generator().manual_seed(1)).to(torch.bfloat16)
    plain, frozen = (quantised(precision, frozen=frozen) for frozen in (False, True))
    assert torch.equal(frozen(x), plain(x))
    torch.testing.assert_close(gradient(frozen, x), gradient(plain, x), rtol=0.05, atol=0.01)


@TORCHAO
def test_nothing_unpacked_is_kept_for_the_backward_pass(precision: Precision) -> None:
    width, kept = 256, 0

    def keep(tensor: Tensor) -> Tensor:
        nonlocal kept
        kept += tensor.numel() >= width * width
        return tensor

    x = torch.randn(2, width, dtype=torch.bfloat16, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        quantised(precision, frozen=False, width=width)(x)
        assert kept >= 4
        kept = 0
        quantised(precision, frozen=True, width=width)(x)
    assert kept == 0


def test_only_what_is_quantised_changes() -> None:
    network = Blocks(2, 32)
    freeze_quantised(network)
    assert not any(isinstance(layer, FrozenLinear) for layer in network.modules())
