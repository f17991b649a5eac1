"""Which maker reads which weights of the diffusers library, so that a folder alone says it."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.generation.hub import is_hub_name
from cut2next.generation.weights import SHIPPED
from cut2next.makers.diffusers_folder import index_of
from cut2next.makers.diffusers_maker import DiffusersMaker
from cut2next.makers.ic_lora import IcLoraMaker
from cut2next.makers.klein import KleinMaker
from cut2next.makers.kontext import KontextMaker
from cut2next.makers.qwen21 import Qwen21Maker
from cut2next.makers.qwen_edit import QwenEditMaker
from cut2next.makers.settings import read_settings

OURS = "Cut2NextPipeline"

PIPELINES: Mapping[str, type[DiffusersMaker]] = MappingProxyType(
    {
        maker.pipeline: maker
        for maker in (KontextMaker, KleinMaker, QwenEditMaker, Qwen21Maker, IcLoraMaker)
    }
)
"""By the class that `model_index.json` names. FLUX.1's own weights are cut2next's with its LoRA."""


def maker_for(name: str) -> type[DiffusersMaker]:
    """The maker of the weights in a folder, or of the hub by OWNER/NAME.

    Raises InputError for weights that none reads, and as `index_of` does.
    """
    found = index_of(name)["_class_name"]
    if found not in PIPELINES:
        raise InputError(
            f"{name}: weights of {one_line(found, 60)}",
            expected=f"those of {', '.join(PIPELINES)}",
            hint="name other weights, or write a maker in a few lines (docs/cutbench.md)",
        )
    return PIPELINES[found]


def through_diffusers(
    model: str, loras: Sequence[tuple[Path, float]], told: Mapping[str, str]
) -> DiffusersMaker | None:
    """The maker of weights that are not cut2next's own, with what was typed of its settings.

    No weights are loaded. None for cut2next's: those in the package, its folders, and FLUX.1's own
    under a LoRA that tells how it was trained. Raises as a maker does, and as `maker_for`.
    """
    if model in SHIPPED or not (os.path.isdir(model) or is_hub_name(model)):  # noqa: PTH112
        return None
    found = index_of(model)["_class_name"]
    if found == OURS or (found == IcLoraMaker.pipeline and _any_trained(loras)):
        return None
    maker = maker_for(model)
    return maker(model, read_settings(maker.settings_kind, told, loras=loras))


def _any_trained(loras: Sequence[tuple[Path, float]]) -> bool:
    """Whether a LoRA tells how cut2next trained it. Raises as `read_training`."""
    if not loras:
        return False
    from cut2next.generation.lora_file import read_training  # which brings torch

    return any(read_training(path) is not None for path, _ in loras)
