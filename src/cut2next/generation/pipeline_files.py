"""A pipeline and files: its weights from a model's folder, LoRAs put on top or written.

Everything is checked before anything is changed, so that a refusal leaves nothing half-loaded.
"""

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cut2next.backbones import BACKBONES, Backbone
from cut2next.backbones.lora import adapted, lora_config, misfit
from cut2next.conditioning import Segment
from cut2next.film import InputError, WeightsError
from cut2next.generation import weights
from cut2next.generation.lora_file import Lora, Training, read_lora, write_lora

if TYPE_CHECKING:
    from cut2next.generation.pipeline import Cut2NextPipeline

Pipeline = TypeVar("Pipeline", bound="Cut2NextPipeline")


def load_pipeline(
    load: Callable[..., Pipeline],
    name: str | os.PathLike[str],
    loras: Sequence[str | os.PathLike[str]],
    settings: Mapping[str, Any],
) -> Pipeline:
    """A pipeline as `from_pretrained` promises it; `load` is diffusers' way to load a folder."""
    folder = weights.model_folder(name, handed_in=settings)
    weights.check_weights(folder, handed_in=settings)
    read = [(path, read_lora(path)) for path in map(Path, loras)]
    trainings = [lora.training for _, lora in read if lora.training]
    settings = {**_trained(name, folder, trainings, settings), **settings}
    settings.pop("use_safetensors", None)
    backbone = weights.backbone_in(folder).imported()
    _take_transformer(backbone, folder / "transformer", settings)
    with weights.loading(folder):
        # Never what would be unpickled.
        pipe = load(folder, **settings, use_safetensors=True)
    for component in set(backbone.networks()).difference(settings):
        weights.check_whole(folder / component, getattr(pipe, component))
    if "transformer" not in settings:
        weights.check_nothing_left(folder / "transformer", pipe.transformer)
    for path, lora in read:
        put_lora(pipe, path, lora, lora_name(path))
    return pipe


def with_our_transformer(config: dict[str, Any]) -> dict[str, Any]:
    """A folder's index in which the transformer of a backbone's own folder is loaded as ours."""
    for backbone in BACKBONES.values():
        if tuple(config.get("transformer", ())) == backbone.stock_class:
            return {**config, "transformer": list(backbone.transformer_class)}
    return config


