"""A learner spread over processes: whole in each of them, or sharded, block by block (FSDP2).

Both wrap it from outside. What is sharded is a tensor of all processes; checkpoints and LoRA files
hold it whole, so that any number of processes goes on from them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.nn.parallel import DistributedDataParallel


def spread(learner: nn.Module, accelerator: Accelerator, *, shard: bool) -> nn.Module:
    """The learner on its device, as each process calls it; itself, where there is one process.

    Sharded before an optimizer is made: its parameters then are shares.
    """
    if accelerator.num_processes == 1:
        return learner.to(accelerator.device)
    if not shard:
        prepared: nn.Module = accelerator.prepare_model(learner)
        return prepared
    for network in learner.to(accelerator.device).children():
        for block in _blocks(network):
            fully_shard(block)
        fully_shard(network)
    return learner


def _blocks(network: nn.Module) -> list[nn.Module]:
    """Those in the stacks of a network, of which a transformer has one or two."""
    stacks = [part for part in network.children() if isinstance(part, nn.ModuleList)]
    return [block for stack in stacks for block in stack]


@contextmanager
def summed_up(learner: Any, *, last: bool) -> Iterator[None]:
    """Backward passes of a step: processes exchange gradients in the last one, once for all."""
    if isinstance(learner, nn.Module):
        for network in learner.children():
            if isinstance(network, FSDPModule):
                network.set_requires_gradient_sync(last)
    if isinstance(learner, DistributedDataParallel) and not last:
        with learner.no_sync():
            yield
    else:
        yield


def whole(tensor: Tensor) -> Tensor:
    """All of a tensor, in every process; all of them must ask for it."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def as_shared(tensor: Tensor, like: Tensor) -> Tensor:
    """A whole tensor in the way that another of its shape is spread over processes."""
    if not isinstance(like, DTensor) or tensor.shape != like.shape:
        return tensor
    on_device = tensor.to(like.device)
    return distribute_tensor(on_device, like.device_mesh, like.placements)


def norm_of(gradients: Tensor) -> float:
    """A norm as a number, in every process."""
    return float(whole(gradients.detach()).to(torch.float32).item())
