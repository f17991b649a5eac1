"""The stacked optimizer and the recipe's: two implementations of one thing."""

from typing import Any

import torch
from scripts.mini_on_a_card.optimizer import StackedOptimizer
from torch import nn

from cut2next.training.optimizer import Average, MasterOptimizer

SCHEDULE = (0.0, 0.3, 1.0, 0.5)
RATES: dict[str, Any] = {"learning_rate": 0.02, "matrix_rate": 0.1, "weight_decay": 0.01}


def module() -> nn.Sequential:
    """Two matrices of one shape, a third of another, a frozen layer, and vectors."""
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Linear(6, 4), nn.Linear(6, 4), nn.Linear(4, 6), nn.Linear(3, 2))
    layers[3].requires_grad_(False)
    return layers


def test_it_steps_and_averages_as_the_recipes_optimizer_does() -> None:
    theirs, ours = module(), module()
    matrices = ["0.weight", "1.weight"]
    expected = MasterOptimizer(theirs, matrices=matrices, **RATES)
    average = Average(expected.masters, 0.9)
    stacked = StackedOptimizer(ours, matrices=matrices, average=0.9, **RATES)
    for step, schedule in enumerate(SCHEDULE):
        for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            if mine.requires_grad:
                mine.grad = torch.randn(mine.shape)
                other.grad = mine.grad.clone()
        stacked.set(step, schedule)
        stacked.step()
        expected.step(schedule)
        average.update(expected.masters, step)
        torch.testing.assert_close(ours.state_dict(), theirs.state_dict())
    expected.publish(average.tensors)
    before = {name: x.clone() for name, x in ours.state_dict().items()}
    with stacked.averaged():
        torch.testing.assert_close(ours.state_dict(), theirs.state_dict())
    torch.testing.assert_close(ours.state_dict(), before, rtol=0, atol=0)


def test_what_was_stepped_at_no_rate_can_be_forgotten() -> None:
    """As warm-ups are, before a graph is captured."""
    fresh, warmed = module(), module()
    optimizers = [
        StackedOptimizer(layers, matrices=["0.weight"], average=0.9, **RATES)
        for layers in (fresh, warmed)
    ]
    for parameter in warmed[:3].parameters():
        parameter.grad = torch.randn(parameter.shape)
    optimizers[1].step()
    torch.testing.assert_close(warmed.state_dict(), fresh.state_dict(), rtol=0, atol=0)
    optimizers[1].forget()
    for mine, other in zip(warmed[:3].parameters(), fresh[:3].parameters(), strict=True):
        mine.grad = torch.randn(mine.shape)
        other.grad = mine.grad.clone()
    for optimizer in optimizers:
        optimizer.set(0, 1.0)
        optimizer.step()
    torch.testing.assert_close(warmed.state_dict(), fresh.state_dict(), rtol=0, atol=0)


def test_without_gradient_a_parameter_counts_as_one_whose_gradient_is_zero() -> None:
    one, other = module(), module()
    for parameter in other[:3].parameters():
        parameter.grad = torch.zeros_like(parameter)
    for layers in (one, other):
        optimizer = StackedOptimizer(layers, matrices=["0.weight"], average=0.9, **RATES)
        optimizer.set(0, 1.0)
        optimizer.step()
    torch.testing.assert_close(one.state_dict(), other.state_dict(), rtol=0, atol=0)
