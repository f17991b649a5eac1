"""Checkpoints of a run: everything needed to go on after a kill as if nothing had happened.

Tensors are safetensors, the rest JSON; nothing is pickled. A checkpoint is a folder that is renamed
into place when complete, and the ones before it go only then, so that there is always a whole one
to go on from. Of what is sharded over processes it holds all, so that any number of them goes on.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn, optim

from cut2next.film import WeightsError
from cut2next.film.errors import one_line
from cut2next.film.paths import checked, read_json
from cut2next.film.writing import one_writer_in, replaced_folder
from cut2next.training.sharding import as_shared, whole

_RUN = "run.json"
_UNREADABLE = (OSError, ValueError, LookupError, RuntimeError, TypeError)


class Checkpoints:
    """Those of one run in its folder, by the steps that were done."""

    def __init__(
        self,
        folder: Path,
        modules: Mapping[str, nn.Module],
        optimizers: Mapping[str, optim.Optimizer],
        kept: int = 1,
    ) -> None:
        self._folder, self._kept = folder, kept
        self._modules, self._optimizers = modules, optimizers

    @contextmanager
    def locked(self, writes: bool = True) -> Iterator[None]:
        """The folder for one run at a time. Raises OutputError while another one has it."""
        with one_run_in(self._folder, writes=writes):
            if writes:
                self._clear_old()  # a kill may have come before that
            yield

    @property
    def last(self) -> int:
        """The steps of the last one, or 0."""
        return steps_done(self._folder)

    def load(self) -> int:
        """Puts the last one into modules and optimizers; the steps it was saved after, or 0.

        Raises WeightsError when it is damaged, or of something else.
        """
        if not (last := self.last):
            return 0
        at = self._at(last)

        def refuse(path: Path, got: str) -> WeightsError:
            return _damaged(at, f"{path.name} {got}")

        try:
            for name, module in self._modules.items():
                _fill_module(module, load_file(checked(at / f"{name}.safetensors", refuse)))
            for name, optimizer in self._optimizers.items():
                _fill(optimizer, load_file(checked(at / f"{name}.optimizer.safetensors", refuse)))
            return int(read_json(at / _RUN, refuse)["step"])
        except (SafetensorError, *_UNREADABLE) as error:
            raise _damaged(at, one_line(error)) from error

    def save(self, step: int, *, writes: bool = True) -> None:
        """Writes the state after `step` steps; all processes come here, and one of them writes.

        Raises OutputError when it cannot be written; those that there are then stand.
        """
        tensors = {
            f"{name}.safetensors": _own(module.state_dict())
            for name, module in self._modules.items()
        } | {
            f"{name}.optimizer.safetensors": _own(_flat(optimizer))
            for name, optimizer in self._optimizers.items()
        }
        if not writes:
            return
        with replaced_folder(self._at(step), fault=SafetensorError) as fresh:
            for name, state in tensors.items():
                save_file(state, fresh / name)
            (fresh / _RUN).write_text(json.dumps({"step": step}))
        self._clear_old()

    def _clear_old(self) -> None:
        for old in sorted(_steps(self._folder))[: -self._kept]:
            shutil.rmtree(self._at(old), ignore_errors=True)

    def _at(self, step: int) -> Path:
        return self._folder / f"step-{step}"


def steps_done(folder: Path) -> int:
    """The steps before the last checkpoint in a folder; 0 without one."""
    return max(_steps(folder), default=0)


def _steps(folder: Path) -> list[int]:
    steps = []
    for path in folder.glob("step-*"):
        with suppress(ValueError):
            steps.append(int(path.name.removeprefix("step-")))
    return steps


@contextmanager
def one_run_in(folder: Path, *, writes: bool = True) -> Iterator[None]:
    """A folder for one run, see `one_writer_in`; of its processes the one that writes has it."""
    with one_writer_in(folder) if writes else nullcontext():
        yield


def _damaged(at: Path, got: str) -> WeightsError:
    return WeightsError(
        f"{at}: damaged, or of another run ({got})",
        expected="the checkpoint of this run",
        hint="delete the folder to go on from the one before, or to begin again",
    )


def _own(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies of their own, which safetensors asks for where tensors share memory."""
    return {name: whole(tensor).detach().clone().contiguous() for name, tensor in tensors.items()}


def _fill_module(module: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    held = module.state_dict()
    shared = {
        name: as_shared(tensor, held[name]) if name in held else tensor
        for name, tensor in tensors.items()
    }
    module.load_state_dict(shared)


def _parameters(optimizer: optim.Optimizer) -> list[Tensor]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def _flat(optimizer: optim.Optimizer) -> dict[str, Tensor]:
    """An optimizer's state by "parameter.quantity"; learning rates are the schedule's business."""
    return {
        f"{index}.{key}": value if isinstance(value, Tensor) else torch.tensor(value)
        for index, parameter in enumerate(_parameters(optimizer))
        for key, value in optimizer.state[parameter].items()
    }


def _fill(optimizer: optim.Optimizer, flat: Mapping[str, Tensor]) -> None:
    """Not by `load_state_dict`, which would bring numbers of 8 bits to the parameters' type."""
    parameters = _parameters(optimizer)
    for name, value in flat.items():
        index, key = name.split(".", 1)
        parameter = parameters[int(index)]
        state: dict[str, Any] = optimizer.state[parameter]
        if value.ndim:
            state[key] = as_shared(value.to(parameter.device), parameter)
        else:  # counts of steps
            state[key] = value if value.is_floating_point() else value.item()
