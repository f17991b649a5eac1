"""Where a LoRA comes from: a file, a folder, a model of the Hugging Face hub.

Folders are as diffusers and PEFT write them, or have one file. Safetensors only: nothing is
unpickled.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import Tensor

from cut2next.film import WeightsError, model_files, paths
from cut2next.film.errors import one_line

ENDING = ".safetensors"
DIFFUSERS_FILE = "pytorch_lora_weights.safetensors"
_PEFT_FILE, _PEFT_CONFIG = "adapter_model.safetensors", "adapter_config.json"
_IN_HEADER = "lora_adapter_metadata"
"""Where diffusers puts PEFT's configuration."""
_ON_THE_HUB = ("revision", "token", "cache_dir", "local_files_only", "force_download")
WHERE = ("weight_name", "subfolder", "use_safetensors", *_ON_THE_HUB)
"""The settings of `located`."""
_INFO = "`cut2next lora info FILE` tells what a file holds"
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


def located(
    source: str | os.PathLike[str],
    weight_name: str | None = None,
    subfolder: str | None = None,
    *,
    use_safetensors: bool | None = True,
    **hub: Any,
) -> Path:
    """The file of a LoRA: `source`, or within that folder or model of the hub (OWNER/NAME).

    There it is `weight_name`, or the one that diffusers or PEFT would have written, or the only
    one. `hub` are settings of `huggingface_hub.snapshot_download`. Raises WeightsError where it is
    none of these.
    """
    if use_safetensors is False or not (weight_name or ENDING).endswith(ENDING):
        raise refused(f"{source}: would be unpickled", "take a file of safetensors")
    path = Path(source)
    if path.is_file() or path.suffix == ENDING:
        return path
    if not path.is_dir():
        if not _HUB_NAME.fullmatch(str(source)):
            return path
        settings = {key: value for key, value in hub.items() if value is not None}
        path, weight_name = _downloaded(str(source), weight_name, subfolder or "", settings)
    folder = path / (subfolder or "")
    names = sorted(file.name for file in folder.glob(f"*{ENDING}"))
    return folder / (weight_name or _the_one(str(source), names))


def opened_config(path: Path, header: Mapping[str, str]) -> dict[str, Any]:
    """PEFT's configuration of a LoRA: in the header, or beside PEFT's own file; empty without."""
    beside = path.with_name(_PEFT_CONFIG)
    try:
        if _IN_HEADER in header:
            config = json.loads(header[_IN_HEADER])
        elif path.name == _PEFT_FILE and beside.exists():
            config = paths.read_json(beside, _damaged)
        else:
            return {}
    except (ValueError, RecursionError) as error:
        raise refused(f"{path}: has a damaged configuration ({one_line(error)})") from error
    if not isinstance(config, dict):
        raise refused(f"{path}: has a damaged configuration (no settings in it)")
    return config


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """A file of safetensors. Raises WeightsError when it is missing or damaged."""
    with model_files.opened(path, _damaged, framework="pt") as file:
        yield file


def _damaged(path: Path, got: str) -> WeightsError:
    return refused(f"{path}: {got}", "check the name, or save or fetch it again")


def tensors_of(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """All tensors of a file, and its header. Raises WeightsError as `opened` does."""
    with opened(path) as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # no dict
        return tensors, file.metadata() or {}


def refused(got: str, hint: str = _INFO) -> WeightsError:
    """The error for what is no LoRA that can be used."""
    return WeightsError(got, expected="a LoRA in safetensors", hint=hint)


def _the_one(source: str, names: Sequence[str]) -> str:
    usual = [name for name in (DIFFUSERS_FILE, _PEFT_FILE) if name in names]
    if not usual and len(names) != 1:
        held = ", ".join(names[:5]) or "no safetensors file"
        raise refused(f"{source}: holds {held}", "name the file itself (`weight_name=`)")
    return (usual or names)[0]


def _downloaded(
    name: str, weight_name: str | None, subfolder: str, hub: Mapping[str, Any]
) -> tuple[Path, str | None]:
    """The folder of a model of the hub, with the file and PEFT's configuration; which file it is.

    Where the hub is out of reach, what was fetched before is all there is.
    """
    from huggingface_hub import snapshot_download

    top = f"{subfolder}/" if subfolder else ""
    if weight_name is None and (names := _listed(name, top, hub)):
        weight_name = _the_one(name, names)
    patterns = [top + file for file in (weight_name or DIFFUSERS_FILE, _PEFT_CONFIG)]
    try:
        return Path(snapshot_download(name, allow_patterns=patterns, **hub)), weight_name
    except OSError as error:
        raise refused(
            f"{name}: neither a file nor a LoRA of the hub ({one_line(error)})",
            "check the name, log in (`hf auth login`), or go online once",
        ) from error


def _listed(name: str, top: str, hub: Mapping[str, Any]) -> list[str]:
    """What a model of the hub has to choose from; nothing where it is out of reach."""
    from huggingface_hub import model_info

    asked = {key: hub[key] for key in ("revision", "token") if key in hub}
    try:
        siblings = [] if hub.get("local_files_only") else model_info(name, **asked).siblings
    except Exception:  # noqa: BLE001  # a line that is down is no class of the library's; fetching tells why
        return []
    files = [
        file.rfilename.removeprefix(top)
        for file in siblings or ()
        if file.rfilename.startswith(top)
    ]
    return [file for file in files if file.endswith(ENDING) and "/" not in file]
