"""A pipeline and its LoRAs: put on top of the weights, worked into them, written.

Everything is checked before anything is changed, so that a refusal leaves nothing half-loaded.
"""

import os
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from diffusers.loaders.lora_base import LoraBaseMixin
from torch import Tensor, nn

from cut2next.backbones import DEFAULT, backbone_named
from cut2next.backbones.lora import (
    Adapted,
    adapted,
    for_peft,
    lora_config,
    lora_names,
    misfit,
    put_lora,
    swap_lora,
)
from cut2next.backbones.lora_reading import Networks
from cut2next.backbones.lora_source import DIFFUSERS_FILE, WHERE, located
from cut2next.conditioning import Segment
from cut2next.film import InputError, WeightsError
from cut2next.film.errors import one_line
from cut2next.film.fields import check_kind
from cut2next.film.installation import quiet_libraries
from cut2next.generation.lora_file import Lora, Training, lora_of, read_lora, write_lora
from cut2next.generation.precision import check_mergeable

if TYPE_CHECKING:
    from cut2next.generation.pipeline import Cut2NextPipeline

    Source = str | os.PathLike[str] | Mapping[str, Tensor]

_COMPONENTS = ("transformer", *backbone_named(DEFAULT).text_encoders)


class _OnPipelineOrClass:
    """A method that gets its pipeline, or where there is none the class, as diffusers calls it."""

    def __init__(self, method: Callable[..., None]) -> None:
        self.method, self.__doc__ = method, method.__doc__

    def __get__(self, pipe: Any, owner: type) -> Callable[..., None]:
        return partial(self.method, owner if pipe is None else pipe)


