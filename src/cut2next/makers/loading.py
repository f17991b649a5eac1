"""A pipeline of diffusers from a folder: safetensors only, all weights there, LoRAs on top."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import diffusers
import torch
from diffusers.utils import logging as diffusers_logging
from transformers.utils import logging as transformers_logging

from cut2next.backbones.fingerprint import fingerprint
from cut2next.film import WeightsError
from cut2next.film.errors import one_line
from cut2next.film.installation import quiet_libraries
from cut2next.generation.device import best_device, memory_errors
from cut2next.generation.lora_loading import lora_name
from cut2next.generation.weights import check_whole, loading
from cut2next.makers import diffusers_folder
from cut2next.makers.diffusers_maker import DiffusersMaker, Loaded, digest
from cut2next.makers.placement import free_memory, placement, put
from cut2next.makers.settings import BYTES

if TYPE_CHECKING:
    from cut2next.makers.settings import Settings


def loaded(maker: DiffusersMaker) -> Loaded:
    """A maker's pipeline on the best device, where there is room.

    Raises WeightsError, naming the file, for what does not load, and InputError without room.
    """
    folder, device = diffusers_folder.fetched(maker.name), best_device()
    weights = diffusers_folder.weight_bytes(folder, BYTES[maker.settings.dtype])
    where = placement(maker.title, weights, device, free_memory())
    with memory_errors():
        pipe = _pipeline(maker, folder)
        _put_loras(pipe, maker.settings)
        networks = {name: getattr(pipe, name) for name in weights}
        told = digest({name: fingerprint(network) for name, network in networks.items()})
        put(pipe, where, device.name)
    return Loaded(pipe, told, where)


def _pipeline(maker: DiffusersMaker, folder: Path) -> Any:
    """In the machine's memory; what its files lack would be random, so it is looked for."""
    for library in (diffusers_logging, transformers_logging):
        library.disable_progress_bar()
    with loading(folder), quiet_libraries():
        pipe = getattr(diffusers, maker.pipeline).from_pretrained(
            folder,
            dtype=getattr(torch, maker.settings.dtype),
            use_safetensors=True,
            local_files_only=True,
            **maker.components(folder),
        )
        for name in diffusers_folder.networks(folder):
            check_whole(folder / name, getattr(pipe, name))
    pipe.set_progress_bar_config(disable=True)
    return pipe


def _put_loras(pipe: Any, settings: "Settings") -> None:
    names = [lora_name(path) for path, _ in settings.loras]
    for name, (path, _) in zip(names, settings.loras, strict=True):
        with _loading_lora(path), _complaints() as said:
            pipe.load_lora_weights(path.parent, weight_name=path.name, adapter_name=name)
        if said or name not in getattr(pipe.transformer, "peft_config", {}):
            raise _misfit(path, said[0] if said else "nothing in it is for the transformer")
    if names:
        pipe.set_adapters(names, [weight for _, weight in settings.loras])


@contextmanager
def _loading_lora(path: Path) -> Iterator[None]:
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:  # diffusers' on a stranger's file
        raise _misfit(path, error) from error


@contextmanager
def _complaints() -> Iterator[Sequence[str]]:
    """What diffusers logs of keys that it leaves out, and goes on; nobody else is told.

    That a network has no keys is no complaint: it may be a text encoder, of which few have any.
    """
    said, library = list[str](), logging.getLogger("diffusers")
    handler = logging.Handler(logging.WARNING)

    def emit(record: logging.LogRecord) -> None:
        if not (message := record.getMessage()).startswith("No LoRA keys associated to"):
            said.append(message)

    handler.emit = emit  # type: ignore[method-assign]
    others, library.handlers = library.handlers, [handler]
    try:
        yield said
    finally:
        library.handlers = others


def _misfit(path: Path, reason: object) -> WeightsError:
    return WeightsError(
        f"{path}: does not fit ({one_line(reason)})",
        expected="a LoRA for these very weights, with keys that diffusers reads",
        hint="`cut2next lora info FILE` tells what a file holds",
    )
