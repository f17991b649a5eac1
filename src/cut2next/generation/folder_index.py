"""What the index of a model's folder may say of how its weights were trained. No torch here."""

from math import prod
from typing import Annotated, Self

from pydantic import Field, model_validator

from cut2next.backbones.configuration import Configuration, Line
from cut2next.generation.framing import LONGEST
from cut2next.generation.ranges import EARLIER_SHOTS, STEPS

PromptTokens = dict[Line, Annotated[int, Field(ge=1, le=4096)]]
"""How many tokens each prompt has, by its name; attention grows with their square."""
EarlierShots = Annotated[int, Field(ge=EARLIER_SHOTS.least, le=EARLIER_SHOTS.most)]
"""How many before the current one weights have learnt to read."""

_AREA = 2**22
"""Pixels, the most that a model may make unasked: four times as many as FLUX.1 was trained on."""


class FolderIndex(Configuration):
    """`model_index.json`, as far as it is not components; what is absent or null is not told."""

    pipeline: Line | None = Field(None, alias="_class_name")
    table: Line | None = None
    prompt_tokens: PromptTokens | None = None
    default_steps: Annotated[int, Field(ge=STEPS.least, le=STEPS.most)] = STEPS.least
    default_size: (
        Annotated[list[Annotated[int, Field(ge=1, le=LONGEST)]], Field(min_length=2, max_length=2)]
        | None
    ) = None
    knows: Line = ""
    repertoire: Line = ""
    earlier_shots: EarlierShots = 0

    @model_validator(mode="after")
    def _is_a_picture(self) -> Self:
        if prod(self.default_size or ()) > _AREA:
            raise ValueError(f"a default_size of up to {_AREA:,} pixels in all")
        return self


class Shards(Configuration):
    """Which file each tensor is in, of weights that are spread over several, beside it."""

    weight_map: dict[str, Annotated[str, Field(pattern=r"^[\w.-]+\.safetensors$")]]
