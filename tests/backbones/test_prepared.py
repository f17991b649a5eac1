"""What is prepared once serves every step and every draw, and costs one shot's memory."""

from dataclasses import replace

import pytest
import torch
from tests.backbones.flux1.toy import Inputs, assert_exact, inputs, toy
from torch import Tensor

from cut2next.backbones.flux1.transformer import Flux1Transformer
from cut2next.backbones.prepared import Prepared, prepare
from cut2next.conditioning import (
    CLOSED,
    TABLES,
    Kind,
    Layout,
    Segment,
    SegmentInputs,
    SegmentTable,
    with_earlier_shots,
)

EVERY_TABLE = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)


def _prepared(model: Flux1Transformer, given: Inputs, keep: frozenset[Segment]) -> Prepared:
    scale = None if given.guidance is None else given.guidance[0].item()
    return prepare(model, given.segments, given.layout, keep=keep, guidance=scale)


@EVERY_TABLE
@pytest.mark.parametrize("guidance", [False, True])
def test_its_velocity_is_that_of_the_whole_pass(table: SegmentTable, guidance: bool) -> None:
    model, given = toy(guidance_embeds=guidance), inputs(table, guidance=guidance)
    for keep in (table.cacheable, table.lasting, frozenset[Segment]()):
        with torch.no_grad():
            prepared = _prepared(model, given, keep)
            velocity = prepared.velocity(given.tokens[Segment.NEXT_SHOT], given.timestep)
        assert prepared.cache.segments == keep
        assert_exact(velocity, given.velocity(model))


@EVERY_TABLE
def test_current_shots_are_shared_by_the_draws_of_their_cuts(table: SegmentTable) -> None:
    model, shots, cuts = toy(), inputs(table, batch=2), inputs(table, batch=6, seed=2)
    mixed = cuts.segments | shots.segments.only(table.context)
    whole = replace(
        cuts,
        tokens={**cuts.tokens, **shots.repeated(3).segments.only(table.context).tokens},
        pooled={**cuts.pooled, **shots.repeated(3).segments.only(table.context).pooled},
    )
    noisy = cuts.tokens[Segment.NEXT_SHOT]
    with torch.no_grad():
        prepared = prepare(model, mixed, cuts.layout, keep=table.lasting)
        assert_exact(prepared.velocity(noisy, cuts.timestep), whole.velocity(model))


def test_several_draws_of_a_shot_keep_no_more_than_one() -> None:
    model, given = toy(), inputs(CLOSED, batch=1)
    with torch.no_grad():
        prepared = _prepared(model, given, CLOSED.cacheable)
        noisy = torch.randn(4, given.layout.tokens(Segment.NEXT_SHOT), 6).double()
        times = torch.linspace(0.2, 0.8, 4).double()
        together = prepared.velocity(noisy, times)
        alone = [prepared.velocity(noisy[at : at + 1], times[at : at + 1]) for at in range(4)]
    assert_exact(together, torch.cat(alone))
    assert all(len(held.keys) == 1 for held in prepared.cache.at("transformer_blocks.0").values())


def test_more_context_shots_run_and_are_heard() -> None:
    table = with_earlier_shots(CLOSED, 2)
    sizes = {segment: (2, 3 - segment.index) for segment in table.segments if not segment.is_prompt}
    layout = Layout(table=table, prompt_tokens=dict.fromkeys(table.prompts, 2), shot_sizes=sizes)
    model, given = toy(), inputs(table, batch=1, layout=layout)

    def velocity(of: SegmentInputs) -> Tensor:
        prepared = prepare(model, of, layout, keep=table.cacheable)
        return prepared.velocity(given.tokens[Segment.NEXT_SHOT], given.timestep)

    with torch.no_grad():
        whole = velocity(given.segments)
        assert_exact(whole, given.velocity(model))
        for shot in (Segment(Kind.SHOT, -2), Segment(Kind.SHOT, -3), Segment.CURRENT_SHOT):
            other = SegmentInputs({shot: given.tokens[shot] + torch.randn(6).double()})
            assert not torch.allclose(velocity(given.segments | other), whole)
