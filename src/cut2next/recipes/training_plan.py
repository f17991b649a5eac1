"""What training a LoRA on a model will need, from its files' configurations."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from cut2next.conditioning import CLOSED, Layout, Segment, SegmentTable, with_earlier_shots
from cut2next.generation.conditioned import cut_layout
from cut2next.generation.plan import KnownModel, planned
from cut2next.training.fit import TrainingDemand
from cut2next.training.memory import Learning, training_demand


def planned_training(
    model: KnownModel,
    picture: tuple[int, int],
    *,
    rank: int,
    groups: int = 1,
    each: int = 1,
    averaged: bool = False,
    earlier_shots: int = 0,
    table: SegmentTable = CLOSED,
    prompt_tokens: Mapping[Segment, int] | None = None,
    loras: Sequence[Path] = (),
) -> tuple[Layout, TrainingDemand]:
    """What training a LoRA on a model needs, for pictures of so many pixels; no weights are read.

    `groups`, `each` and `rank` as in `Learning`; a step is one with all of `earlier_shots`, which
    the layout leaves out. Table and prompt lengths, and errors, as `planned` in generation has.
    """
    plan = planned(model, picture, table=table, prompt_tokens=prompt_tokens, loras=loras)
    layout = cut_layout(
        with_earlier_shots(plan.layout.table, earlier_shots),
        plan.layout.prompt_tokens,
        current=plan.layout.shot_sizes[Segment.CURRENT_SHOT],
        following=plan.layout.shot_sizes[Segment.NEXT_SHOT],
    )
    learning = Learning(layout=layout, rank=rank, groups=groups, each=each)
    backbone = model.backbone.imported()
    demand = training_demand(backbone, model.configurations, plan.needed, learning)
    return plan.layout, replace(demand, averaged=averaged)
