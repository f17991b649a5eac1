"""Validation: fixed times and noise, the loss of the step, and next shots as the pipeline's."""

from typing import Any

import pytest
import torch
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)
from tests.backbones.flux1.toy import toy as toy_transformer
from tests.generation.toy import assert_same, latents, picture, prompt, toy
from tests.training.test_step import ALL_TABLES, Stub, batch_of
from torch import Tensor

from cut2next.conditioning import CLOSED, SegmentInputs, SegmentTable
from cut2next.film import WeightsError
from cut2next.generation import Cut2NextPipeline
from cut2next.generation.conditioned import cut_layout
from cut2next.training.step import Batch
from cut2next.training.validation import (
    BANDS,
    by_band,
    next_shots,
    noise_of,
    validation_loss,
)


def test_errors_go_to_the_band_of_their_time_and_t_1_to_the_last() -> None:
    times = torch.tensor([0.0, 0.2, 0.25, 0.75, 0.99, 1.0])
    errors = torch.tensor([1.0, 3.0, 5.0, 7.0, 8.0, 12.0])
    assert by_band(times, errors) == {BANDS[0]: 2.0, BANDS[1]: 5.0, BANDS[3]: 9.0}


class Timed(Stub):
    """Is wrong by t in every number; keeps times and noise."""

    def __init__(self, clean: Tensor) -> None:
        super().__init__(clean)
        self.clean, self.noises, self.seen = clean, list[Tensor](), list[Tensor]()

    def forward(self, *arguments: Any) -> Any:
        output = super().forward(*arguments)
        t = self.timestep[:, None, None]
        noise = (self.noisy - (1 - t) * self.clean) / t
        self.noises.append(noise)
        self.seen.append(self.timestep)
        return output._replace(velocity=noise - self.clean + t)


def test_every_cut_is_seen_in_every_band_at_one_noise_and_the_same_again() -> None:
    batches = [batch_of(CLOSED, 1, 3) for _ in range(2)]
    runs = []
    for _ in range(2):
        stub = Timed(batches[0].clean)
        loss = validation_loss(stub, batches)
        runs.append((loss.by_band, torch.stack(stub.seen), torch.stack(stub.noises)))
    (by_band, times, noises), (again, times_again, _) = runs
    assert by_band == again
    assert torch.equal(times, times_again)
    assert times.shape == (2 * len(BANDS), 3)
    for band, own in enumerate(times.reshape(2, len(BANDS), 3).unbind(1)):
        assert own.min() >= band / 4
        assert own.max() <= (band + 1) / 4
        # the error is t in every number, so the loss is its square
        assert by_band[BANDS[band]] == pytest.approx(own.square().mean().item(), rel=1e-3)
    noises = noises.reshape(2, len(BANDS), *batches[0].clean.shape)
    torch.testing.assert_close(noises[:, :1].expand_as(noises), noises, rtol=0, atol=1e-2)
    assert (noises[0, 1] - noises[1, 1]).abs().mean() > 0.5  # a batch has noise of its own
    assert not torch.equal(times[0], times[len(BANDS)])


def test_the_mean_is_of_all_times_alike_and_a_seed_draws_others() -> None:
    model, batches = toy_transformer(torch.float32), [batch_of(CLOSED, 1, 2)]
    loss = validation_loss(model, batches)
    assert list(loss.by_band) == list(BANDS)
    assert loss.mean == pytest.approx(sum(loss.by_band.values()) / 4)
    assert validation_loss(model, batches, seed=1) != loss


def test_validation_leaves_no_gradients_and_hears_guidance() -> None:
    model, batches = toy_transformer(torch.float32, guidance_embeds=True), [batch_of(CLOSED, 1, 2)]
    losses = [validation_loss(model, batches, guidance=scale).mean for scale in (1.0, 5.0)]
    assert losses[0] != losses[1]
    assert all(parameter.grad is None for parameter in model.parameters())


def of_pipeline(pipe: Cut2NextPipeline, count: int) -> Batch:
    """One current shot and several cuts from it, as the pipeline reads them."""
    image = picture()
    encoded = [pipe.encode_prompt(prompt(following)) for following in ("blue dog", "a red fox")]
    cuts = SegmentInputs.cat([each.inputs for each in encoded[:count]])
    shot = pipe.prefill(image, encoded[0])
    size = shot.size.in_tokens(pipe.framing.step)
    cut_only = cuts.only(set(pipe.table.segments) - pipe.table.context)
    return Batch(
        layout=cut_layout(pipe.table, pipe.prompt_tokens, current=size, following=size),
        inputs=cut_only | shot.inputs,
        clean=torch.zeros(count, size[0] * size[1], pipe.backbone.channels),
        weights=torch.ones(count, size[0] * size[1]),
    )


@ALL_TABLES
def test_next_shots_are_the_pipelines_own(table: SegmentTable) -> None:
    scheduler = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True)
    pipe = toy(table.name, scheduler=scheduler)
    batch = of_pipeline(pipe, 2)
    made = next_shots(pipe.transformer, scheduler, batch, steps=3, seed=5)
    prompts = [prompt("blue dog"), prompt("a red fox")]
    asked: dict[str, Any] = {"latents": noise_of(batch, 5), "num_inference_steps": 3}
    assert_same(made, latents(pipe, [picture()] * 2, prompts, **asked))
    assert not torch.equal(made[0], made[1])


def test_strengths_of_the_relational_prompt_are_the_pipelines_own_cut_by_cut() -> None:
    scheduler = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True)
    pipe = toy(scheduler=scheduler)
    batch, strengths = of_pipeline(pipe, 2), (0.0, 1.5)
    made = next_shots(
        pipe.transformer, scheduler, batch, steps=3, seed=5, relational=torch.tensor(strengths)
    )
    prompts = [prompt("blue dog"), prompt("a red fox")]
    for row, strength in enumerate(strengths):
        asked: dict[str, Any] = {"latents": noise_of(batch, 5), "num_inference_steps": 3}
        own = latents(pipe, [picture()] * 2, prompts, relational_strength=strength, **asked)
        assert_same(made[row], own[row])


def test_next_shots_follow_seed_and_guidance() -> None:
    model, batch = toy_transformer(torch.float32, guidance_embeds=True), batch_of(CLOSED, 2, 2)
    first, again, seeded, guided = (
        next_shots(
            model, FlowMatchEulerDiscreteScheduler(), batch, steps=2, guidance=guidance, seed=seed
        )
        for guidance, seed in ((1.0, 0), (1.0, 0), (1.0, 1), (5.0, 0))
    )
    assert torch.equal(first, again)
    assert first.shape == batch.clean.shape
    assert not torch.equal(first, seeded)
    assert not torch.equal(first, guided)
    assert not first.requires_grad


def test_weights_that_make_no_picture_are_told() -> None:
    batch = batch_of(CLOSED, 1, 2)
    stub = Stub(torch.full_like(batch.clean, float("nan")))
    with pytest.raises(WeightsError, match="a next shot that is not of finite numbers"):
        next_shots(stub, FlowMatchEulerDiscreteScheduler(), batch, steps=1)
