"""A U-Net small enough for a test, with random weights and inputs."""

from collections.abc import Sequence

import torch
from tests.conditioning.oracle import PROMPT_TOKENS
from torch import Tensor

from cut2next.conditioning import (
    CLOSED,
    Clock,
    Layout,
    Segment,
    SegmentInputs,
    SegmentTable,
)
from cut2next.experiments.unet.model import SegmentUNet, unet

CHANNELS, STATES, POOLED = 8, 10, 7
SIZE = (2, 3)
"""Of a shot in packed tokens."""
BASE = CLOSED.without(CLOSED.context | {Segment.RELATIONAL_PROMPT})
"""Text to image."""


def toy(dtype: torch.dtype = torch.float64) -> SegmentUNet:
    """The toy model, the same at each call; random throughout, so that no residual is nothing."""
    torch.manual_seed(0)
    model = unet(CHANNELS, STATES, POOLED, (32, 64))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return torch.nn.Module.to(model, dtype)


def layout_of(table: SegmentTable, sizes: Sequence[tuple[int, int]] = (SIZE, SIZE)) -> Layout:
    """A small layout, by default of shots of one size, as a batch of pictures must be."""
    of = dict(zip((Segment.CURRENT_SHOT, Segment.NEXT_SHOT), sizes, strict=True))
    return Layout(
        table=table,
        prompt_tokens={one: PROMPT_TOKENS[one] for one in table.prompts},
        shot_sizes={one: size for one, size in of.items() if one in table.segments},
    )


def inputs_of(layout: Layout, current: int = 2, each: int = 1, seed: int = 1) -> SegmentInputs:
    """Random inputs in float64, `current` of the current half and `each` times as many others."""
    draw = torch.Generator().manual_seed(seed)

    def normal(segment: Segment, *shape: int) -> Tensor:
        count = current if segment.is_context else current * each
        return torch.randn((count, *shape), dtype=torch.float64, generator=draw)

    table, widths = layout.table, {True: STATES, False: CHANNELS}
    tokens = {s: normal(s, layout.tokens(s), widths[s.is_prompt]) for s in table.segments}
    return SegmentInputs(tokens, {prompt: normal(prompt, POOLED) for prompt in table.prompts})


def readings(table: SegmentTable, shot: Segment) -> set[Segment]:
    """What reaches a shot: shots hand on what they read, prompts read nothing."""
    reached, frontier = {shot}, [shot]
    while frontier:
        new = table[frontier.pop()].reads - reached
        reached |= new
        frontier += [segment for segment in new if not segment.is_prompt]
    return reached


def shots_of(table: SegmentTable) -> list[Segment]:
    """The shots of a table."""
    return [segment for segment in table.segments if not segment.is_prompt]


def is_timed(table: SegmentTable, shot: Segment) -> bool:
    """Whether t reaches a shot: its own clock, or that of a shot that reaches it."""
    reached = [one for one in readings(table, shot) if not one.is_prompt]
    return any(table[one].clock is Clock.NOISY for one in reached)
