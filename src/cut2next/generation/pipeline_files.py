"""A pipeline out of a model's folder, with LoRAs on top.

Everything is checked before anything is changed, so that a refusal leaves nothing half-loaded.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from cut2next.backbones import BACKBONES, Backbone
from cut2next.film import InputError
from cut2next.film.fields import check_kind
from cut2next.film.word_trial import check_words
from cut2next.generation import weights
from cut2next.generation.lora_file import Training, read_lora
from cut2next.generation.lora_loading import lora_name, put

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
    check_kind("loras", loras, Sequence[str | os.PathLike[str]], "for example [file]")
    folder = weights.model_folder(name, handed_in=settings)
    weights.check_weights(folder, handed_in=settings)
    read = [(source, read_lora(source)) for source in loras]
    trainings = [lora.training for _, lora in read if lora.training]
    earlier = [weights.earlier_shots_in(folder), *(told.earlier_shots for told in trainings)]
    settings = {**_trained(name, folder, trainings, settings), **settings}
    settings.setdefault("earlier_shots", max(earlier))
    settings = {**dict.fromkeys(weights.absent(folder)), **settings}
    settings.pop("use_safetensors", None)
    backbone = weights.backbone_in(folder).imported()
    if str(name) not in weights.SHIPPED:
        _check_foreign(backbone, folder, settings)
    _take_transformer(backbone, folder / "transformer", settings)
    with weights.loading(folder):
        # Never what would be unpickled.
        pipe = load(folder, **settings, use_safetensors=True)
    for component in set(backbone.networks()).difference(settings):
        weights.check_whole(folder / component, getattr(pipe, component))
    if "transformer" not in settings:
        weights.check_nothing_left(folder / "transformer", pipe.transformer)
    for source, lora in read:
        put(pipe, str(source), lora, lora_name(source))
    return pipe


def _check_foreign(backbone: type[Backbone], folder: Path, settings: Mapping[str, Any]) -> None:
    """Raises WeightsError for what could not be loaded, or only at a price."""
    tokenizers = [folder / name for name in backbone.tokenizers if name not in settings]
    check_words(tokenizers, weights.damaged)
    configurations = weights.configurations(folder)
    if weights.absent(folder):
        return
    with weights.loading(folder), torch.device("meta"):
        hollow = backbone.hollow(configurations)
    for name in set(backbone.networks()).difference(settings):
        if not weights.comes_quantised(folder / name):
            weights.check_shapes(folder / name, getattr(hollow, name))


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
