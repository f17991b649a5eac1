"""A training step: the true velocity has no loss, current shots are shared, guidance counts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pytest
import torch
from tests.backbones.flux1.toy import CONFIG, toy
from tests.conditioning.oracle import layout_of
from torch import Tensor, nn

from cut2next.backbones.flux1.transformer import Flux1Transformer, PassOutput
from cut2next.conditioning import (
    CLOSED,
    PAPER,
    TABLES,
    KVCache,
    Pass,
    Segment,
    SegmentInputs,
    SegmentTable,
)
from cut2next.training.step import Batch, Draws, NextShotLearner, next_shot_loss

ALL_TABLES = pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)


def batch_of(
    table: SegmentTable, groups: int, each: int, dtype: torch.dtype = torch.float32
) -> Batch:
    """Random cuts: `each` from each of `groups` current shots."""
    layout, chance = layout_of(table), torch.Generator().manual_seed(2)

    def normal(segment: Segment, *shape: int) -> Tensor:
        count = groups if segment.is_context else groups * each
        return torch.randn((count, *shape), generator=chance, dtype=torch.float64).to(dtype)

    def tokens(segment: Segment) -> Tensor:
        width = CONFIG["joint_attention_dim"] if segment.is_prompt else CONFIG["in_channels"]
        return normal(segment, layout.tokens(segment), width)

    given = [segment for segment in table.segments if segment != Segment.NEXT_SHOT]
    pooled = {
        segment: normal(segment, CONFIG["pooled_projection_dim"]) for segment in table.prompts
    }
    clean = tokens(Segment.NEXT_SHOT)
    return Batch(
        layout=layout,
        inputs=SegmentInputs({segment: tokens(segment) for segment in given}, pooled),
        clean=clean,
        weights=1 + torch.rand(clean.shape[:2], generator=chance),
    )


class Stub(nn.Module):
    """Says a velocity whatever it is asked, and keeps what it was asked."""

    def __init__(self, velocity: Tensor, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.velocity, self.dtype = velocity, dtype
        self.noisy = self.timestep = torch.empty(0)
        self.plans: list[Pass] = []

    def forward(
        self,
        inputs: SegmentInputs,
        timestep: Tensor,
        plan: Pass,
        guidance: Tensor | None,
        cache: KVCache,
    ) -> PassOutput:
        self.noisy, self.timestep = inputs.tokens[Segment.NEXT_SHOT], timestep
        self.plans.append(plan)
        return PassOutput(self.velocity, cache)

    def prefill(self, inputs: SegmentInputs, plan: Pass, cache: KVCache) -> KVCache:
        return cache


@ALL_TABLES
def test_whoever_says_noise_minus_clean_has_no_loss(table: SegmentTable) -> None:
    batch = batch_of(table, 2, 3)
    noise, times = torch.randn(batch.clean.shape), torch.rand(6)
    stub = Stub(noise - batch.clean)
    assert next_shot_loss(stub, batch, times, noise).mean == 0
    assert torch.equal(stub.timestep, times)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_transformer_is_shown_clean_at_time_0_and_noise_at_time_1(dtype: torch.dtype) -> None:
    batch = batch_of(CLOSED, 1, 2, dtype)
    noise = torch.randn(batch.clean.shape)
    stub = Stub(noise - batch.clean.float(), dtype)
    for times, shown in ((torch.zeros(2), batch.clean), (torch.ones(2), noise.to(dtype))):
        assert next_shot_loss(stub, batch, times, noise).mean == 0  # in float32
        assert torch.equal(stub.noisy, shown)


def gradients(model: Flux1Transformer) -> dict[str, Tensor]:
    """Those of all parameters, which are then cleared."""
    made = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    return made


def only(batch: Batch, number: int, each: int) -> Batch:
    """One cut of a batch, alone."""

    def of(tensors: Mapping[Segment, Tensor]) -> dict[Segment, Tensor]:
        places = {segment: number // each if segment.is_context else number for segment in tensors}
        return {segment: x[places[segment]][None] for segment, x in tensors.items()}

    return Batch(
        layout=batch.layout,
        inputs=SegmentInputs(of(batch.inputs.tokens), of(batch.inputs.pooled)),
        clean=batch.clean[number][None],
        weights=batch.weights[number][None],
    )


@ALL_TABLES
def test_sharing_the_current_shot_changes_neither_loss_nor_gradients(table: SegmentTable) -> None:
    model = toy()
    batch = batch_of(table, 2, 3, torch.float64)
    times, noise = torch.rand(6), torch.randn(batch.clean.shape)
    shared = next_shot_loss(model, batch, times, noise).mean
    shared.backward()
    together = gradients(model)

    alone, weights = 0.0, batch.weights.sum(dim=1)
    for number, share in enumerate(weights / weights.sum()):
        at = slice(number, number + 1)
        loss = share * next_shot_loss(model, only(batch, number, 3), times[at], noise[at]).mean
        loss.backward()
        alone += loss.item()
    assert shared.item() == pytest.approx(alone, rel=1e-5)
    for name, gradient in gradients(model).items():  # the loss is float32
        torch.testing.assert_close(together[name], gradient, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("table", "each", "prefills"), [(CLOSED, 3, [2]), (CLOSED, 1, []), (PAPER, 3, [])]
)
def test_the_closed_table_reads_a_current_shot_once_for_all_its_cuts(
    table: SegmentTable, each: int, prefills: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, batch, samples = toy(torch.float32), batch_of(table, 2, each), []
    prefill = model.prefill

    def counted(inputs: SegmentInputs, *rest: object) -> object:
        samples.append(len(inputs.tokens[Segment.CURRENT_SHOT]))
        return prefill(inputs, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(model, "prefill", counted)
    noise = torch.randn(batch.clean.shape)
    next_shot_loss(model, batch, torch.rand(2 * each), noise)
    assert samples == prefills


@ALL_TABLES
def test_guidance_distilled_weights_are_trained_at_a_guidance(table: SegmentTable) -> None:
    model, batch = toy(torch.float32, guidance_embeds=True), batch_of(table, 2, 2)
    times, noise = torch.rand(4), torch.randn(batch.clean.shape)
    losses = {}
    for scale in (1.0, 3.5):
        loss = next_shot_loss(model, batch, times, noise, guidance=scale).mean
        loss.backward()
        losses[scale] = loss.item()
    assert losses[1.0] != losses[3.5]
    assert gradients(model)["time_text_embed.guidance_embedder.linear_1.weight"].any()
    with pytest.raises(ValueError, match="guidance is missing"):
        next_shot_loss(model, batch, times, noise)


def test_a_batch_draws_by_its_number() -> None:
    learner, batch = NextShotLearner(toy(torch.float32), Draws()), batch_of(CLOSED, 2, 3)
    losses = [learner(batch, number).mean.item() for number in (4, 5, 4)]
    assert losses[0] == losses[2] != losses[1]


def test_the_loss_of_every_cut_is_told_beside_its_time() -> None:
    batch, learner = batch_of(CLOSED, 2, 3), NextShotLearner(toy(torch.float32), Draws())
    mean, times, errors = learner(batch, 1)
    assert times.shape == errors.shape == (6,)
    assert not errors.requires_grad
    tokens = batch.weights.sum(dim=1)
    assert (errors * tokens).sum() / tokens.sum() == pytest.approx(mean.item(), rel=1e-5)


@ALL_TABLES
def test_some_batches_leave_out_the_relational_prompt_and_some_the_current_half(
    table: SegmentTable,
) -> None:
    batch = batch_of(table, 2, 3)
    stub = Stub(batch.clean)
    learner = NextShotLearner(stub, Draws(left_out=0.1))
    for number in range(1000):
        learner(batch, number)
    counts = Counter(
        frozenset(table.segments).difference(plan.running, plan.cached) for plan in stub.plans
    )
    relation = frozenset({Segment.RELATIONAL_PROMPT})
    assert counts.keys() == {frozenset(), relation, table.context}
    assert counts[relation] == pytest.approx(100, abs=30)
    assert counts[table.context] == pytest.approx(100, abs=30)


@pytest.mark.parametrize("segment", [Segment.RELATIONAL_PROMPT, Segment.CURRENT_SHOT])
def test_what_is_left_out_changes_nothing(segment: Segment) -> None:
    model, batch = toy(torch.float32), batch_of(CLOSED, 2, 3)
    gone = {segment} if segment not in CLOSED.context else CLOSED.context
    layout = layout_of(CLOSED).without(gone)
    times, noise = torch.rand(6), torch.randn(batch.clean.shape)
    changed = {**batch.inputs.tokens, segment: batch.inputs.tokens[segment] + 1}
    other = replace(batch, inputs=SegmentInputs(changed, batch.inputs.pooled))
    losses = [next_shot_loss(model, some, times, noise, layout).mean for some in (batch, other)]
    assert losses[0] == losses[1]
    whole = [next_shot_loss(model, some, times, noise).mean for some in (batch, other)]
    assert whole[0] != whole[1]


@ALL_TABLES
def test_tokens_count_by_their_weights(table: SegmentTable) -> None:
    batch = batch_of(table, 1, 2)
    noise, off = torch.randn(batch.clean.shape), torch.zeros(batch.clean.shape)
    off[0, 0], off[1, 2] = 1, 2  # errors of 1 and 4, elsewhere none
    weights = torch.ones(batch.weights.shape)
    weights[1, 2] = 6
    stub = Stub(noise - batch.clean + off)
    loss = next_shot_loss(stub, replace(batch, weights=weights), torch.rand(2), noise).mean
    assert loss.item() == pytest.approx((1 * 1 + 6 * 4) / (weights.numel() + 5), rel=1e-5)
