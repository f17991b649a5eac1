"""The optimizer of every run: Muon for matrices, AdamW for the rest, on float32 masters.

Muon orthogonalises the update of every matrix; on the mini model and its autoencoder it needs
several times fewer steps than AdamW alone. A convolution's kernel counts as the matrix
[out, in·height·width]. The model itself may hold bfloat16 weights; the masters keep what rounding
would lose.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn, optim

from cut2next.training.muon import Muon


class MatrixOptimizer:
    """Steps a module by its gradients, through float32 master copies of its parameters."""

    def __init__(
        self,
        module: nn.Module,
        *,
        matrices: Iterable[str],
        learning_rate: float,
        matrix_rate: float | None = None,
        weight_decay: float = 0.0,
    ) -> None:
        """`matrices` names the parameters that Muon takes, at `matrix_rate` where that is given."""
        chosen = set(matrices)
        learning = {name: p for name, p in module.named_parameters() if p.requires_grad}
        masters = {
            name: nn.Parameter((p.flatten(1) if name in chosen else p).detach().float().clone())
            for name, p in learning.items()
        }
        self._parameters, self.masters = [*learning.values()], [*masters.values()]
        self._rates = {"muon": matrix_rate or learning_rate, "adamw": learning_rate}
        self.parts: dict[str, optim.Optimizer] = {
            "muon": Muon(
                [master for name, master in masters.items() if name in chosen],
                weight_decay=weight_decay,
                # What the model computes in, the machine is quick in.
                dtype=next((p.dtype for name, p in learning.items() if name in chosen), None),
            ),
            "adamw": optim.AdamW(
                [master for name, master in masters.items() if name not in chosen],
                betas=(0.9, 0.99),
                weight_decay=weight_decay,
            ),
        }

    def step(self, schedule: float) -> None:
        """One step at `schedule` times the learning rates; clears gradients."""
        for parameter, master in zip(self._parameters, self.masters, strict=True):
            grad = parameter.grad
            master.grad = None if grad is None else grad.float().reshape(master.shape)
            parameter.grad = None
        for name, optimizer in self.parts.items():
            for group in optimizer.param_groups:
                group["lr"] = self._rates[name] * schedule
            optimizer.step()
        self.publish(self.masters)

    @torch.no_grad()
    def publish(self, tensors: Iterable[Tensor]) -> None:
        """Copies the masters, or their average, into the module."""
        for parameter, tensor in zip(self._parameters, tensors, strict=True):
            parameter.copy_(tensor.view(parameter.shape))


class Average(nn.Module):
    """A running average of the masters; what is published, since it is better than any one step."""

    def __init__(self, masters: Iterable[Tensor], decay: float) -> None:
        super().__init__()
        self.decay = decay
        self.tensors = nn.ParameterList(
            nn.Parameter(master.detach().clone(), requires_grad=False) for master in masters
        )

    @torch.no_grad()
    def update(self, masters: Iterable[Tensor], step: int) -> None:
        """Takes in the masters after `step` steps; early on the average is short."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for tensor, master in zip(self.tensors, masters, strict=True):
            tensor.lerp_(master, 1 - decay)