class LoraLoaderMixin(LoraBaseMixin):
    """What a pipeline can do with LoRAs.

    From diffusers come `set_adapters`, to weigh several, and `unload_lora_weights`.
    """

    _lora_loadable_modules = list(_COMPONENTS)  # noqa: RUF012  # diffusers' own

    transformer: Any

    def load_lora_weights(  # type: ignore[override]  # safetensors only: nothing is unpickled
        self: Any,
        pretrained_model_name_or_path_or_dict: "Source",
        adapter_name: str | None = None,
        hotswap: bool = False,
        *,
        low_cpu_mem_usage: bool = False,
        **where: Any,
    ) -> None:
        """Puts a LoRA on top of the weights; `set_adapters` weighs several.

        It comes from a file, a folder or a model of the hub (see `located`, which takes
        `weight_name` and its other settings), or is tensors by their names in a file. It is named
        after its source (without the ending, a dot being an underscore) unless another name is
        given. With `hotswap` it takes the place of the LoRA that has the name, which compiled
        weights allow.
        Raises WeightsError when the file is damaged, holds what is not read, is for another base,
        or was trained under another table or other prompt lengths; InputError for a name that is
        taken, or with `hotswap` is not, and where PEFT is not installed.
        """
        source = pretrained_model_name_or_path_or_dict
        lora, path = _read(source, where)
        if isinstance(source, Mapping):
            name = adapter_name or f"default_{len(_names(self))}"
        else:
            name = adapter_name or lora_name(where.get("weight_name") or source)
        put(self, path, lora, name, hotswap=hotswap, low_cpu_mem_usage=low_cpu_mem_usage)

    @classmethod
    def lora_state_dict(  # type: ignore[override]  # as diffusers' own of FLUX.1
        cls,
        pretrained_model_name_or_path_or_dict: "Source",
        return_alphas: bool = False,
        *,
        return_lora_metadata: bool = False,
        **where: Any,
    ) -> Any:
        """A LoRA's tensors by diffusers' names, `.alpha` among them.

        With `return_alphas` these come apart, as a second dictionary. With `return_lora_metadata`
        PEFT's configurations come last, each setting after the name of its component, and tell the
        alphas instead. `where` and what is raised are as in `load_lora_weights`.
        """
        tensors: dict[str, Tensor] = {}
        alphas: dict[str, Tensor] = {}
        config: dict[str, Any] = {}
        networks = _read(pretrained_model_name_or_path_or_dict, where)[0].networks
        for part, added in networks.items():
            factors, settings = for_peft(added)
            tensors |= {f"{part}.{name}": tensor for name, tensor in factors.items()}
            config |= {f"{part}.{name}": setting for name, setting in settings.items()}
            alphas |= {f"{part}.{name}.alpha": torch.tensor(x.alpha) for name, x in added.items()}
        if return_lora_metadata:
            return (tensors, {}, config) if return_alphas else (tensors, config)
        return (tensors, alphas) if return_alphas else tensors | alphas

    @_OnPipelineOrClass
    def save_lora_weights(  # type: ignore[override]  # the file tells more than diffusers' own
        self: Any,
        save_directory: str | os.PathLike[str],
        adapter_name: str | Mapping[str, Tensor] | None = None,
        *,
        weight_name: str | None = None,
        is_main_process: bool = True,
        safe_serialization: bool = True,
        save_function: None = None,
        **layers: Any,
    ) -> None:
        """Writes the LoRA of that name into a file, with all that loading it must know.

        Or in diffusers' form, on a pipeline or on its class: into a folder, what is given as
        `transformer_lora_layers` and `text_encoder_lora_layers` (PEFT's state dictionaries), as
        strong as `transformer_lora_adapter_metadata` and `text_encoder_lora_adapter_metadata` say
        (PEFT's configurations). Only a pipeline can tell the table that it was trained under.
        Raises InputError when there is none or something that is no LoRA was trained with it, and
        OutputError when it cannot be written.
        """
        if not safe_serialization or save_function is not None:
            raise InputError("a LoRA to be pickled", expected="safetensors", hint="leave that out")
        if not is_main_process:
            return
        if isinstance(adapter_name, Mapping):  # in diffusers' place for them
            layers["transformer_lora_layers"], adapter_name = adapter_name, None
        lora, path = _lora_to_write(self, adapter_name, layers), Path(save_directory)
        if adapter_name is None:
            path.mkdir(parents=True, exist_ok=True)
        write_lora(lora, path / (weight_name or DIFFUSERS_FILE) if path.is_dir() else path)

    def fuse_lora(
        self, components: list[str] | None = None, *arguments: Any, **settings: Any
    ) -> None:
        """As in diffusers: works the active LoRAs into the weights; `unfuse_lora` undoes it.

        Without `components`, of every network that has one. Raises InputError for quantised
        weights, which cannot take them in.
        """
        components = components or [name for name in _COMPONENTS if _loras(self, name)]
        for name in components:
            check_mergeable(getattr(self, name))
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="All adapters are already merged")
            super().fuse_lora(components or ["transformer"], *arguments, **settings)

    def unfuse_lora(self, components: list[str] | None = None, **settings: Any) -> None:
        """As in diffusers: undoes `fuse_lora`."""
        super().unfuse_lora(components or self._lora_loadable_modules, **settings)

    def merge_loras(self) -> None:
        """Works the active LoRAs into the weights for good: as fast as none, and less memory.

        Raises InputError as `fuse_lora` does.
        """
        if any(_loras(self, name) for name in _COMPONENTS):
            self.fuse_lora()
            self.unload_lora_weights()  # type: ignore[no-untyped-call]


def _read(source: "Source", where: Mapping[str, Any]) -> tuple[Lora, str]:
    """A LoRA, and what errors call it."""
    check_kind("the LoRA", source, str | os.PathLike | Mapping)
    if unknown := where.keys() - {*WHERE}:
        raise InputError(
            f"{', '.join(sorted(unknown))} for a LoRA",
            expected=f"of {', '.join(WHERE)}",
            hint="look at how it is spelt",
        )
    if isinstance(source, Mapping):
        return lora_of(source, {}, "the tensors given"), "the tensors given"
    file = located(source, **where)
    return read_lora(file), str(file)


