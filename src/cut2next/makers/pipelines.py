"""Which maker reads which weights of the diffusers library, so that a folder alone says it."""

from collections.abc import Mapping
from types import MappingProxyType

from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.makers.diffusers_folder import index_of
from cut2next.makers.diffusers_maker import DiffusersMaker
from cut2next.makers.ic_lora import IcLoraMaker
from cut2next.makers.klein import KleinMaker
from cut2next.makers.kontext import KontextMaker
from cut2next.makers.qwen21 import Qwen21Maker
from cut2next.makers.qwen_edit import QwenEditMaker

PIPELINES: Mapping[str, type[DiffusersMaker]] = MappingProxyType(
    {
        maker.pipeline: maker
        for maker in (KontextMaker, KleinMaker, QwenEditMaker, Qwen21Maker, IcLoraMaker)
    }
)
"""By the class that `model_index.json` names. FLUX.1's own weights may also be cut2next's."""


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
