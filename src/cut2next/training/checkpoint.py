"""Checkpoints of a run: everything needed to go on after a kill as if nothing had happened.

Tensors are safetensors, the rest JSON; nothing is pickled. A checkpoint is a folder that is
renamed into place when complete, so that there is always one whole checkpoint to go on from.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn, optim

from cut2next.film import WeightsError
from cut2next.film.errors import one_line
from cut2next.film.writing import replaced_folder, standing


def save_checkpoint(
    folder: Path,
    step: int,
    modules: Mapping[str, nn.Module],
    optimizers: Mapping[str, optim.Optimizer],
) -> None:
    """Writes the state of a run after `step` steps, replacing the one in `folder`."""
    with replaced_folder(folder, fault=SafetensorError) as fresh:
        for name, module in modules.items():
            save_file(_whole(module.state_dict()), fresh / f"{name}.safetensors")
        for name, optimizer in optimizers.items():
            save_file(_whole(_flat(optimizer)), fresh / f"{name}.optimizer.safetensors")
        (fresh / "run.json").write_text(json.dumps({"step": step}))


def load_checkpoint(
    folder: Path, modules: Mapping[str, nn.Module], optimizers: Mapping[str, optim.Optimizer]
) -> int:
    """Puts the state in `folder` into modules and optimizers; the step it was saved after, or 0.

    A kill between two renames leaves the whole checkpoint under its old name; it is used then.
    Raises WeightsError when it is damaged, or of something else.
    """
    whole = standing(folder)
    if not whole.exists():
        whole = folder.with_name(f"{folder.name}.old")  # where older versions kept it aside
    if not (whole / "run.json").exists():
        return 0
    try:
        for name, module in modules.items():
            module.load_state_dict(load_file(whole / f"{name}.safetensors"))
        for name, optimizer in optimizers.items():
            _fill(optimizer, load_file(whole / f"{name}.optimizer.safetensors"))
        return int(json.loads((whole / "run.json").read_text())["step"])
    except (SafetensorError, OSError, ValueError, LookupError, RuntimeError, TypeError) as error:
        raise WeightsError(
            f"{whole}: damaged, or of another run ({one_line(error)})",
            expected="the checkpoint of this run",
            hint="delete the folder to begin this stage again",
        ) from error


def _whole(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies of their own, which safetensors asks for where tensors share memory."""
    return {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}


def _flat(optimizer: optim.Optimizer) -> dict[str, Tensor]:
    """An optimizer's state by "parameter.quantity"; learning rates are the schedule's business."""
    return {
        f"{index}.{key}": value if isinstance(value, Tensor) else torch.tensor(value)
        for index, quantities in optimizer.state_dict()["state"].items()
        for key, value in quantities.items()
    }


def _fill(optimizer: optim.Optimizer, flat: Mapping[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in flat.items():
        index, key = name.split(".", 1)
        state.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