def lora_name(source: str | os.PathLike[str]) -> str:
    """What the LoRA of a file, folder or hub name is called, where no other name is given."""
    path = Path(source)
    name = path.stem if path.is_file() or path.suffix == ".safetensors" else path.name
    return name.replace(".", "_")  # PyTorch takes no dots in names


def put(
    pipe: "Cut2NextPipeline",
    path: str,
    lora: Lora,
    name: str,
    *,
    hotswap: bool = False,
    **settings: Any,
) -> None:
    """Puts a LoRA on top of a pipeline's weights, under a name; `path` is what errors call it.

    Settings are those of diffusers' `load_lora_adapter`.

    Raises WeightsError when it does not fit, InputError for a name that is taken, and where PEFT is
    not installed.
    """
    lora_config(pipe.backbone.lora_targets)  # says so where PEFT is not installed
    check_fit(pipe, path, lora)
    networks = _here(pipe, lora)
    taken = [component for component in _COMPONENTS if name in _loras(pipe, component)]
    if hotswap:
        _check_swap(name, taken, networks)
        swap_lora(pipe.transformer, networks["transformer"], name)
        return
    if taken:
        raise InputError(
            f"a second LoRA called {name!r}", expected="another name", hint="rename it"
        )
    adapting = {part: getattr(pipe, part) for part in _COMPONENTS if _loras(pipe, part)}
    active = {part: network.active_adapters() for part, network in adapting.items()}
    try:
        _put_quietly(pipe, networks, name, settings)
    except (RuntimeError, ValueError, TypeError, LookupError, AttributeError) as error:
        _take_off(pipe, name, active)
        raise _unfit(path, f"does not load ({one_line(error)})", "a LoRA for this base") from error


def _put_quietly(
    pipe: "Cut2NextPipeline", networks: Networks, name: str, settings: Mapping[str, Any]
) -> None:
    settings = {**settings, "_pipeline": pipe}
    # transformers reports the base's weights as missing from a LoRA of a text encoder.
    with warnings.catch_warnings(), quiet_libraries():
        # PEFT warns of every LoRA after the first; having several is what names are for.
        warnings.filterwarnings("ignore", message="Already found a `peft_config`")
        # It warns that a LoRA on quantised weights cannot be merged; `fuse_lora` refuses that.
        warnings.filterwarnings("ignore", message="TorchaoLoraLinear was instantiated")
        for component, added in networks.items():
            if component == "transformer":
                put_lora(pipe.transformer, added, name, **settings)
            else:
                pipe.backbone.put_text_lora(component, added, name, **settings)


def _here(pipe: "Cut2NextPipeline", lora: Lora) -> dict[str, Adapted]:
    """A LoRA by the names that its modules have in this pipeline."""
    named = pipe.backbone.lora_module
    return {
        component: {named(component, module): factors for module, factors in added.items()}
        for component, added in lora.networks.items()
    }


def _check_swap(name: str, taken: list[str], networks: Networks) -> None:
    if taken != ["transformer"] or networks.keys() != {"transformer"}:
        raise InputError(
            f"a LoRA to swap in for {name!r}, on {', '.join(taken) or 'nothing'}",
            expected="one that is loaded, both on the transformer alone",
            hint="load it without `hotswap`",
        )


def _take_off(pipe: "Cut2NextPipeline", name: str, active: Mapping[str, list[str]]) -> None:
    """What there is of a LoRA that was not put on whole; what was active before is again."""
    if not active:
        pipe.unload_lora_weights()  # type: ignore[no-untyped-call]
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Adapter .* was active which is now deleted")
        pipe.delete_adapters(name)
    for component, names in active.items():
        getattr(pipe, component).set_adapter(names)


