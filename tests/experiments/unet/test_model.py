"""A U-Net under tables: who reaches whom, by which clock; and whatever takes FLUX.1's takes it."""

from pathlib import Path

import pytest
import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)
from PIL import Image
from tests.experiments.unet.toy import (
    BASE,
    SIZE,
    inputs_of,
    is_timed,
    layout_of,
    readings,
    shots_of,
    toy,
)
from torch import Tensor

from cut2next.backbones.mini.architecture import (
    packed,
    pooled_encoder,
    unpacked,
    words_encoder,
)
from cut2next.backbones.prepared import prepare
from cut2next.conditioning import (
    CLOSED,
    TABLES,
    Clock,
    KVCache,
    Segment,
    SegmentInputs,
    SegmentTable,
)
from cut2next.conditioning.table import DrawnRow as Row
from cut2next.conditioning.table import drawn_table
from cut2next.experiments.unet.mini import MiniUNet
from cut2next.experiments.unet.model import SegmentUNet, unet
from cut2next.film import EditingPattern, HierarchicalPrompt, IndividualPrompt, RelationalPrompt
from cut2next.film.transition import transition_caption
from cut2next.generation import Cut2NextPipeline
from cut2next.training.loop import Run, train
from cut2next.training.objective import SHIFT
from cut2next.training.optimizer import MasterOptimizer
from cut2next.training.step import Batch, Draws, NextShotLearner, next_shot_loss
from cut2next.training.validation import next_shots

CLEAN, NOISY = Clock.CLEAN, Clock.NOISY
CROSSED = drawn_table(
    "crossed",
    Row("current prompt",    "●       ●       ·          ·    ·", CLEAN, "next prompt"),
    Row("current shot",      "·       ●       ●          ·    ·", NOISY, "relational prompt"),
    Row("relational prompt", "·       ●       ●          ●    ·", NOISY, "current prompt"),
    Row("next shot",         "·       ·       ·          ●    ●", CLEAN, "current prompt"),
    Row("next prompt",       "·       ●       ·          ·    ●", CLEAN, "relational prompt"),
)  # fmt: skip
"""In which the shots read neither each other nor, through the prompts, more than their rows say."""
EVERY = pytest.mark.parametrize(
    "table", [*TABLES.values(), CROSSED, BASE], ids=lambda table: table.name
)
TIMES = torch.tensor([0.3, 0.8], dtype=torch.float64)


def shown(
    model: SegmentUNet, table: SegmentTable, inputs: SegmentInputs, times: Tensor = TIMES
) -> dict[Segment, Tensor]:
    """What is read out of every shot of a table."""
    with torch.no_grad():
        made: dict[Segment, Tensor] = model(inputs, times, layout_of(table).step()).shots
    return made


def changed(before: dict[Segment, Tensor], after: dict[Segment, Tensor]) -> set[Segment]:
    """The shots that differ, in each sample."""
    return {
        shot for shot in before if all((before[shot] != after[shot]).flatten(1).any(dim=1).tolist())
    }


@EVERY
def test_a_shot_turns_on_what_reaches_it_and_on_nothing_else(table: SegmentTable) -> None:
    model, inputs = toy(), inputs_of(layout_of(table))
    before = shown(model, table, inputs)
    for segment, tokens in inputs.tokens.items():
        after = shown(model, table, inputs | SegmentInputs({segment: tokens.flip(0)}))
        expected = {shot for shot in before if segment in readings(table, shot)}
        assert changed(before, after) == expected, segment
        for shot in before.keys() - expected:
            assert torch.equal(before[shot], after[shot])


@EVERY
def test_a_shot_has_the_clock_and_the_pooled_vector_of_its_row(table: SegmentTable) -> None:
    model, inputs = toy(), inputs_of(layout_of(table))
    before = shown(model, table, inputs)
    later = shown(model, table, inputs, TIMES.flip(0))
    assert changed(before, later) == {shot for shot in before if is_timed(table, shot)}
    for prompt, vector in inputs.pooled.items():
        after = shown(model, table, inputs | SegmentInputs(pooled={prompt: vector.flip(0)}))
        for shot in before:
            of = {table[one].pooled_from for one in readings(table, shot) if not one.is_prompt}
            assert torch.equal(before[shot], after[shot]) == (prompt not in of)


