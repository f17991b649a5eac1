"""Passes of a network over inputs that all have one shape, on the best device.

On a processor inputs go one by one, which is as quick there (DINOv2, base size, one thread: .27 s
a picture alone, .27 in sixteens); on a card always as many at once, the last filled up. So what is
read beside an input never changes its vector, and a run that was killed reads the same again.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from cut2next.cutbench.features.network import Vectors
from cut2next.generation.device import Device, best_device, memory_errors

_ON_A_CARD = 32


class Passes:
    """Runs a part of a network."""

    def __init__(self, device: Device | None = None) -> None:
        """The best device, unless one is given."""
        self.device = device or best_device()
        self._at_once = _ON_A_CARD if self.device.is_card else 1

    def placed(self, network: torch.nn.Module) -> torch.nn.Module:
        """A network on the device, to read and not to learn."""
        with memory_errors():
            return network.eval().requires_grad_(False).to(self.device.name)

    def run(self, part: Callable[[Tensor], Tensor], inputs: Tensor) -> Vectors:
        """The vectors [N, D] that `part` gives for inputs [N, ...]."""
        exact = torch.backends.cudnn.flags(enabled=True, allow_tf32=False, deterministic=True)
        with torch.inference_mode(), memory_errors(), exact:
            found = [self._vectors(part, some) for some in inputs.split(self._at_once)]
        vectors: Vectors = torch.cat(found).numpy()
        return vectors

    def _vectors(self, part: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
        lacking = self._at_once - len(inputs)
        filled = torch.cat([inputs, inputs[:1].expand(lacking, *inputs.shape[1:])])
        return part(filled.to(self.device.name))[: len(inputs)].float().cpu()
