"""The whole pass: equal to diffusers' where the table is plain, and to a mask where it is not."""

from dataclasses import replace

import pytest
import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from tests.backbones.flux1.toy import CONFIG, Inputs, assert_exact, gradients, inputs, toy
from tests.conditioning.oracle import dense_attention
from torch import Tensor

from cut2next.backbones.flux1 import attention
from cut2next.conditioning import (
    FULL_ATTENTION,
    PAPER,
    TABLES,
    Clock,
    Segment,
    SegmentTable,
    Stream,
)

EVERY_TABLE = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
BOTH_PRECISIONS = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
PLAIN = SegmentTable(
    "plain",
    tuple(
        replace(rule, clock=Clock.NOISY, pooled_from=Segment.NEXT_PROMPT)
        for rule in FULL_ATTENTION.rules
    ),
)
"""No conditioning at all: one row modulates everything, and everything reads everything."""


@BOTH_PRECISIONS
@pytest.mark.parametrize("guidance", [False, True])
def test_without_conditioning_it_is_diffusers_model(guidance: bool, dtype: torch.dtype) -> None:
    model = toy(dtype, guidance_embeds=guidance)
    given = inputs(PLAIN, guidance=guidance).to(dtype)
    with torch.no_grad():
        # diffusers rounds queries and keys to float32 when it applies their positions.
        expected = _by_diffusers(given, model.state_dict())
        torch.testing.assert_close(given.velocity(model), expected, rtol=0, atol=1e-5)


@BOTH_PRECISIONS
@EVERY_TABLE
def test_a_pass_by_segments_is_a_pass_with_a_mask(
    table: SegmentTable, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, given = toy(dtype), inputs(table).to(dtype)
    with torch.no_grad():
        velocity = given.velocity(model)
        monkeypatch.setattr(attention, "segment_attention", dense_attention)
        assert_exact(given.velocity(model), velocity, dtype)


@EVERY_TABLE
def test_samples_of_a_batch_do_not_meet(table: SegmentTable) -> None:
    model, given = toy(), inputs(table, batch=3)
    with torch.no_grad():
        together = given.velocity(model)
        alone = torch.cat([given.only(sample).velocity(model) for sample in range(3)])
    assert_exact(together, alone)


def test_velocity_has_the_shape_of_the_next_shot() -> None:
    given = inputs(PAPER)
    velocity = given.velocity(toy(out_channels=5))
    assert velocity.shape == (2, given.layout.tokens(Segment.NEXT_SHOT), 5)


@EVERY_TABLE
def test_the_clock_moves_noisy_rows_only(table: SegmentTable) -> None:
    model, given = toy(), inputs(table)
    plan = given.layout.step()
    earlier, later = (
        model._modulation(plan, given.pooled, torch.full((2,), t).double(), None)
        for t in (0.2, 0.9)
    )
    for index, row in enumerate(plan.rows):
        moved = not torch.equal(earlier[:, index], later[:, index])
        assert moved == (row.clock is Clock.NOISY)


@pytest.mark.parametrize("prompt", PAPER.prompts, ids=str)
def test_a_pooled_vector_moves_the_rows_that_are_pooled_from_it(prompt: Segment) -> None:
    model, given = toy(), inputs(PAPER)
    plan = given.layout.step()
    before = model._modulation(plan, given.pooled, given.timestep, None)
    changed = {**given.pooled, prompt: given.pooled[prompt] + 1}
    moved = (model._modulation(plan, changed, given.timestep, None) != before).any(dim=(0, 2))
    assert moved.tolist() == [row.pooled_from == prompt for row in plan.rows]


def test_a_clean_row_is_a_noisy_row_at_zero() -> None:
    model, given = toy(), inputs(PAPER)
    never = replace(given, timestep=torch.zeros(2).double())
    synchronous = replace(never, layout=replace(given.layout, table=TABLES["sync-cond"]))
    with torch.no_grad():
        assert_exact(never.velocity(model), synchronous.velocity(model))


@EVERY_TABLE
def test_checkpointed_gradients_are_the_gradients(table: SegmentTable) -> None:
    model, given = toy(), inputs(table)
    plain = gradients(model, given.velocity(model))
    model.enable_gradient_checkpointing()
    torch.testing.assert_close(gradients(model, given.velocity(model)), plain, rtol=0, atol=0)


def test_a_table_with_fewer_rows_runs() -> None:
    rules = tuple(
        replace(rule, reads=rule.reads - {Segment.RELATIONAL_PROMPT})
        for rule in PAPER.rules
        if rule.segment != Segment.RELATIONAL_PROMPT
    )
    given = inputs(SegmentTable("without relational prompt", rules))
    assert torch.isfinite(given.velocity(toy())).all()


def test_every_row_needs_its_pooled_vector() -> None:
    given = inputs(PAPER)
    with pytest.raises(ValueError, match="no pooled vector given of current prompt, next prompt"):
        replace(
            given, pooled={one: given.pooled[one] for one in [Segment.RELATIONAL_PROMPT]}
        ).velocity(toy())


@EVERY_TABLE
def test_guidance_moves_noisy_rows_only(table: SegmentTable) -> None:
    """Those that are clean stand where guidance 1 puts them."""
    model, given = toy(guidance_embeds=True), inputs(table)
    plan = given.layout.step()
    plain, guided = (
        model._modulation(plan, given.pooled, given.timestep, torch.full((2,), scale).double())
        for scale in (1.0, 3.5)
    )
    for index, row in enumerate(plan.rows):
        moved = not torch.equal(plain[:, index], guided[:, index])
        assert moved == (row.clock is Clock.NOISY)


def test_guidance_must_fit_the_weights() -> None:
    with pytest.raises(ValueError, match="guidance is given"):
        inputs(PAPER, guidance=True).velocity(toy())
    with pytest.raises(ValueError, match="guidance is missing"):
        inputs(PAPER).velocity(toy(guidance_embeds=True))


def test_bfloat16_runs_throughout() -> None:
    model, given = toy(torch.bfloat16), inputs(PAPER).to(torch.bfloat16)
    assert given.velocity(model).dtype is torch.bfloat16


def _by_diffusers(given: Inputs, weights: dict[str, Tensor]) -> Tensor:
    """The next shot's velocity from diffusers' own model, text before images."""
    model = FluxTransformer2DModel(**CONFIG, guidance_embeds=given.guidance is not None)
    model.load_state_dict(weights)
    model.to(given.timestep.dtype)
    plan = given.layout.step()
    streams, positions = plan.gathered(given.tokens), plan.split(plan.positions()[None])
    ids = {
        prompt: torch.cat([x[0] for one, x in positions.items() if one.is_prompt is prompt])
        for prompt in (True, False)
    }
    out: Tensor = model(
        hidden_states=streams[Stream.IMAGE],
        encoder_hidden_states=streams[Stream.TEXT],
        pooled_projections=given.pooled[Segment.NEXT_PROMPT],
        timestep=given.timestep,
        img_ids=ids[False],
        txt_ids=ids[True],
        guidance=given.guidance,
    ).sample
    return out[:, -given.layout.tokens(Segment.NEXT_SHOT) :]
