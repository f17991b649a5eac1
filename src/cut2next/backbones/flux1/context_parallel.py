"""Several processes that share each picture, put around a transformer from outside.

diffusers' `enable_parallelism` has the attention of every block gather what all processes hold. Cut
blindly, a sequence would lose where its segments lie: here each process is given everything, runs
its share of every segment, positions and all, and the velocity is put together again. For inference
only: each process would be left with a part of the gradient.
"""

from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import torch
from diffusers.hooks.context_parallel import EquipartitionSharder
from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh

from cut2next.conditioning import Layout, Pass, Segment, SegmentInputs
from cut2next.film.errors import InputError


class Share(NamedTuple):
    """Of every segment, the part that one of several processes runs."""

    part: int
    parts: int

    def of(self, tokens: Tensor, dim: int = 1) -> Tensor:
        """This share of a segment's tokens."""
        return tokens.chunk(self.parts, dim)[self.part]


@dataclass(frozen=True, kw_only=True)
class SharedLayout(Layout):
    """A layout of which a process has a share of each segment, and positions of its own.

    Raises ValueError for a segment that cannot be shared out evenly.
    """

    share: Share

    def __post_init__(self) -> None:
        super().__post_init__()
        for segment in self.table.segments:
            if (tokens := super().tokens(segment)) % self.share.parts:
                raise ValueError(
                    f"{segment}: {tokens} tokens cannot be shared evenly by {self.share.parts}"
                )

    def tokens(self, segment: Segment) -> int:
        """How many tokens of a segment are run here."""
        return super().tokens(segment) // self.share.parts

    def positions(self, segment: Segment, device: torch.device | None = None) -> Tensor:
        """Position ids of the tokens that are run here, float32 [L, 3]."""
        return self.share.of(super().positions(segment, device), dim=0)


def share_passes(transformer: nn.Module) -> None:
    """Has every pass of a transformer share its segments among the processes that it is set up for.

    To be called once context parallelism is enabled; without it nothing is changed. A backward pass
    then raises InputError.
    """
    context = getattr(transformer._parallel_config, "context_parallel_config", None)
    if context is None:
        return
    mesh: DeviceMesh = context._flattened_mesh
    share = Share(mesh.get_local_rank(), mesh.size())

    def divide(_: nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        inputs, timestep, plan, *rest = arguments
        tokens = {segment: share.of(x) for segment, x in inputs.tokens.items()}
        mine = SegmentInputs(tokens, inputs.pooled)
        return (mine, timestep, shared(plan, share), *rest), named

    def unite(_: nn.Module, __: object, output: Any) -> Any:
        if not output.velocity.shape[1]:
            return output
        whole = EquipartitionSharder.unshard(output.velocity, 1, mesh)
        if whole.requires_grad:
            whole.register_hook(_refuse)
        return output._replace(velocity=whole)

    transformer.register_forward_pre_hook(divide, with_kwargs=True)
    transformer.register_forward_hook(unite)


def _refuse(_: Tensor) -> None:
    raise InputError(
        "a backward pass under context parallelism",
        expected="inference alone",
        hint="train with whole pictures in each process, under DDP or FSDP",
    )


def shared(plan: Pass, share: Share) -> Pass:
    """A pass over this process's share of every segment."""
    sizes = {field.name: getattr(plan.layout, field.name) for field in fields(Layout)}
    layout = SharedLayout(**sizes, share=share)
    if plan.keeps:
        return layout.prefill(plan.running, plan.cached)
    return layout.step(plan.cached)
