"""What every step of a run said: a line of JSON each, which a kill leaves whole, and trackers.

Of steps that a run takes again, since no checkpoint had them, the first lines go.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from math import isfinite
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import NamedTuple, Self

from accelerate import Accelerator
from accelerate.tracking import LOGGER_TYPE_TO_CLASS

from cut2next.film import InputError
from cut2next.film.installation import needed
from cut2next.film.paths import read_lines
from cut2next.film.writing import output_errors, whole_file
from cut2next.training.loop import Run, StepDone
from cut2next.training.validation import BANDS, ValidationLoss, by_band

METRICS = "metrics.jsonl"
_VALIDATION = "validation_loss"
_NEW = 0.02
"""How much of the running mean is of the last step."""


def checked_trackers(names: Sequence[str]) -> list[str]:
    """Trackers by the names that accelerate has for them, for `Accelerator(log_with=...)`.

    Raises InputError for one that is unknown or not installed, which accelerate would leave out.
    """
    for name in names:
        if name not in LOGGER_TYPE_TO_CLASS:
            raise InputError(
                f"a tracker {name!r}",
                expected=", ".join(sorted(LOGGER_TYPE_TO_CLASS)),
                hint="choose among them",
            )
        with needed(f"it, to track by {name}"):
            import_module(name)
    return list(names)


class Metrics:
    """Writes what steps say, as a context; only the main process does.

    The first that is written of a step says how far a resumed run had come.
    """

    def __init__(self, folder: Path, run: Run, accelerator: Accelerator) -> None:
        """`folder` is the run's, and is there. The accelerator's trackers are told all of it."""
        self.path = folder / METRICS
        self.mean: float | None = None
        """A running mean of the loss, for people."""
        self._run, self._accelerator = run, accelerator
        self._is_begun, self._since = False, perf_counter()

    def __enter__(self) -> Self:
        self._since = perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Not `end_training`, which ends the processes' group as well.
        for tracker in self._accelerator.trackers:
            tracker.finish()

    def add(self, done: StepDone) -> None:
        """One more step. Raises OutputError when it cannot be written."""
        seconds = perf_counter() - self._since
        figures = {
            "loss": done.loss,
            "norm": done.norm,
            "learning_rate": self._run.learning_rate * self._run.schedule(done.number - 1),
            "seconds": seconds,
        }
        if done.times is not None and done.errors is not None:
            figures |= {"cuts_per_second": len(done.times) / seconds}
            figures |= _banded("loss", by_band(done.times, done.errors))
        before = done.loss if self.mean is None else self.mean
        self.mean = before + _NEW * (done.loss - before)
        self._write(_Place(done.number, validation=False), figures)

    def add_validation(self, step: int, loss: ValidationLoss) -> None:
        """What was validated after so many steps; the time it took is no step's."""
        figures = {_VALIDATION: loss.mean, **_banded(_VALIDATION, loss.by_band)}
        self._write(_Place(step, validation=True), figures)

    def _write(self, place: "_Place", figures: Mapping[str, float]) -> None:
        """Tells file and trackers; what is no number is left out, for JSON has none such."""
        if not self._is_begun:
            self._begin(place)
        figures = {name: figure for name, figure in figures.items() if isfinite(figure)}
        if self._accelerator.is_main_process:
            line = json.dumps({"step": place.step, **figures}) + "\n"
            with output_errors(self.path), self.path.open("ab") as file:
                file.write(line.encode())  # in one go, so that a kill leaves all of it or nothing
        self._accelerator.log(figures, step=place.step)
        self._since = perf_counter()

    def _begin(self, place: "_Place") -> None:
        """Drops what is there from a place on, in the file and in TensorBoard."""
        self._is_begun = True
        if self._accelerator.is_main_process and self.path.exists():
            with whole_file(self.path) as partial:
                lines = (line for _, line in read_lines(self.path))
                kept = (line for line in lines if (at := _place(line)) and at < place)
                partial.write_bytes(b"".join(kept))
        purged = {"tensorboard": {"purge_step": place.step + place.validation}}
        self._accelerator.init_trackers("cut2next", init_kwargs=purged)


class _Place(NamedTuple):
    """Where a line is: that of a step comes before its validation."""

    step: int
    validation: bool


def validations(folder: Path) -> dict[int, ValidationLoss]:
    """Those of a run that was validated, by the steps before them; none where no file tells."""
    found: dict[int, ValidationLoss] = {}
    if not (folder / METRICS).exists():
        return found
    for _, line in read_lines(folder / METRICS):
        if (at := _place(line)) and at.validation:
            with suppress(LookupError, TypeError):  # another's
                figures = json.loads(line)
                bands = {band: float(figures[name]) for band, name in _names(_VALIDATION).items()}
                found[at.step] = ValidationLoss(by_band=bands)
    return found


def _banded(name: str, bands: Mapping[str, float]) -> dict[str, float]:
    names = _names(name)
    return {names[band]: mean for band, mean in bands.items()}


def _names(name: str) -> dict[str, str]:
    """What a figure is called in each band."""
    return {band: f"{name}/t{band}" for band in BANDS}


def _place(line: bytes) -> _Place | None:
    """Where a line is; None for half a line."""
    with suppress(ValueError, LookupError, TypeError, RecursionError):
        figures = json.loads(line)
        return _Place(int(figures["step"]), _VALIDATION in figures)
    return None
