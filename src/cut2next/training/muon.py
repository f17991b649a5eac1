"""Muon (Jordan et al. 2024), in the type that a machine is quick in, all of a shape together.

torch's own takes them one by one, and orthogonalises in bfloat16 always; on a CPU that must emulate
it, that takes longer than the training step that it ends.
"""

from collections.abc import Iterable, Sequence
from math import sqrt
from typing import Any

import torch
from torch import Tensor, nn, optim

MOMENTUM = 0.95
_QUINTIC = (3.4445, -4.7750, 2.0315)
"""Jordan's coefficients: they lift small singular values fastest, and leave all of them near 1."""


class Muon(optim.Optimizer):
    """Steps matrices by their momentum made orthogonal, at the size of AdamW's steps.

    The size is that of Liu et al. 2025, "Muon is Scalable for LLM Training".
    """

    def __init__(
        self,
        matrices: Iterable[nn.Parameter],
        lr: float = 1e-3,
        weight_decay: float = 0.0,
        dtype: torch.dtype | None = None,
    ) -> None:
        """`dtype` is what is multiplied in, float32 unless given; the momentum keeps its own."""
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay})
        self._dtype = dtype or torch.float32

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """One step of every matrix that has a gradient."""
        for group in self.param_groups:
            alike: dict[torch.Size, list[nn.Parameter]] = {}
            for matrix in group["params"]:
                if matrix.grad is not None:
                    alike.setdefault(matrix.shape, []).append(matrix)
            for shape, matrices in alike.items():
                pushes = torch.stack([self._push(matrix).to(self._dtype) for matrix in matrices])
                size = group["lr"] * relative_size(shape)
                for matrix, update in zip(matrices, orthogonal(pushes), strict=True):
                    matrix.mul_(1 - group["lr"] * group["weight_decay"])
                    matrix.sub_(update, alpha=size)

    def _push(self, matrix: nn.Parameter) -> Tensor:
        """Nesterov's look ahead from the running mean of gradients."""
        state = self.state[matrix]
        mean = state.setdefault("momentum_buffer", torch.zeros_like(matrix))
        mean.lerp_(matrix.grad, 1 - MOMENTUM)
        return torch.lerp(matrix.grad, mean, MOMENTUM)  # type: ignore[arg-type]


def relative_size(shape: Sequence[int]) -> float:
    """What an orthogonal update of a matrix is multiplied by, to be of the size of AdamW's."""
    return 0.2 * sqrt(max(shape))


def orthogonal(matrices: Tensor) -> Tensor:
    """Matrices [N, rows, columns] with their singular vectors, and singular values near one."""
    tall = matrices.shape[1] > matrices.shape[2]
    wide = matrices.mT if tall else matrices
    wide = wide / wide.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    a, b, c = _QUINTIC
    for _ in range(5):
        gram = wide @ wide.mT
        wide = torch.baddbmm(wide, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), wide, beta=a)
    return wide.mT if tall else wide
