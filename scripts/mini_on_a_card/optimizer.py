"""The recipe's optimizer as one graph can hold it: nothing of it is decided by the processor.

What changes from step to step (the schedule, how short the average is) lies in tensors on the
device. Matrices of a shape are one tensor all along, where `MasterOptimizer` stacks them at every
step. A test says that the two agree.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from cut2next.training.muon import MOMENTUM, orthogonal, relative_size
from cut2next.training.optimizer import BETAS, Average

_EPSILON = 1e-8
"""AdamW's."""


class StackedOptimizer:
    """Muon for the named matrices, AdamW for the rest, on float32 masters with their average.

    A parameter without gradient counts as one whose gradient is zero.
    """

    def __init__(
        self,
        module: nn.Module,
        *,
        learning_rate: float,
        matrices: Collection[str],
        matrix_rate: float,
        weight_decay: float,
        average: float,
    ) -> None:
        """`average` is what the running average of the masters keeps in a step."""
        learning = {name: p for name, p in module.named_parameters() if p.requires_grad}
        chosen = [p for name, p in learning.items() if name in set(matrices)]
        self._stacks = [
            [p for p in chosen if p.shape == shape]
            for shape in dict.fromkeys(p.shape for p in chosen)
        ]
        self._rest = [p for name, p in learning.items() if name not in set(matrices)]
        self._matrices = [
            torch.stack([p.detach() for p in stack]).float() for stack in self._stacks
        ]
        self._others = [p.detach().float().clone() for p in self._rest]
        self._momenta = [torch.zeros_like(stack) for stack in self._matrices]
        self._means = [torch.zeros_like(master) for master in self._others]
        self._squares = [torch.zeros_like(master) for master in self._others]
        self._average = Average(self.masters, average)
        self._matrix_rate, self._rate, self._decay = matrix_rate, learning_rate, weight_decay
        device = self.masters[0].device
        self._steps, self._schedule, self._ahead = (
            torch.zeros((), device=device) for _ in range(3)
        )

    @property
    def masters(self) -> list[Tensor]:
        """Stacks of matrices, [N, rows, columns], and whatever else learns."""
        return [*self._matrices, *self._others]

    def set(self, step: int, schedule: float) -> None:
        """What the next `step` goes by: `schedule` times the learning rates."""
        self._schedule.fill_(schedule)
        self._ahead.fill_(1 - self._average.decay_after(step))

    @torch.no_grad()
    def step(self) -> None:
        """One step by the gradients that are there, which stay."""
        self._step_matrices()
        self._step_others()
        self._publish(self.masters)
        average = list(self._average.tensors)
        ahead = torch._foreach_sub(self.masters, average)
        torch._foreach_mul_(ahead, self._ahead)
        torch._foreach_add_(average, ahead)

    def _step_matrices(self) -> None:
        rate = self._schedule * self._matrix_rate
        for parameters, master, momentum in zip(
            self._stacks, self._matrices, self._momenta, strict=True
        ):
            grad = torch.stack(_gradients(parameters))
            momentum.lerp_(grad, 1 - MOMENTUM)
            update = orthogonal(torch.lerp(grad, momentum, MOMENTUM).to(parameters[0].dtype))
            master.mul_(1 - rate * self._decay)
            master.sub_(update.float() * (rate * relative_size(master.shape[1:])))

    def _step_others(self) -> None:
        first, second = BETAS
        rate = self._schedule * self._rate
        self._steps.add_(1)
        grads = _gradients(self._rest)
        torch._foreach_lerp_(self._means, grads, 1 - first)
        torch._foreach_mul_(self._squares, second)
        torch._foreach_addcmul_(self._squares, grads, grads, 1 - second)
        spread = torch._foreach_sqrt(self._squares)
        torch._foreach_div_(spread, (1 - second**self._steps).sqrt())
        torch._foreach_add_(spread, _EPSILON)
        update = torch._foreach_div(self._means, spread)
        torch._foreach_mul_(update, -rate / (1 - first**self._steps))
        torch._foreach_mul_(self._others, 1 - rate * self._decay)
        torch._foreach_add_(self._others, update)

    @torch.no_grad()
    def forget(self) -> None:
        """All that gradients have left, but in the masters: for what was stepped at no rate."""
        for tensor in (self._steps, *self._momenta, *self._means, *self._squares):
            tensor.zero_()

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """While the context lasts, the module holds the average of its weights."""
        self._publish(list(self._average.tensors))
        try:
            yield
        finally:
            self._publish(self.masters)

    @torch.no_grad()
    def _publish(self, tensors: Sequence[Tensor]) -> None:
        count = len(self._stacks)
        for parameters, stack in zip(self._stacks, tensors[:count], strict=True):
            torch._foreach_copy_(list[Tensor](parameters), list(stack.unbind()))
        torch._foreach_copy_(list[Tensor](self._rest), list(tensors[count:]))


def _gradients(parameters: Sequence[nn.Parameter]) -> list[Tensor]:
    """In float32."""
    return [
        torch.zeros_like(p, dtype=torch.float32) if p.grad is None else p.grad.float()
        for p in parameters
    ]
