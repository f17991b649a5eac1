"""Quantised matrices that are not trained: unpacked again for the backward pass, not kept for it.

torchao's layers are differentiated as written, so that every matrix, once unpacked, would stay so
until the backward pass is through it: more memory than was never quantised. And where a matrix is
multiplied with in fp8, no gradient comes back at all. bitsandbytes' nf4 does as is done here.
"""

from typing import Any

from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn.functional import linear


class FrozenLinear(nn.Linear):
    """A linear layer whose quantised matrix takes no gradient, and lets one through."""

    def forward(self, input: Tensor) -> Tensor:  # nn.Linear's name
        """[..., in] to [..., out]."""
        output: Tensor = _Frozen.apply(input, self.weight, self.bias)  # type: ignore[no-untyped-call]
        return output


def freeze_quantised(network: nn.Module) -> None:
    """Has the layers that torchao quantised unpack their matrices anew in the backward pass.

    In place, before a LoRA is put beside them; the numbers are what they were.
    """
    for layer in network.modules():
        if type(layer) is nn.Linear and type(layer.weight.data) is not Tensor:
            layer.__class__ = FrozenLinear


class _Frozen(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Any, bias: Tensor | None) -> Tensor:
        ctx.weight = weight  # no output of this, and never changed
        return linear(x, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return gradient @ ctx.weight.dequantize().to(gradient.dtype), None, None
