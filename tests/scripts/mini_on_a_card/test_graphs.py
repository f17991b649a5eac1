"""Steps of a batch of several, with rotary embeddings that are kept."""

import torch
from scripts.mini_on_a_card.graphs import CapturedSteps, keep_rotary, parts_of
from scripts.mini_on_a_card.optimizer import StackedOptimizer
from tests.backbones.flux1.toy import toy
from tests.training.test_step import batch_of

from cut2next.conditioning import CLOSED
from cut2next.training.step import next_shot_loss, omissions


def test_a_batch_of_several_steps_is_taken_apart_by_current_shots() -> None:
    whole = batch_of(CLOSED, groups=4, each=3)
    parts = list(parts_of(whole, 2))
    for segment, tokens in whole.inputs.tokens.items():
        count = 2 if segment.is_context else 6
        for number, part in enumerate(parts):
            wanted = tokens[number * count : (number + 1) * count]
            assert torch.equal(part.inputs.tokens[segment], wanted)
    assert torch.equal(torch.cat([part.clean for part in parts]), whole.clean)
    assert torch.equal(torch.cat([part.weights for part in parts]), whole.weights)


def test_rotary_embeddings_are_kept_for_each_layout_apart() -> None:
    network, batch = toy(torch.float32), batch_of(CLOSED, groups=2, each=2)
    times, noise = torch.tensor([0.2, 0.5, 0.9, 1.0]), torch.randn(batch.clean.shape)

    def losses() -> list[float]:
        layouts = [batch.layout.without(without) for without in omissions(CLOSED)]
        with torch.no_grad():
            return [
                next_shot_loss(network, batch, times, noise, layout).mean.item()
                for layout in layouts
            ]

    fresh = losses()
    assert len(set(fresh)) == 3
    keep_rotary(network)
    assert losses() == losses() == fresh


def test_without_graphs_a_step_is_of_the_batch_that_it_is_given() -> None:
    torch.manual_seed(0)
    network, batch = toy(torch.float32), batch_of(CLOSED, groups=2, each=2)
    optimizer = StackedOptimizer(
        network, learning_rate=0.1, matrices=[], matrix_rate=0.1, weight_decay=0.0, average=0.9
    )
    example, times = batch_of(CLOSED, groups=2, each=2), torch.ones(4)
    for tensor in (example.clean, *example.inputs.tokens.values()):
        tensor.zero_()
    step = CapturedSteps(network, optimizer, example)
    torch.manual_seed(5)
    wanted = next_shot_loss(network, batch, times, torch.randn(batch.clean.shape)).mean
    torch.manual_seed(5)
    torch.testing.assert_close(step(batch, times, frozenset()), wanted.detach())
