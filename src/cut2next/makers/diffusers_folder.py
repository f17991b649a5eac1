"""A model of the diffusers library on disk or on the hub: whose it is, and whether all is there.

It is asked before anything large is imported, fetched or loaded. No torch here.
"""

import os
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

from cut2next.film import InputError, WeightsError
from cut2next.film.model_files import check_folder, opened
from cut2next.generation.hub import downloaded, is_hub_name
from cut2next.generation.weights import INDEX, damaged, read_json, stored

_LIBRARIES = ("diffusers", "transformers")
"""Whose classes are loaded; no other module is ever imported for a folder."""
Index = Mapping[str, Any]
"""What `model_index.json` says: the pipeline's class, its settings, and its components."""


def index_of(name: str) -> Index:
    """The index of a model in a folder, or of the hub by OWNER/NAME, of which no more is fetched.

    Raises InputError for what is neither, and WeightsError for what is missing or damaged.
    """
    folder = _folder(name)
    index = read_json((folder or downloaded(name, only=[INDEX])) / INDEX)
    if not isinstance(index.get("_class_name"), str):
        raise damaged(Path(name) / INDEX, "names no pipeline")
    return index


def fetched(name: str) -> Path:
    """The folder of the whole model, its settings and each of its weights files looked into.

    Raises as `index_of` does, naming the file.
    """
    folder = _folder(name) or downloaded(name)
    named = {key: x for key, x in read_json(folder / INDEX).items() if _is_component(x)}
    for component, (library, _) in named.items():
        if library not in _LIBRARIES or not component.isidentifier():
            raise damaged(folder / INDEX, f"names {component!r}, of {library!r}")
        if (folder / component).exists():
            check_folder(folder / component, damaged)
    for component in networks(folder):
        stored(folder / component)
    return folder


def networks(folder: Path) -> list[str]:
    """The components that have weights."""
    named = [key for key, value in read_json(folder / INDEX).items() if _is_component(value)]
    return [name for name in named if (folder / name / "config.json").is_file()]


def weight_bytes(folder: Path, width: int) -> dict[str, int]:
    """What each network takes in memory, a number being of so many bytes; nothing is read of it."""
    return {
        component: sum(width * prod(each.shape) for each in stored(folder / component).values())
        for component in networks(folder)
    }


def check_lora(path: Path) -> None:
    """Raises WeightsError unless a file is there, whole, and nothing in it is unpickled."""
    with opened(path, _no_lora):
        pass


def _no_lora(path: Path, got: str) -> WeightsError:
    return WeightsError(f"{path}: {got}", expected="a LoRA", hint="name its .safetensors file")


def _folder(name: str) -> Path | None:
    """The folder of that name; None for a name of the hub."""
    if name and os.path.isdir(name):  # noqa: PTH112  # a path may be too long to ask
        return Path(name)
    if is_hub_name(name):
        return None
    raise InputError(
        f"unknown model {name!r}",
        expected="a folder in the layout of diffusers, or OWNER/NAME on the hub",
        hint="check the name",
    )


def _is_component(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(x, str) for x in value)
