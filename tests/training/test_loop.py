"""The loop: a killed run goes on as if nothing had happened; a stopped one has saved all."""

import math
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from cut2next.film import InputError, OutputError
from cut2next.training.checkpoint import steps_done
from cut2next.training.loop import Run, StepDone, train
from cut2next.training.optimizer import Average, MasterOptimizer
from cut2next.training.step import Losses
from cut2next.training.stopping import Stopped

RUN = Run(steps=7, learning_rate=0.05, warmup=2, cooldown=0.5, checkpoint_every=2)


class Doubling(nn.Module):
    """A linear map that learns to double what it is shown."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.linear = nn.Linear(4, 4)

    def forward(self, shown: Tensor, number: int) -> Losses:
        return Losses(nn.functional.mse_loss(self.linear(shown), 2 * shown))


def shown(number: int) -> Tensor:
    return torch.from_numpy(RUN.chance(number).normal(size=(8, 4))).float()


def start(folder: Path, run: Run = RUN) -> tuple[nn.Module, Iterator[StepDone]]:
    """Begins or goes on with a run in a folder."""
    learner = Doubling()
    optimizer = MasterOptimizer(
        learner, matrices=["linear.weight"], learning_rate=run.learning_rate
    )
    average = Average(optimizer.masters, 0.9)
    return learner, train(run, learner, shown, optimizer, folder, average=average)


@pytest.mark.parametrize("killed_after", [1, 2, 3, 6])
def test_a_killed_run_goes_on_as_if_nothing_had_happened(tmp_path: Path, killed_after: int) -> None:
    unbroken, steps = start(tmp_path / "unbroken")
    whole = list(steps)
    list(islice(start(tmp_path / "killed")[1], killed_after))  # what no checkpoint has is lost
    resumed, steps = start(tmp_path / "killed")
    saved = killed_after - killed_after % 2
    # A kill while a step is handed out comes before the next checkpoint, never after half a one.
    assert list(steps) == whole[saved:]
    for name, tensor in unbroken.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name])


def test_a_finished_run_only_hands_out_what_was_learnt(tmp_path: Path) -> None:
    finished, steps = start(tmp_path)
    assert [step.number for step in steps] == [1, 2, 3, 4, 5, 6, 7]
    again, steps = start(tmp_path)
    assert list(steps) == []
    assert torch.equal(finished.state_dict()["linear.weight"], again.state_dict()["linear.weight"])


def test_what_is_learnt_is_the_average_and_not_the_last_step(tmp_path: Path) -> None:
    module = nn.Linear(1, 1)
    optimizer = MasterOptimizer(module, matrices=["weight"], learning_rate=0.1)
    average, biases = Average(optimizer.masters, 0.9), []

    def loss(ones: Tensor, number: int) -> Losses:
        return Losses(module(ones).sum())

    run = Run(steps=5, learning_rate=0.1, warmup=1, cooldown=1.0, checkpoint_every=100)
    ones = torch.ones(1, 1)
    for _ in train(run, loss, lambda _: ones, optimizer, tmp_path, average=average):
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
    assert {replace(run, warmup=0, cooldown=0).schedule(step) for step in (0, 50, 99)} == {1.0}


def test_every_lesson_draws_its_own_and_the_same_again() -> None:
    first, second = (RUN.chance(step).integers(1 << 30, size=4).tolist() for step in (0, 1))
    assert first != second
    assert RUN.chance(0).integers(1 << 30, size=4).tolist() == first


def test_a_step_of_several_lessons_goes_by_the_mean_of_their_gradients(tmp_path: Path) -> None:
    run = replace(RUN, steps=1, lessons=3)
    apart = next(start(tmp_path / "apart", run)[1])

    together, losses = Doubling(), []
    for number in range(3):
        losses.append(together(shown(number), number).mean)
    torch.stack(losses).mean().backward()
    gradients = [p.grad for p in together.parameters() if p.grad is not None]
    assert apart.loss == pytest.approx(sum(loss.item() for loss in losses) / 3)
    norm = math.sqrt(sum(float(gradient.square().sum()) for gradient in gradients))
    assert apart.norm == pytest.approx(norm, rel=1e-5)


def test_lessons_are_counted_through_all_steps(tmp_path: Path) -> None:
    asked: list[int] = []

    def lesson(number: int) -> Tensor:
        asked.append(number)
        return shown(number)

    learner = Doubling()
    optimizer = MasterOptimizer(learner, learning_rate=0.1)
    run = replace(RUN, steps=3, lessons=2)
    list(train(run, learner, lesson, optimizer, tmp_path))
    assert asked == [0, 1, 2, 3, 4, 5]


def test_a_large_gradient_is_brought_down(tmp_path: Path) -> None:
    def first_moment(run: Run, folder: str) -> float:
        learner = Doubling()
        optimizer = MasterOptimizer(learner, learning_rate=run.learning_rate, betas=(0.0, 0.9))
        (step,) = train(run, learner, shown, optimizer, tmp_path / folder)
        assert step.norm > 0.1  # what it was before
        means = [state["exp_avg"] for state in optimizer.parts["adamw"].state.values()]
        return math.sqrt(sum(float(mean.square().sum()) for mean in means))

    one_step = replace(RUN, steps=1)
    assert first_moment(one_step, "free") > 0.1
    assert first_moment(replace(one_step, clip=0.1), "clipped") == pytest.approx(0.1, rel=1e-4)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_step_saves_and_stops(tmp_path: Path, number: signal.Signals) -> None:
    unbroken, steps = start(tmp_path / "unbroken")
    whole = list(steps)
    before = signal.getsignal(number)
    _, steps = start(tmp_path / "stopped")
    done = list(islice(steps, 4))
    os.kill(os.getpid(), number)
    done.append(next(steps))  # no checkpoint is due after this one but for the signal
    with pytest.raises(Stopped, match=f"stopped by {number.name} after step 5") as stopped:
        next(steps)
    assert stopped.value.signal is number
    assert signal.getsignal(number) is before
    resumed, steps = start(tmp_path / "stopped")
    assert done + list(steps) == whole
    for name, tensor in unbroken.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name])


def test_a_loss_that_is_no_number_names_the_step_and_leaves_what_was_saved(tmp_path: Path) -> None:
    class Failing(Doubling):
        def forward(self, shown: Tensor, number: int) -> Losses:
            losses = super().forward(shown, number)
            return losses._replace(mean=losses.mean * (float("nan") if number == 4 else 1.0))

    learner = Failing()
    optimizer = MasterOptimizer(learner, learning_rate=0.1)
    with pytest.raises(InputError, match="a loss of nan at step 5; the checkpoint of step 4"):
        list(train(RUN, learner, shown, optimizer, tmp_path))
    assert [path.name for path in tmp_path.glob("step-*")] == ["step-4"]
    assert all(parameter.isfinite().all() for parameter in learner.parameters())


def test_a_gradient_that_is_no_number_is_never_taken_nor_saved(tmp_path: Path) -> None:
    class Failing(Doubling):
        def forward(self, shown: Tensor, number: int) -> Losses:
            losses = super().forward(shown, number)
            if number == 5:
                losses.mean.register_hook(lambda gradient: gradient * float("nan"))
            return losses

    learner = Failing()
    optimizer = MasterOptimizer(learner, learning_rate=0.1)
    told = "a gradient of nan at step 6; the checkpoint of step 4"
    with pytest.raises(InputError, match=told):
        list(train(RUN, learner, shown, optimizer, tmp_path))
    assert all(master.isfinite().all() for master in optimizer.masters)


def test_checkpoints_come_by_minutes_too_and_the_last_ones_are_kept(tmp_path: Path) -> None:
    run = replace(RUN, checkpoint_every=100, checkpoint_minutes=0.0, checkpoints=3)
    list(start(tmp_path, run)[1])
    assert {path.name for path in tmp_path.glob("step-*")} == {"step-5", "step-6", "step-7"}


def test_two_runs_in_one_folder_are_one_too_many(tmp_path: Path) -> None:
    _, steps = start(tmp_path)
    next(steps)
    with pytest.raises(OutputError, match="is being written by another process"):
        next(start(tmp_path)[1])
    assert next(steps).number == 2


def test_a_step_is_told_before_it_is_saved(tmp_path: Path) -> None:
    """So that a kill between the two does not lose what it said."""
    learner, told = Doubling(), list[tuple[int, int]]()
    optimizer = MasterOptimizer(learner, matrices=["linear.weight"], learning_rate=0.1)

    def heard(done: StepDone) -> None:
        told.append((done.number, steps_done(tmp_path)))

    list(train(RUN, learner, shown, optimizer, tmp_path, heard=heard))
    assert told == [(1, 0), (2, 0), (3, 2), (4, 2), (5, 4), (6, 4), (7, 6)]
