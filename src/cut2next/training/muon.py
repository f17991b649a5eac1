"""Muon (Jordan et al. 2024) in the type of its parameters.

torch's own always orthogonalises in bfloat16; on a CPU that must emulate it, that takes longer than
the training step that it ends.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn, optim

_MOMENTUM = 0.95
_QUINTIC = (3.4445, -4.7750, 2.0315)
"""Jordan's coefficients: they lift small singular values fastest, and leave all of them near 1."""


class Muon(optim.Optimizer):
    """Steps matrices by their momentum made orthogonal, at the size of AdamW's steps.

    The size is that of Liu et al. 2025, "Muon is Scalable for LLM Training".
    """

    def __init__(
        self, matrices: Iterable[nn.Parameter], lr: float = 1e-3, weight_decay: float = 0.0
    ) -> None:
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """One step of every matrix that has a gradient."""
        for group in self.param_groups:
            for matrix in group["params"]:
                if matrix.grad is not None:
                    size = 0.2 * max(matrix.shape) ** 0.5
                    matrix.mul_(1 - group["lr"] * group["weight_decay"])
                    matrix.sub_(orthogonal(self._push(matrix)), alpha=group["lr"] * size)

    def _push(self, matrix: nn.Parameter) -> Tensor:
        """Nesterov's look ahead from the running mean of gradients."""
        state = self.state[matrix]
        mean = state.setdefault("momentum_buffer", torch.zeros_like(matrix))
        mean.lerp_(matrix.grad, 1 - _MOMENTUM)
        return torch.lerp(matrix.grad, mean, _MOMENTUM)  # type: ignore[arg-type]


def orthogonal(matrix: Tensor) -> Tensor:
    """A matrix with the singular vectors of [M, N], and singular values near one."""
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    wide = wide / wide.norm().clamp(min=1e-7)
    a, b, c = _QUINTIC
    for _ in range(5):
        gram = wide @ wide.T
        wide = torch.addmm(wide, torch.addmm(gram, gram, gram, beta=b, alpha=c), wide, beta=a)
    return wide if matrix.shape[0] <= matrix.shape[1] else wide.T
