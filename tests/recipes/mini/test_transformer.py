"""What training promises: the same run after a kill, exact sharing of current shots, and sense."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from cut2next.backbones.mini import architecture
from cut2next.conditioning import (
    CLOSED,
    PAPER,
    TABLES,
    Layout,
    Segment,
    SegmentInputs,
    SegmentTable,
)
from cut2next.recipes.mini.encoded import DrawnCuts
from cut2next.recipes.mini.encoded_rushes import EncodedRushes
from cut2next.recipes.mini.transformer import MiniModel, TransformerRun, train_transformer
from cut2next.training.step import PEOPLE, next_shot_loss

RUN = TransformerRun(
    steps=6, groups=2, each=2, warmup=2, shot_size=(3, 6), checkpoint_every=2, compiled=False
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

    killed = train_transformer(new_model(), data, CLOSED, RUN, tmp_path / "killed")
    through(islice(killed, 3))  # past a checkpoint, and a step beyond it that is lost
    resumed = new_model()
    steps = through(train_transformer(resumed, data, CLOSED, RUN, tmp_path / "killed"))

    assert len(steps) == RUN.steps - 2
    for name, tensor in weights(unbroken).items():
        torch.testing.assert_close(weights(resumed)[name], tensor, rtol=0, atol=0)


def test_training_learns(data: EncodedRushes, new_model: NewModel, tmp_path: Path) -> None:
    run = replace(RUN, steps=40, learning_rate=4e-3)
    losses = [
        loss for _, loss in train_transformer(new_model(), data, CLOSED, run, tmp_path / "run")
    ]
    assert np.mean(losses[-10:]) < 0.9 * np.mean(losses[:5])


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_sharing_the_current_shot_changes_neither_loss_nor_gradients(
    table: SegmentTable, data: EncodedRushes, new_model: NewModel
) -> None:
    model = new_model().double()
    for parameter in model.transformer.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    sizes = {Segment.CURRENT_SHOT: (3, 6), Segment.NEXT_SHOT: (3, 6)}
    layout = Layout(table=table, prompt_tokens=architecture.PROMPT_TOKENS, shot_sizes=sizes)
    drawn = data.draw(np.random.default_rng(0), 2, 3)
    noise = torch.randn(drawn.latents[Segment.NEXT_SHOT].shape, dtype=torch.float64)
    times = torch.rand(6)

    shared = next_shot_loss(model.transformer, model.batch(drawn), times, noise, layout)
    shared.backward()
    gradients = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()

    weight = 1 + PEOPLE * drawn.people.double().mean(dim=1)  # people count more
    alone = []
    for cut, share in enumerate(weight / weight.sum()):
        batch, at = model.batch(one_cut(drawn, cut)), slice(cut, cut + 1)
        loss = next_shot_loss(model.transformer, batch, times[at], noise[at], layout)
        (loss * share).backward()
        alone.append(loss.detach() * share)
    torch.testing.assert_close(shared.detach(), torch.stack(alone).sum(), check_dtype=False)
    for name, p in model.named_parameters():
        if p.grad is not None:
            torch.testing.assert_close(
                gradients[name], p.grad, rtol=1e-4, atol=1e-7
            )  # the loss is float32


def one_cut(drawn: DrawnCuts, number: int) -> DrawnCuts:
    """One of six cuts, three from each of two current shots, alone."""

    def of(tensors: Mapping[Segment, Tensor]) -> dict[Segment, Tensor]:
        places = {
            segment: number // 3 if len(tensors[segment]) == 2 else number for segment in tensors
        }
        return {segment: x[places[segment] :][:1] for segment, x in tensors.items()}

    return DrawnCuts(
        ids=of(drawn.ids), latents=of(drawn.latents), people=drawn.people[number : number + 1]
    )


def test_an_error_on_people_counts_more(data: EncodedRushes, new_model: NewModel) -> None:
    model = new_model()
    sizes = {Segment.CURRENT_SHOT: (3, 6), Segment.NEXT_SHOT: (3, 6)}
    layout = Layout(table=CLOSED, prompt_tokens=architecture.PROMPT_TOKENS, shot_sizes=sizes)
    drawn = data.draw(np.random.default_rng(0), 1, 1)
    times, noise = torch.rand(1), torch.randn(drawn.latents[Segment.NEXT_SHOT].shape)

    def loss(people: Tensor) -> float:
        batch = model.batch(replace(drawn, people=people))
        with torch.no_grad():
            return next_shot_loss(model.transformer, batch, times, noise, layout).item()

    everywhere = loss(torch.zeros(1, 18))
    # Of a person in one token alone, the loss tells that token's error.
    errors = [
        (loss(there) * (18 + PEOPLE) - everywhere * 18) / PEOPLE for there in torch.eye(18)[:, None]
    ]
    assert np.mean(errors) == pytest.approx(everywhere, rel=1e-3)
    assert max(errors) > 1.1 * min(errors)


def test_the_closed_table_reads_a_current_shot_once_for_all_its_cuts(
    data: EncodedRushes, new_model: NewModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = new_model()
    fills: list[int] = []
    prefill = model.transformer.prefill

    def counted(inputs: SegmentInputs, *rest: object) -> object:
        fills.append(len(inputs.tokens[Segment.CURRENT_SHOT]))
        return prefill(inputs, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(model.transformer, "prefill", counted)
    drawn = data.draw(np.random.default_rng(0), 2, 3)
    for table in (CLOSED, PAPER):
        sizes = {Segment.CURRENT_SHOT: (3, 6), Segment.NEXT_SHOT: (3, 6)}
        layout = Layout(table=table, prompt_tokens=architecture.PROMPT_TOKENS, shot_sizes=sizes)
        noise = torch.randn(drawn.latents[Segment.NEXT_SHOT].shape)
        with torch.no_grad():
            batch = model.batch(drawn)
            next_shot_loss(model.transformer, batch, torch.rand(6), noise, layout)
    assert fills == [2]