def test_clean_is_timestep_0_and_noisy_is_t_in_thousandths(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, seen, forward = toy(), [], UNet2DConditionModel.forward

    def watched(self: object, sample: Tensor, timestep: Tensor, **rest: object) -> object:
        seen.append(timestep)
        return forward(self, sample, timestep, **rest)

    monkeypatch.setattr(UNet2DConditionModel, "forward", watched)
    shown(model, CLOSED, inputs_of(layout_of(CLOSED)))
    torch.testing.assert_close(seen[0], torch.tensor([0.0, 0, 300, 800], dtype=torch.float64))


def test_a_table_of_next_prompt_and_next_shot_is_a_plain_unet() -> None:
    model, inputs = toy(), inputs_of(layout_of(BASE))
    plain = UNet2DConditionModel.from_config(model.unet.config)
    plain.load_state_dict(model.unet.state_dict())
    plain.double()
    picture = unpacked(inputs.tokens[Segment.NEXT_SHOT], *SIZE)
    with torch.no_grad():
        expected = plain(
            picture,
            1000 * TIMES,
            inputs.tokens[Segment.NEXT_PROMPT],
            class_labels=inputs.pooled[Segment.NEXT_PROMPT],
        ).sample
    made = shown(model, BASE, inputs)[Segment.NEXT_SHOT]
    torch.testing.assert_close(made, packed(expected), rtol=0, atol=1e-12)


@EVERY
def test_what_is_kept_of_a_current_shot_serves_all_its_cuts(table: SegmentTable) -> None:
    model, layout = toy(), layout_of(table)
    inputs, times = inputs_of(layout, 2, 3), torch.rand(6, dtype=torch.float64)
    noisy = inputs.tokens[Segment.NEXT_SHOT]
    expected = prepare(model, inputs, layout, keep=()).velocity(noisy, times)
    for keep in (table.lasting, table.cacheable):
        kept = prepare(model, inputs, layout, keep=keep)
        assert kept.plan.cached == tuple(s for s in table.segments if s in keep)
        torch.testing.assert_close(kept.velocity(noisy, times), expected, rtol=0, atol=1e-12)
    # The relational prompt joins what was kept before, as a pattern is tried on a current shot.
    lasting = prepare(model, inputs, layout, keep=table.lasting).cache
    both = prepare(model, inputs, layout, keep=table.cacheable, cache=lasting)
    torch.testing.assert_close(both.velocity(noisy, times), expected, rtol=0, atol=1e-12)


def test_it_begins_as_nothing() -> None:
    inputs = inputs_of(layout_of(CLOSED))
    model = unet(8, 10, 7, (32, 64)).double()
    assert not any(x.any() for x in shown(model, CLOSED, inputs).values())


def test_what_does_not_fit_is_refused() -> None:
    model, inputs = toy(), inputs_of(layout_of(CLOSED))
    plan = layout_of(CLOSED).step()
    with pytest.raises(ValueError, match="guidance is given"):
        model(inputs, TIMES, plan, TIMES)
    with pytest.raises(ValueError, match="the cache holds none, the pass reads current"):
        model(inputs, TIMES, layout_of(CLOSED).step(CLOSED.lasting))
    larger = layout_of(CLOSED, [(2, 4), SIZE])
    with pytest.raises(ValueError, match="shots of 2 sizes"):
        model(inputs_of(larger), TIMES, larger.step(), None, KVCache())


def batch_of(table: SegmentTable) -> Batch:
    """Three cuts from each of two current shots, whose next shots are flat pictures."""
    inputs = inputs_of(layout_of(table), 2, 3).to(dtype=torch.float32)
    noisy = inputs.tokens[Segment.NEXT_SHOT]
    clean = noisy.mean(dim=1, keepdim=True).sign().expand_as(noisy)
    given = inputs.only([s for s in table.segments if s != Segment.NEXT_SHOT])
    weights = torch.ones(clean.shape[:2])
    return Batch(layout=layout_of(table), inputs=given, clean=clean, weights=weights)


@pytest.mark.slow
def test_the_projects_own_loop_trains_it_and_its_steps_make_what_was_learnt(
    tmp_path: Path,
) -> None:
    torch.manual_seed(0)
    model, batch = unet(8, 10, 7, (32, 64)), batch_of(CLOSED)
    run = Run(steps=30, learning_rate=1e-2, warmup=2, cooldown=0.5, checkpoint_every=100)
    optimizer = MasterOptimizer(
        model, learning_rate=1e-2, matrices=model.matrices, matrix_rate=3e-2
    )
    learner = NextShotLearner(model, Draws(at_noise=0.5))
    losses = [done.loss for done in train(run, learner, lambda _: batch, optimizer, tmp_path)]
    assert sum(losses[-3:]) < 0.4 * sum(losses[:3])
    made = next_shots(model, FlowMatchEulerDiscreteScheduler(shift=SHIFT), batch, steps=4)
    assert (made.sign() == batch.clean).float().mean() > 0.9


def test_gradients_reach_every_parameter_through_what_is_kept_too() -> None:
    model, batch = toy(torch.float32), batch_of(CLOSED)
    loss = next_shot_loss(model, batch, torch.rand(6), torch.randn(batch.clean.shape)).mean
    loss.backward()
    assert batch.shared
    assert all(p.grad is not None and p.grad.any() for p in model.parameters())


def test_muon_takes_what_is_inside_the_blocks() -> None:
    model = MiniUNet(toy(), words_encoder(10), pooled_encoder(10))
    names = model.matrices
    assert "transformer.unet.down_blocks.0.resnets.0.conv1.weight" in names
    assert "transformer.unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q.weight" in names
    assert {name for name, _ in model.named_parameters()}.issuperset(names)
    assert not any("time" in name or "conv_in" in name or "bias" in name for name in names)


def test_it_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    model, inputs = toy(torch.float32), inputs_of(layout_of(CLOSED)).to(dtype=torch.float32)
    model.save_pretrained(tmp_path)
    again = SegmentUNet.from_pretrained(tmp_path)
    before, after = (shown(one, CLOSED, inputs, TIMES.float()) for one in (model, again))
    assert all(torch.equal(before[shot], after[shot]) for shot in shots_of(CLOSED))


@pytest.mark.parametrize("table", ["closed", "paper"])
def test_the_pipeline_makes_next_shots_with_it(table: str) -> None:
    mini = Cut2NextPipeline.from_pretrained("mini")
    given = {**mini.components, "transformer": unet(128, 128, 128, (32, 64)), "table": table}
    pipe = Cut2NextPipeline(**given, prompt_tokens=mini.config["prompt_tokens"])
    prompt = HierarchicalPrompt(
        relational=RelationalPrompt(
            scene="a café", transition=transition_caption({EditingPattern.CUT_IN}, "<Noah>")
        ),
        current=IndividualPrompt(summary="Wide shot of <Noah> in the café"),
        next=IndividualPrompt(summary="Close up of <Noah> in the café"),
    )
    chance = torch.Generator().manual_seed(0)
    current = Image.new("RGB", (96, 64), "gray")
    (picture,) = pipe(current, prompt, num_inference_steps=1, generator=chance).images
    assert picture.size == (96, 64)