def _trained(
    name: str | os.PathLike[str],
    folder: Path,
    trainings: Sequence[Training],
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    """What a LoRA tells of a pipeline whose folder does not tell how it was trained.

    Raises InputError where nothing tells.
    """
    if weights.trained_under(folder) is not None:
        return {}
    if trainings:
        counts = trainings[0].prompt_tokens.items()
        tokens = {str(segment): count for segment, count in counts}
        return {"table": trainings[0].table.name, "prompt_tokens": tokens}
    if "table" in settings:
        return {}
    raise InputError(
        f"{name}, which does not say how a model for next shots was trained",
        expected="a LoRA of cut2next with it, or its table and prompt lengths",
        hint="`--lora FILE`; in Python `loras=[…]`, or `table=` and `prompt_tokens=`",
    )


def _take_transformer(backbone: type[Backbone], folder: Path, settings: dict[str, Any]) -> None:
    """Puts into the settings a transformer that diffusers does not load with the others."""
    dtype = settings.get("dtype", settings.get("torch_dtype"))
    given = settings.get("transformer")
    if isinstance(given, str | os.PathLike):
        settings["transformer"] = backbone.transformer_from_file(Path(given), folder, dtype)
    elif "transformer" not in settings:
        with weights.loading(folder.parent):
            if weights.comes_quantised(folder):
                settings["transformer"] = _quantised(backbone, folder, dtype)


def _quantised(backbone: type[Backbone], folder: Path, dtype: Any) -> Any:
    """A transformer that comes quantised, all of it: its names tell what only loading can."""
    transformer, info = backbone.transformer_type.from_pretrained(
        folder, dtype=dtype, use_safetensors=True, output_loading_info=True
    )
    for state in ("missing", "unexpected", "mismatched"):
        if names := info[f"{state}_keys"]:
            raise weights.damaged(folder, f"{state}: {names[0]} and {len(names) - 1} more")
    return transformer


def lora_name(path: str | os.PathLike[str]) -> str:
    """What the LoRA of a file is called, where no other name is given."""
    return Path(path).stem.replace(".", "_")  # PyTorch takes no dots in names


def lora_names(pipe: "Cut2NextPipeline") -> list[str]:
    """The LoRAs on a pipeline's transformer."""
    return list(getattr(pipe.transformer, "peft_config", {}))


def put_lora(pipe: "Cut2NextPipeline", path: Path, lora: Lora, name: str, **settings: Any) -> None:
    """Puts the LoRA of a file on top of a pipeline's weights, under a name.

    Raises WeightsError when it does not fit, InputError for a name that is taken, and where PEFT is
    not installed.
    """
    lora_config(pipe.backbone.lora_targets)  # says so where PEFT is not installed
    _check_fit(pipe, path, lora)
    if name in lora_names(pipe):
        raise InputError(
            f"a second LoRA called {name!r}", expected="another name", hint="rename it"
        )
    tensors = {**pipe.backbone.lora_tensors(lora.adapted, "diffusers"), **lora.others}
    alphas = {key: tensors.pop(key) for key in list(tensors) if key.endswith(".alpha")}
    settings = {"network_alphas": alphas, "adapter_name": name, "_pipeline": pipe, **settings}
    with warnings.catch_warnings():
        # PEFT warns of every LoRA after the first; having several is what names are for.
        warnings.filterwarnings("ignore", message="Already found a `peft_config`")
        # It warns that a LoRA on quantised weights cannot be merged; `fuse_lora` refuses that.
        warnings.filterwarnings("ignore", message="TorchaoLoraLinear was instantiated")
        pipe.transformer.load_lora_adapter(tensors, **settings)
        if lora.others:
            pipe.backbone.put_text_lora(tensors, **settings)


def save_lora(pipe: "Cut2NextPipeline", path: Path, name: str) -> None:
    """Writes the transformer's LoRA of that name, with all that loading it must know.

    Raises InputError when there is none, and OutputError when it cannot be written.
    """
    factors = adapted(pipe.transformer, name)
    if not factors:
        raise InputError(
            f"no LoRA called {name!r}",
            expected=f"one of {', '.join(lora_names(pipe)) or 'those loaded before'}",
            hint="inject or load one first",
        )
    training = Training(table=pipe.table, prompt_tokens=pipe.prompt_tokens, base=pipe.base_name)
    backbone = pipe.backbone.name
    write_lora(Lora(adapted=factors, training=training, others={}, backbone=backbone), path)


def _check_fit(pipe: "Cut2NextPipeline", path: Path, lora: Lora) -> None:
    if reason := misfit(pipe.transformer, lora.adapted):
        raise _unfit(path, reason, "a LoRA for this base")
    if lora.training is None:
        return
    if lora.training.table != pipe.table:
        raise _unfit(
            path,
            f"was trained under the table {lora.training.table.name!r}",
            f"one under {pipe.table.name!r}, as this pipeline",
        )
    if lora.training.prompt_tokens != pipe.prompt_tokens:
        raise _unfit(
            path,
            f"was trained with prompts of {_counts(lora.training.prompt_tokens)} tokens",
            f"{_counts(pipe.prompt_tokens)}, as this pipeline",
        )


def _counts(prompt_tokens: Mapping[Segment, int]) -> str:
    counts = sorted((str(segment), count) for segment, count in prompt_tokens.items())
    return ", ".join(f"{count} ({name})" for name, count in counts)


def _unfit(path: Path, got: str, expected: str) -> WeightsError:
    return WeightsError(
        f"{path}: {got}",
        expected=expected,
        hint="load the model together with the LoRA it shall have (`loras=`), or take another one",
    )
