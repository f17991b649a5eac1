"""Weights on disk: which folder a model's name means, and whether all of it is there.

A folder has the layout of a diffusers pipeline. It is checked before anything large is imported,
so that what is missing or damaged is said at once, by the name of the file. No torch here.
"""

import json
import os
from collections.abc import Callable, Collection, Mapping
from math import prod
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError, safe_open

from cut2next.backbones import mini
from cut2next.film import InputError, WeightsError
from cut2next.generation.hub import downloaded, is_hub_name

if TYPE_CHECKING:
    from torch.nn import Module

SHIPPED: Mapping[str, Callable[[], Path]] = MappingProxyType({"mini": mini.weights_folder})
"""Models in the package, by name."""
INDEX = "model_index.json"
NETWORKS = ("vae", "text_encoder", "text_encoder_2", "transformer")
_SETTINGS = {
    "scheduler": "scheduler_config.json",
    "tokenizer": "tokenizer_config.json",
    "tokenizer_2": "tokenizer_config.json",
    **dict.fromkeys(NETWORKS, "config.json"),
}


def model_folder(name: str | os.PathLike[str], handed_in: Collection[str] = ()) -> Path:
    """The folder of the model called `name`: in the package, at that path, or fetched from the hub.

    Of components that are handed in, no weights are fetched. Raises InputError, naming the choices,
    for what is none of these, and WeightsError for what cannot be fetched.
    """
    if str(name) in SHIPPED:
        return SHIPPED[str(name)]()
    folder = Path(name)
    if str(name) and os.path.isdir(folder):  # noqa: PTH112  # a path may be too long to ask
        return folder
    if is_hub_name(str(name)):
        return downloaded(str(name), handed_in)
    raise InputError(
        f"unknown model {str(name)!r}",
        expected=f"{', '.join(SHIPPED)}, a folder that save_pretrained wrote, or OWNER/NAME",
        hint="check the name",
    )


def check_weights(folder: Path, handed_in: Collection[str] = ()) -> None:
    """Raises WeightsError, naming the file, unless every file of a model is there and whole.

    Of components that are handed in, no weights need be there.
    """
    index = _json(folder / INDEX)
    for component, settings in _SETTINGS.items():
        if not isinstance(index.get(component), list):
            raise damaged(folder / INDEX, f"names no {component}")
        _json(folder / component / settings)
    for path in sorted(folder.glob("*/*.json")):
        _json(path)
    for component in set(NETWORKS).difference(handed_in):
        stored_numbers(folder / component)


def stored_numbers(folder: Path) -> int:
    """How many numbers the weights files of one network hold.

    Raises WeightsError when one is missing or damaged.
    """
    files = {*folder.glob("*.safetensors"), *_shards(folder)}
    if not files:
        raise damaged(folder / "*.safetensors", "missing")
    return sum(_numbers(path) for path in sorted(files))


def check_whole(folder: Path, network: "Module") -> None:
    """Raises WeightsError when a folder's files do not fill a network that was loaded from them.

    The libraries that load them give what a file lacks random values.
    """
    if getattr(network, "hf_quantizer", None) is not None:
        return  # quantised, its numbers are counted otherwise
    wanted = sum(parameter.numel() for parameter in network.parameters())
    if (found := stored_numbers(folder)) < wanted:
        raise damaged(folder, f"holds {found} numbers of {wanted}")


def damaged(path: Path, reason: object) -> WeightsError:
    """The error for a file of a model that cannot be used."""
    told = " ".join(str(reason).split())
    return WeightsError(
        f"{path}: {told[:200]}",
        expected="the whole model as it was saved",
        hint="install, copy or save the model again",
    )


def _shards(folder: Path) -> set[Path]:
    """The files that an index says the weights are spread over."""
    maps = (_json(path).get("weight_map", {}) for path in folder.glob("*.safetensors.index.json"))
    return {folder / name for weight_map in maps for name in weight_map.values()}


def _numbers(path: Path) -> int:
    try:
        with safe_open(path, framework="np") as file:
            return sum(prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118  # it is no dict
    except FileNotFoundError as error:
        raise damaged(path, "missing") from error
    except (SafetensorError, OSError) as error:
        raise damaged(path, f"damaged ({error})") from error


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise damaged(path, "missing") from error
    except (OSError, ValueError) as error:
        raise damaged(path, f"damaged ({error})") from error
    if not isinstance(found, dict):
        raise damaged(path, "damaged (no settings in it)")
    return found
