"""What training promises: the same run after a kill, exact sharing of current shots, and sense."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from cut2next.backbones.mini.architecture import PROMPT_TOKENS
from cut2next.conditioning import CLOSED, Layout, Segment
from cut2next.generation.conditioned import cut_layout
from cut2next.generation.framing import Size
from cut2next.recipes.mini.encoded_rushes import DrawnCuts, EncodedRushes
from cut2next.recipes.mini.transformer import (
    MiniModel,
    TransformerRun,
    train_transformer,
)
from cut2next.training.step import Batch

RUN = TransformerRun(
    steps=6, groups=2, each=2, warmup=2, shot_size=(2, 3), checkpoint_every=2, compilable=False
)
NewModel = Callable[[], MiniModel]


def weights(model: MiniModel) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def through(steps: Iterator[object]) -> list[object]:
    return list(steps)


def test_a_killed_run_goes_on_as_if_nothing_had_happened(
    data: EncodedRushes, new_model: NewModel, tmp_path: Path
) -> None:
    unbroken = new_model()
    through(train_transformer(unbroken, data, CLOSED, RUN, tmp_path / "unbroken"))

    # Past a checkpoint, and a step beyond it that is lost.
    through(islice(train_transformer(new_model(), data, CLOSED, RUN, tmp_path / "killed"), 3))
    resumed = new_model()
    steps = through(train_transformer(resumed, data, CLOSED, RUN, tmp_path / "killed"))

    assert len(steps) == RUN.steps - 2
    for name, tensor in weights(unbroken).items():
        torch.testing.assert_close(weights(resumed)[name], tensor, rtol=0, atol=0)


def test_steps_have_any_number_of_earlier_shots(
    data: EncodedRushes, new_model: NewModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts, batch = [], MiniModel.batch

    def noted(model: MiniModel, drawn: DrawnCuts, layout: Layout) -> Batch:
        made = batch(model, drawn, layout)
        assert made.inputs.segments == {*layout.table.segments} - {Segment.NEXT_SHOT}
        counts.append((len(drawn.latents) - 2, layout.table.name))
        return made

    monkeypatch.setattr(MiniModel, "batch", noted)
    run = replace(RUN, earlier_shots=2, steps=12)
    through(train_transformer(new_model(), data, CLOSED, run, tmp_path / "unbroken"))
    assert {*counts} == {(0, "closed"), (1, "closed after 1 shots"), (2, "closed after 2 shots")}
    before = counts.copy()
    through(train_transformer(new_model(), data, CLOSED, run, tmp_path / "again"))
    assert counts == before * 2


def test_training_learns(data: EncodedRushes, new_model: NewModel, tmp_path: Path) -> None:
    run = replace(RUN, steps=40, learning_rate=4e-3)
    losses = [
        step.loss for step in train_transformer(new_model(), data, CLOSED, run, tmp_path / "run")
    ]
    assert np.mean(losses[-10:]) < 0.9 * np.mean(losses[:5])


def test_a_batch_holds_the_states_of_prompts_and_the_latents_of_shots(
    data: EncodedRushes, new_model: NewModel
) -> None:
    model, drawn = new_model(), data.draw(np.random.default_rng(0), 2, 3)
    size = Size(48, 32).in_tokens(16)
    layout = cut_layout(CLOSED, data.prompt_tokens, current=size, following=size)
    batch = model.batch(drawn, layout)
    assert batch.layout is layout
    shapes = {segment: tuple(x.shape) for segment, x in batch.inputs.tokens.items()}
    assert shapes == {
        Segment.CURRENT_PROMPT: (2, PROMPT_TOKENS[Segment.CURRENT_PROMPT], 128),
        Segment.CURRENT_SHOT: (2, 6, 128),
        Segment.RELATIONAL_PROMPT: (6, PROMPT_TOKENS[Segment.RELATIONAL_PROMPT], 128),
        Segment.NEXT_PROMPT: (6, PROMPT_TOKENS[Segment.NEXT_PROMPT], 128),
    }
    assert batch.inputs.pooled.keys() == drawn.ids.keys()
    assert batch.weights.equal(drawn.weights.float())
    torch.testing.assert_close(batch.clean, drawn.latents[Segment.NEXT_SHOT].float())
