"""The loop: a killed run goes on as if nothing had happened; the learning rate rises and falls."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from cut2next.training.loop import Run, train
from cut2next.training.optimizer import Average, MatrixOptimizer

RUN = Run(steps=7, learning_rate=0.05, warmup=2, cooldown=0.5, checkpoint_every=2)
Start = Callable[[str], tuple[nn.Module, Iterator[tuple[int, float]]]]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Begins or goes on with a run in a folder: a linear map learns to double what it is shown."""

    def begin(folder: str) -> tuple[nn.Module, Iterator[tuple[int, float]]]:
        torch.manual_seed(0)
        module = nn.Linear(4, 4)
        optimizer = MatrixOptimizer(module, matrices=["weight"], learning_rate=RUN.learning_rate)

        def loss(step: int) -> Tensor:
            shown = torch.from_numpy(RUN.chance(step).normal(size=(8, 4))).float()
            return nn.functional.mse_loss(module(shown), 2 * shown)

        average = Average(optimizer.masters, 0.9)
        return module, train(RUN, loss, optimizer, tmp_path / folder, average)

    return begin


@pytest.mark.parametrize("killed_after", [1, 2, 3, 6])
def test_a_killed_run_goes_on_as_if_nothing_had_happened(start: Start, killed_after: int) -> None:
    unbroken, steps = start("unbroken")
    whole = list(steps)
    list(islice(start("killed")[1], killed_after))  # what came after a checkpoint is lost
    resumed, steps = start("killed")
    saved = killed_after - killed_after % 2
    # A kill while a step is handed out comes before the next checkpoint, never after half a one.
    assert list(steps) == whole[saved:]
    for name, tensor in unbroken.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name])


def test_a_finished_run_only_hands_out_what_was_learnt(start: Start) -> None:
    finished, steps = start("run")
    assert [step for step, _ in steps] == [1, 2, 3, 4, 5, 6, 7]
    again, steps = start("run")
    assert list(steps) == []
    assert torch.equal(finished.state_dict()["weight"], again.state_dict()["weight"])


def test_what_is_learnt_is_the_average_and_not_the_last_step(tmp_path: Path) -> None:
    module = nn.Linear(1, 1)
    optimizer = MatrixOptimizer(module, matrices=["weight"], learning_rate=0.1)
    average, biases = Average(optimizer.masters, 0.9), []

    def loss(step: int) -> Tensor:
        result: Tensor = module(torch.ones(1, 1)).sum()
        return result

    run = Run(steps=5, learning_rate=0.1, warmup=1, cooldown=1.0, checkpoint_every=100)
    for _ in train(run, loss, optimizer, tmp_path / "run", average):
        biases.append(module.bias.item())
    assert biases == sorted(biases, reverse=True)  # downhill all the way
    assert module.bias.item() > biases[-1]  # the average lags behind
    torch.testing.assert_close(module.bias, average.tensors[1], check_dtype=False)


def test_the_learning_rate_rises_stays_and_falls() -> None:
    run = Run(steps=100, learning_rate=1.0, warmup=10, cooldown=0.4, checkpoint_every=1)
    rates = [run.schedule(step) for step in range(100)]
    assert rates[0] == 0.1
    assert rates[9:60] == [1.0] * 51
    assert rates[80] == pytest.approx(0.5)
    assert rates[-1] == pytest.approx(1 / 40)


def test_every_step_draws_its_own_and_the_same_again() -> None:
    first, second = (RUN.chance(step).integers(1 << 30, size=4).tolist() for step in (0, 1))
    assert first != second
    assert RUN.chance(0).integers(1 << 30, size=4).tolist() == first
