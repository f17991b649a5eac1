"""The optimizer of every run: AdamW, in 8 bits if need be, or Muon, on float32 masters.

The network itself may hold bfloat16 weights, in which forward and backward pass are quickest; the
masters keep what rounding would lose. Muon orthogonalises the update of every matrix; on the mini
model and its autoencoder it needs several times fewer steps than AdamW alone. A convolution's
kernel counts as the matrix [out, in·height·width].
"""

from collections.abc import Collection, Iterable
from math import isfinite
from typing import Any

import torch
from torch import Tensor, nn, optim
from torch.distributed.tensor import DTensor

from cut2next.film import InputError
from cut2next.film.installation import needed
from cut2next.training.muon import Muon
from cut2next.training.sharding import norm_of

BETAS = (0.9, 0.99)


class MasterOptimizer:
    """Steps a module by its gradients, through float32 master copies of its parameters."""

    def __init__(
        self,
        module: nn.Module,
        *,
        learning_rate: float,
        matrices: Collection[str] = (),
        matrix_rate: float | None = None,
        weight_decay: float = 0.0,
        betas: tuple[float, float] = BETAS,
        eight_bit: bool = False,
    ) -> None:
        """`matrices` names the parameters that Muon takes, at `matrix_rate` where that is given.

        With `eight_bit` AdamW keeps its means in 8 bits. Raises InputError where bitsandbytes,
        which does that, is not installed; it and Muon refuse what is sharded.
        """
        chosen = set(matrices)
        learning = {name: p for name, p in module.named_parameters() if p.requires_grad}
        masters = {
            name: nn.Parameter((p.flatten(1) if name in chosen else p).detach().float().clone())
            for name, p in learning.items()
        }
        self._parameters, self.masters = [*learning.values()], [*masters.values()]
        self._rates = {"muon": matrix_rate or learning_rate, "adamw": learning_rate}
        self.parts: dict[str, optim.Optimizer] = {}
        if muon := [master for name, master in masters.items() if name in chosen]:
            _check_whole(muon, "Muon")
            # What the model computes in, the machine is quick in.
            dtype = next(p.dtype for name, p in learning.items() if name in chosen)
            self.parts["muon"] = Muon(muon, weight_decay=weight_decay, dtype=dtype)
        if others := [master for name, master in masters.items() if name not in chosen]:
            if eight_bit:
                _check_whole(others, "AdamW in 8 bits")
            adamw: Any = _adamw_of_8_bits() if eight_bit else optim.AdamW
            # Unless it is fused, it holds a copy of everything while it steps on a card.
            fused = {"fused": True} if others[0].is_cuda and not eight_bit else {}
            self.parts["adamw"] = adamw(others, betas=betas, weight_decay=weight_decay, **fused)

    def step(self, schedule: float, clip: float | None = None) -> float:
        """One step at `schedule` times the learning rates; clears gradients.

        They are brought down to the norm `clip`. Returns the norm that they had; where that is no
        number, nothing is stepped.
        """
        for parameter, master in zip(self._parameters, self.masters, strict=True):
            grad = parameter.grad
            master.grad = None if grad is None else grad.float().reshape(master.shape)
            parameter.grad = None
        norm = norm_of(nn.utils.clip_grad_norm_(self.masters, clip or float("inf")))
        if not isfinite(norm):
            return norm
        for name, optimizer in self.parts.items():
            for group in optimizer.param_groups:
                group["lr"] = self._rates[name] * schedule
            optimizer.step()
            optimizer.zero_grad()  # they would take room all through the next backward pass
        self.publish(self.masters)
        return norm

    @torch.no_grad()
    def publish(self, tensors: Iterable[Tensor]) -> None:
        """Copies the masters, or their average, into the module."""
        for parameter, tensor in zip(self._parameters, tensors, strict=True):
            parameter.copy_(tensor.view(parameter.shape))


def _adamw_of_8_bits() -> Any:
    with needed("it, for an optimizer in 8 bits"):
        from bitsandbytes import optim as eight_bit
    return eight_bit.AdamW8bit  # type: ignore[attr-defined]


def _check_whole(masters: Iterable[Tensor], optimizer: str) -> None:
    if any(isinstance(master, DTensor) for master in masters):
        raise InputError(
            f"{optimizer} for a sharded model",
            expected="one that is whole: it knows no shares of a matrix",
            hint="take adamw, or leave the model whole in each process",
        )


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
        """Takes in the masters after `step` steps."""
        for tensor, master in zip(self.tensors, masters, strict=True):
            tensor.lerp_(master, 1 - self.decay_after(step))

    def decay_after(self, step: int) -> float:
        """What is kept of the average after `step` steps; early on it is short."""
        return min(self.decay, (1 + step) / (10 + step))
