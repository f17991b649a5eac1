"""Metrics: every step one whole line, after kills too; trackers hear the same."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate import Accelerator
from accelerate.tracking import GeneralTracker

from cut2next.film import InputError, OutputError
from cut2next.training import metrics as metrics_module
from cut2next.training.loop import Run, StepDone
from cut2next.training.metrics import METRICS, Metrics, checked_trackers, validations
from cut2next.training.validation import BANDS, ValidationLoss

RUN = Run(steps=10, learning_rate=0.5, warmup=4, cooldown=0, checkpoint_every=3)
LOSS = ValidationLoss(by_band=dict(zip(BANDS, (1.0, 2.0, 3.0, 6.0), strict=True)))


def done(number: int, loss: float = 2.0) -> StepDone:
    """A step of three cuts."""
    times, errors = torch.tensor([0.1, 0.9, 1.0]), torch.tensor([1.0, 2.0, 4.0])
    return StepDone(number, loss, 0.25, times, errors)


@contextmanager
def run_in(folder: Path, accelerator: Accelerator | None = None) -> Iterator[Metrics]:
    with Metrics(folder, RUN, accelerator or Accelerator(cpu=True)) as metrics:
        yield metrics


def lines(folder: Path) -> list[dict[str, Any]]:
    text = (folder / METRICS).read_text()
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def test_a_line_tells_what_a_step_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 100.0, 101.5, 101.5])
    monkeypatch.setattr(metrics_module, "perf_counter", lambda: next(clock))
    with run_in(tmp_path) as metrics:
        metrics.add(done(2))
    assert lines(tmp_path) == [
        {
            "step": 2,
            "loss": 2.0,
            "norm": 0.25,
            "learning_rate": 0.25,  # the second of four steps up to 0.5
            "seconds": 1.5,
            "cuts_per_second": 2.0,
            "loss/t0.00-0.25": 1.0,
            "loss/t0.75-1.00": 3.0,
        }
    ]


def test_a_step_without_times_has_no_bands(tmp_path: Path) -> None:
    with run_in(tmp_path) as metrics:
        metrics.add(done(1)._replace(times=None, errors=None))
    assert list(lines(tmp_path)[0]) == ["step", "loss", "norm", "learning_rate", "seconds"]


def test_steps_that_are_taken_again_are_there_once(tmp_path: Path) -> None:
    with run_in(tmp_path) as metrics:
        metrics.add_validation(0, LOSS)
        for number in (1, 2, 3, 4, 5):
            metrics.add(done(number, loss=1.0))
            if number in (3, 5):
                metrics.add_validation(number, LOSS)
    with (tmp_path / METRICS).open("a") as file:
        file.write('{"step": 6, "lo')  # killed here; the last checkpoint is of step 3
    with run_in(tmp_path) as metrics:
        for number in (4, 5, 6):
            metrics.add(done(number, loss=9.0))
    steps = [(line["step"], line.get("loss")) for line in lines(tmp_path)]
    kept = [(0, None), (1, 1.0), (2, 1.0), (3, 1.0), (3, None)]
    assert steps == [*kept, (4, 9.0), (5, 9.0), (6, 9.0)]


def test_a_run_that_is_validated_first_when_it_goes_on_keeps_its_steps(tmp_path: Path) -> None:
    with run_in(tmp_path) as metrics:
        metrics.add(done(3))
        metrics.add_validation(3, LOSS)
        metrics.add(done(4))
    with run_in(tmp_path) as metrics:
        metrics.add_validation(3, LOSS)
    assert ["loss" in line for line in lines(tmp_path)] == [True, False]


def test_validations_are_read_back(tmp_path: Path) -> None:
    with run_in(tmp_path) as metrics:
        metrics.add_validation(0, LOSS)
        metrics.add(done(1))
    assert validations(tmp_path) == {0: LOSS}
    assert lines(tmp_path)[0]["validation_loss"] == 3.0


def test_what_is_no_number_is_no_json(tmp_path: Path) -> None:
    with run_in(tmp_path) as metrics:
        metrics.add(done(1)._replace(norm=float("inf")))
    assert "norm" not in lines(tmp_path)[0]


def test_the_mean_follows_the_loss_slowly(tmp_path: Path) -> None:
    with run_in(tmp_path) as metrics:
        means = []
        for number, loss in enumerate((4.0, 4.0, 5.0), 1):
            metrics.add(done(number, loss))
            means.append(metrics.mean)
    assert means == pytest.approx([4.0, 4.0, 4.02])


def test_a_full_disk_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / METRICS).symlink_to("/dev/full")
    with run_in(tmp_path) as metrics:
        metrics._is_begun = True
        with pytest.raises(OutputError, match=f"{METRICS}: cannot be written"):
            metrics.add(done(1))


class Remembering(GeneralTracker):
    """A tracker that keeps what it hears."""

    name = "remembering"
    requires_logging_directory = False

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[int | None, dict[str, float]]] = []
        self.finished = False

    @property
    def tracker(self) -> None:
        return None

    def log(self, values: dict[str, float], step: int | None = None, **_: object) -> None:
        self.heard.append((step, values))

    def finish(self) -> None:
        self.finished = True


def test_a_tracker_hears_what_the_file_has(tmp_path: Path) -> None:
    tracker = Remembering()
    with run_in(tmp_path, Accelerator(cpu=True, log_with=tracker)) as metrics:
        metrics.add(done(1))
        metrics.add_validation(1, LOSS)
        assert not tracker.finished
    heard = [{"step": step, **values} for step, values in tracker.heard]
    assert heard == lines(tmp_path)
    assert tracker.finished


@dataclass
class Second:
    """The accelerator of another process than the main one."""

    is_main_process: bool = False
    trackers: list[Any] = field(default_factory=list)

    def init_trackers(self, *_: object, **__: object) -> None: ...

    def log(self, *_: object, **__: object) -> None: ...


def test_only_the_main_process_writes(tmp_path: Path) -> None:
    with Metrics(tmp_path, RUN, Second()) as metrics:
        metrics.add(done(1))
    assert not (tmp_path / METRICS).exists()


def test_a_tracker_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checked_trackers([]) == []
    with pytest.raises(InputError, match=r"a tracker 'tensorbord'; expected aim, .*tensorboard"):
        checked_trackers(["tensorbord"])
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(InputError, match="tensorboard is not installed; expected it, to track by"):
        checked_trackers(["tensorboard"])


@pytest.mark.skipif(find_spec("tensorboard") is None, reason="tensorboard is not installed")
def test_tensorboard_shows_every_step_once(tmp_path: Path) -> None:
    for numbers in ((1, 2, 3), (2, 3, 4)):
        trackers = checked_trackers(["tensorboard"])
        accelerator = Accelerator(cpu=True, log_with=trackers, project_dir=tmp_path)
        with run_in(tmp_path, accelerator) as metrics:
            for number in numbers:
                metrics.add(done(number))
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(tmp_path / "cut2next"))
    events.Reload()
    assert [event.step for event in events.Scalars("loss")] == [1, 2, 3, 4]
    assert [event.value for event in events.Scalars("loss/t0.75-1.00")] == [3.0] * 4