def _lora_to_write(pipe: Any, name: str | None, layers: Mapping[str, Any]) -> Lora:
    """The LoRA of that name, or the one whose layers are given; `pipe` may be the class."""
    config: dict[str, Any] = {}
    on_pipeline = not isinstance(pipe, type)
    if name is not None:
        held = {part: adapted(getattr(pipe, part), name) for part in _COMPONENTS}
        if not any(held.values()):
            raise _no_lora(f"called {name!r}", _names(pipe))
        backbone = pipe.backbone
        tensors = backbone.lora_tensors(held, "diffusers")
    else:
        backbone = pipe.backbone if on_pipeline else backbone_named(DEFAULT)
        tensors, config = _given(layers)
    # Read as from a file, so that nothing is written that would not be read.
    networks = lora_of(tensors, config, "the LoRA to be saved").networks
    training = training_on(pipe) if on_pipeline else None
    return Lora(networks=networks, training=training, backbone=backbone.name)


def training_on(pipe: Any) -> Training:
    """What is said of a LoRA that was trained on a pipeline."""
    return Training(
        table=pipe.table,
        prompt_tokens=pipe.prompt_tokens,
        base=pipe.base_name,
        earlier_shots=pipe.config["earlier_shots"],
    )


def _given(layers: Mapping[str, Any]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors and PEFT's configuration, by diffusers' arguments of `save_lora_weights`."""
    tensors: dict[str, Tensor] = {}
    config: dict[str, Any] = {}
    left = dict(layers)
    for component in _COMPONENTS:
        held = left.pop(f"{component}_lora_layers", None) or {}
        held = held.state_dict() if isinstance(held, nn.Module) else held
        settings = left.pop(f"{component}_lora_adapter_metadata", None) or {}
        tensors |= {f"{component}.{key}": tensor for key, tensor in held.items()}
        config |= {f"{component}.{key}": setting for key, setting in settings.items()}
    if left or not tensors:
        raise _no_lora(f"in {', '.join(left) or 'nothing'}", [])
    return tensors, config


def _no_lora(which: str, names: list[str]) -> InputError:
    return InputError(
        f"no LoRA {which}",
        expected=f"one of {', '.join(names) or 'those loaded before'}, or transformer_lora_layers",
        hint="inject or load one first",
    )


def _loras(pipe: Any, component: str) -> list[str]:
    return lora_names(getattr(pipe, component))


def _names(pipe: Any) -> list[str]:
    """The LoRAs on a pipeline, on whichever of its networks."""
    return list(dict.fromkeys(name for part in _COMPONENTS for name in _loras(pipe, part)))


def check_fit(pipe: "Cut2NextPipeline", path: str, lora: Lora) -> None:
    """Raises WeightsError for a LoRA that does not fit a pipeline, by names, shapes and training.

    `path` is what errors call it.
    """
    training = lora.training
    for component, added in _here(pipe, lora).items():
        network = getattr(pipe, component)
        called = f"this {component.replace('_', ' ')}"
        if network is None:
            raise _unfit(path, f"adapts {called}, which is gone", "text encoders not released")
        if reason := misfit(network, added, called):
            raise _unfit(path, reason, "a LoRA for this base")
    if training is None:
        return
    if training.table != pipe.table:
        raise _unfit(
            path,
            f"was trained under the table {training.table.name!r}",
            f"one under {pipe.table.name!r}, as this pipeline",
        )
    if training.prompt_tokens != pipe.prompt_tokens:
        raise _unfit(
            path,
            f"was trained with prompts of {_counts(training.prompt_tokens)} tokens",
            f"{_counts(pipe.prompt_tokens)}, as this pipeline",
        )


def _counts(prompt_tokens: Mapping[Segment, int]) -> str:
    counts = sorted((str(segment), count) for segment, count in prompt_tokens.items())
    return ", ".join(f"{count} ({name})" for name, count in counts)


def _unfit(path: str, got: str, expected: str) -> WeightsError:
    return WeightsError(
        f"{path}: {got}",
        expected=expected,
        hint="load the model together with the LoRA it shall have (`loras=`), or take another one",
    )
