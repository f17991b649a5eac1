"""How much arithmetic there is in some work, and how much a machine does at best.

The rate is that of one large product of matrices: what is told by it is the least that work takes.
"""

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import (
    flop_registry,
    sdpa_backward_flop_count,
    sdpa_flop_count,
    shape_wrapper,
)
from transformers.modeling_utils import local_torch_dtype

from cut2next.backbones import Backbone
from cut2next.generation.memory import DTYPE, Configurations, Making, phases, prepared

_SIDES = {"cpu": 1024, "cuda": 8192}
_REPEATS = 8


def matrix_rate(device: str, side: int | None = None, dtype: torch.dtype = torch.bfloat16) -> float:
    """Operations a second of a product of square matrices on a device, the best of several."""
    device_type = torch.device(device).type
    side = side or _SIDES[device_type]
    matrix = torch.randn(side, side, device=device).to(dtype)
    best = min(_seconds(matrix) for _ in range(_REPEATS))
    return 2 * side**3 / best


def _seconds(matrix: torch.Tensor) -> float:
    begun = perf_counter()
    product = torch.mm(matrix, matrix)
    product[0, 0].item()  # waits for the device
    return perf_counter() - begun


def in_time(seconds: float) -> str:
    """A duration for a person."""
    if seconds < 60:
        return f"{seconds:.0f} s" if seconds >= 1 else "a moment"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:,.1f} h"


def making_flops(
    backbone: type[Backbone], configurations: Configurations, making: Making, steps: int
) -> int:
    """Floating point operations of making next shots in so many steps; no weights are read."""
    with FakeTensorMode(), torch.no_grad(), local_torch_dtype(DTYPE):
        hollow = backbone.hollow(configurations)
        with Arithmetic() as once:  # type: ignore[no-untyped-call]
            for work in phases(hollow, making).values():
                work()
        ready, latents = prepared(hollow, making)
        with Arithmetic() as step:  # type: ignore[no-untyped-call]
            ready.velocity(latents, torch.ones(len(latents)))
        total: int = once.flops + (steps - 1) * step.flops
        return total


def _attention(flops: Callable[..., int], tensors: int) -> Callable[..., int]:
    """Of the operators that the CPU has, of which torch counts none: tensors, then options."""
    wrapped: Callable[..., int] = shape_wrapper(lambda *given, **_: flops(*given[:tensors]))
    return wrapped


_COUNTS: Mapping[Any, Callable[..., int]] = {
    **flop_registry,
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _attention(sdpa_flop_count, 3),
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward: _attention(
        sdpa_backward_flop_count, 4
    ),
}


class Arithmetic(TorchDispatchMode):
    """Counts operations by torch's own formulas; its counter would keep tensors of a step."""

    flops = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> object:
        made = func(*args, **(kwargs or {}))
        if count := _COUNTS.get(func._overloadpacket):
            self.flops += count(*args, **(kwargs or {}), out_val=made)
        return made
