"""How much memory and arithmetic training a LoRA takes, known before any weight is loaded.

As for generation (`generation/memory.py`), the real code runs on tensors without contents: a step,
forward and backward, with the LoRA that PEFT injects. What is kept for the backward pass grows with
the blocks, so it runs with one and with two of each kind, and all the others are like the second.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from transformers.modeling_utils import local_torch_dtype

from cut2next.backbones import Backbone
from cut2next.backbones.lora import inject
from cut2next.conditioning import Layout, Segment, SegmentInputs
from cut2next.conditioning.inputs import of_batch
from cut2next.generation.arithmetic import Arithmetic
from cut2next.generation.fit import Demand
from cut2next.generation.memory import DTYPE, Configurations, peak_bytes
from cut2next.training.checkpointing import checkpoint_blocks, stacks
from cut2next.training.fit import Checkpointed, StepNeed, StepNeeds, TrainingDemand
from cut2next.training.step import Batch, next_shot_loss


@dataclass(frozen=True, kw_only=True)
class Learning:
    """What is learnt at a time."""

    layout: Layout
    rank: int
    groups: int = 1
    """Current shots of a micro-batch ..."""
    each: int = 1
    """... and cuts from each of them."""


def training_demand(
    backbone: type[Backbone], configurations: Configurations, making: Demand, learning: Learning
) -> TrainingDemand:
    """What training a LoRA on networks of these configurations needs; no weights are read.

    `making` is what making a next shot needs, as validation does.
    """
    with torch.device("meta"):
        hollow = backbone.hollow(configurations)
        whole, blank = hollow.transformer, hollow.blank_inputs(learning.layout).tokens
        inject(whole, "lora", learning.rank)
    numbers = {segment: tokens.numel() for segment, tokens in blank.items()}
    counts = [len(stack) for stack in stacks(whole)]
    return TrainingDemand(
        making=making,
        numbers=sum(weight.numel() for weight in whole.parameters() if weight.requires_grad),
        samples=learning.groups * learning.each,
        latents=numbers[Segment.NEXT_SHOT],
        individual=numbers[Segment.NEXT_PROMPT],
        relational=numbers.get(Segment.RELATIONAL_PROMPT, 0),
        step=_step_needs(backbone, configurations, learning, counts),
    )


def _step_needs(
    backbone: type[Backbone], configurations: Configurations, learning: Learning, counts: list[int]
) -> StepNeeds:
    """Of a micro-batch, by what one and two blocks of each kind need."""
    with torch.device("meta"), local_torch_dtype(DTYPE):
        hollow = backbone.hollow(configurations, blocks=2)
        inject(hollow.transformer, "lora", learning.rank)
    few = [min(1, count) for count in counts]
    more = [[n + (kind == added) for kind, n in enumerate(few)] for added in range(len(few))]

    def measured(share: float) -> tuple[StepNeed, list[StepNeed]]:
        """With all blocks, and what each further one of a kind adds."""
        first = _measured(hollow, learning, few, share)
        added = [_measured(hollow, learning, blocks, share) - first for blocks in more]
        further = zip(added, counts, few, strict=True)
        return sum((each * (n - had) for each, n, had in further), first), added

    kept, adds = measured(0)

    def checkpointed() -> Checkpointed:
        every, less = measured(1)
        return Checkpointed(
            every, tuple(much - little for much, little in zip(adds, less, strict=True))
        )

    return StepNeeds(kept=kept, blocks=tuple(counts), finds_out=checkpointed)


def _measured(hollow: Backbone, learning: Learning, counts: list[int], share: float) -> StepNeed:
    """With so many blocks of each kind, that share of them checkpointed."""
    transformer = hollow.transformer
    with FakeTensorMode(), local_torch_dtype(DTYPE), _cut(transformer, counts):
        checkpoint_blocks(transformer, share)
        with Arithmetic() as counted:  # type: ignore[no-untyped-call]
            peak = peak_bytes(_step(hollow, learning), [transformer])
        return StepNeed(peak, counted.flops)


@contextmanager
def _cut(transformer: nn.Module, counts: list[int]) -> Iterator[None]:
    """Within it only so many blocks of each kind are there, their weights without contents."""
    blocks = {
        name: stack
        for name, stack in transformer.named_children()
        if isinstance(stack, nn.ModuleList)
    }
    for (name, stack), count in zip(blocks.items(), counts, strict=True):
        setattr(transformer, name, stack[:count])
    for module in transformer.modules():
        _fill(module)
    try:
        yield
    finally:
        for name, stack in blocks.items():
            setattr(transformer, name, stack)


def _fill(module: nn.Module) -> None:
    """Weights from the meta device become fake ones, with gradients as of a step before."""
    for name, weight in module.named_parameters(recurse=False):
        fake = nn.Parameter(torch.empty(weight.shape, dtype=weight.dtype), weight.requires_grad)
        if fake.requires_grad:
            fake.grad = torch.empty(weight.shape, dtype=weight.dtype)
        module.register_parameter(name, fake)
    for name, buffer in module.named_buffers(recurse=False):
        module.register_buffer(name, torch.empty(buffer.shape, dtype=buffer.dtype))


def _step(hollow: Backbone, learning: Learning) -> Callable[[], None]:
    """Forward and backward of a micro-batch, on inputs of the right shapes."""
    layout, cuts = learning.layout, learning.groups * learning.each
    shape = (cuts, layout.tokens(Segment.NEXT_SHOT), hollow.channels)
    batch = Batch(
        layout=layout,
        inputs=_inputs(hollow, learning),
        clean=torch.empty(shape),
        weights=torch.empty(shape[:2], dtype=torch.float32),
    )
    guidance = 1.0 if hollow.is_distilled else None

    def work() -> None:
        times = torch.empty(cuts, dtype=torch.float32)
        noise = torch.empty(shape, dtype=torch.float32)
        losses = next_shot_loss(hollow.transformer, batch, times, noise, guidance=guidance)
        losses.mean.backward()

    return work


def _inputs(hollow: Backbone, learning: Learning) -> SegmentInputs:
    blank = hollow.blank_inputs(learning.layout)

    def samples(tensors: Mapping[Segment, Tensor]) -> dict[Segment, Tensor]:
        counts = {
            segment: learning.groups if segment.is_context else learning.groups * learning.each
            for segment in tensors
        }
        return {
            segment: of_batch(x, counts[segment])
            for segment, x in tensors.items()
            if segment != Segment.NEXT_SHOT
        }

    return SegmentInputs(samples(blank.tokens), samples(blank.pooled))
