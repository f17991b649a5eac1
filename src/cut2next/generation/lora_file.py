"""A LoRA as a file: diffusers' names with `.alpha` beside them, and in its header what it needs.

ComfyUI takes a missing alpha as one, diffusers as the rank: with an alpha for every matrix both
scale alike. The header says under which segment table the LoRA was trained, so that loading it
configures a pipeline, or refuses one that was configured otherwise. No pipeline here.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import Field, Json, ValidationError
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from cut2next.backbones import BACKBONES, DEFAULT, backbone_named
from cut2next.backbones.configuration import Configuration, Line, first_fault
from cut2next.backbones.lora import Adapted
from cut2next.backbones.lora_reading import Networks, kind_of
from cut2next.backbones.lora_source import located, opened, opened_config, refused, tensors_of
from cut2next.conditioning import Segment, SegmentTable, known_table
from cut2next.film.errors import one_line
from cut2next.film.writing import whole_file
from cut2next.generation.folder_index import EarlierShots, PromptTokens

FORMAT = "2"
"""Of the `cut2next.` fields in the header; those of format 1 are read too."""


@dataclass(frozen=True, kw_only=True)
class Training:
    """What a LoRA was trained on and under; without these it makes other pictures."""

    table: SegmentTable
    prompt_tokens: Mapping[Segment, int]
    base: str
    """The model that it was trained on, by name."""
    earlier_shots: int = 0
    """How many shots before the current one the two together have learnt to read."""


@dataclass(frozen=True, kw_only=True)
class Lora:
    """A LoRA out of a file, or on its way into one."""

    networks: Networks
    """What is added to the transformer and, rarely, to text encoders, or to these alone."""
    training: Training | None
    """None for one that is not of cut2next, a style for example: it goes with any table."""
    backbone: str = DEFAULT
    """By name."""

    @property
    def adapted(self) -> Adapted:
        """What is added to the transformer."""
        return self.networks.get("transformer", {})


def write_lora(lora: Lora, path: Path, naming: str = "diffusers") -> None:
    """Writes a LoRA, whole or not at all.

    Raises OutputError when it cannot be written, and InputError for what the naming cannot say.
    """
    tensors = backbone_named(lora.backbone).lora_tensors(lora.networks, naming)
    with whole_file(path, fault=SafetensorError) as partial:
        # Copies of their own, which safetensors asks for where tensors share memory.
        apart = {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}
        save_file(apart, partial, metadata=_header(lora, path.stem))


def read_lora(path: str | os.PathLike[str]) -> Lora:
    """Reads a LoRA in any naming that is known for its backbone, all of it or nothing.

    `path` is its file, or a folder or name of the hub with one that it must be (see `located`).
    Raises WeightsError when the file is missing or damaged, no LoRA, not one of its backbone, or
    holds what is not read.
    """
    path = located(path)
    tensors, header = tensors_of(path)
    config = opened_config(path, header)
    return lora_of(tensors, config, str(path), header)


def lora_of(
    tensors: Mapping[str, Tensor],
    config: Mapping[str, Any],
    path: str,
    header: Mapping[str, str] = MappingProxyType({}),
) -> Lora:
    """The LoRA that tensors are, with PEFT's configuration and a file's header.

    `path` is what errors call it.

    Raises WeightsError as `read_lora` does.
    """
    training = _training(path, header)
    if (name := header.get("cut2next.backbone", DEFAULT)) not in BACKBONES:
        raise refused(f"{path}: is for the backbone {name!r}, which this version does not have")
    backbone = backbone_named(name)
    try:
        networks = backbone.read_lora(tensors, config)
    except ValueError as error:
        raise refused(
            f"{path}: is no LoRA of {backbone.title}, or not only one ({one_line(error)})"
        ) from error
    if not networks:
        raise refused(f"{path}: holds no LoRA")
    return Lora(networks=networks, training=training, backbone=backbone.name)


def contents(path: str | os.PathLike[str]) -> dict[str, object]:
    """What a file holds, in words, LoRA or not.

    Raises WeightsError when the file is missing or damaged.
    """
    with opened(located(path)) as file:
        names = list(file.keys())
        kinds = {file.get_slice(n).get_dtype() for n in names if not n.endswith(".alpha")}
    # "BF16" is bfloat16, "F8_E4M3" float8_e4m3.
    precisions = sorted(re.sub(r"f(?=\d)", "float", kind.lower()) for kind in kinds)
    return {"kind": kind_of(names), "tensors": len(names), "precision": ", ".join(precisions)}


def read_training(path: str | os.PathLike[str]) -> Training | None:
    """What a LoRA was trained under, from its header alone; None where it does not say.

    Raises WeightsError when the file is missing or damaged.
    """
    with opened(located(path)) as file:
        return _training(str(path), file.metadata() or {})


def _header(lora: Lora, title: str) -> dict[str, str]:
    """What other programs look for (modelspec), and what only we do."""
    known = {
        "modelspec.sai_model_spec": "1.0.1",
        "modelspec.architecture": backbone_named(lora.backbone).lora_architecture,
        "modelspec.implementation": "diffusers",
        "modelspec.title": title,
        "modelspec.date": datetime.now(UTC).isoformat(timespec="seconds"),
        "modelspec.prediction_type": "flow",
    }
    if lora.training is None:
        return known
    return {
        **known,
        "cut2next.format": FORMAT,
        "cut2next.backbone": lora.backbone,
        "cut2next.table": lora.training.table.name,
        "cut2next.segments": json.dumps(_rules(lora.training.table)),
        "cut2next.prompt_tokens": json.dumps(
            {str(segment): count for segment, count in lora.training.prompt_tokens.items()}
        ),
        "cut2next.base": lora.training.base,
        "cut2next.earlier_shots": str(lora.training.earlier_shots),
    }


def _rules(table: SegmentTable) -> list[dict[str, Any]]:
    """A table in full, clocks and places too: a name alone may come to mean another one.

    Segments are [kind, index].
    """
    return [
        {
            "segment": _numbered(rule.segment),
            "clock": rule.clock,
            "pooled_from": _numbered(rule.pooled_from),
            "reads": [_numbered(segment) for segment in table.segments if segment in rule.reads],
            "place": list(rule.place),
        }
        for rule in table.rules
    ]


def _numbered(segment: Segment) -> list[Any]:
    return [segment.kind, segment.index]


def _rules_of_format_1(table: SegmentTable) -> list[dict[str, Any]]:
    """As they were when there were five segments, and a place was a number of widths."""
    return [
        {
            "segment": str(rule.segment),
            "clock": rule.clock,
            "pooled_from": str(rule.pooled_from),
            "reads": sorted(map(str, rule.reads)),
            "widths_left": -rule.place.x,
        }
        for rule in table.rules
    ]


_FORMATS = {"1": _rules_of_format_1, FORMAT: _rules}
"""By format, how a table is written."""


class _Told(Configuration):
    """What a header says of training."""

    table: Line = Field(alias="cut2next.table")
    base: Line = Field(alias="cut2next.base")
    segments: Json[list[dict[str, Any]]] = Field(alias="cut2next.segments")
    prompt_tokens: Json[PromptTokens] = Field(alias="cut2next.prompt_tokens")
    earlier_shots: Json[EarlierShots] = Field(0, alias="cut2next.earlier_shots")


def _training(path: str, header: Mapping[str, str]) -> Training | None:
    if "cut2next.format" not in header:
        return None
    number = header["cut2next.format"]
    if number not in _FORMATS:
        raise refused(f"{path}: has format {number}, this version reads {' and '.join(_FORMATS)}")
    try:
        told = _Told.model_validate(dict(header))
        prompt_tokens = {
            Segment.named(name): told.prompt_tokens[name] for name in told.prompt_tokens
        }
    except ValueError as error:
        reason = (
            ", expected ".join(first_fault(error)) if isinstance(error, ValidationError) else error
        )
        raise refused(f"{path}: has a damaged header ({one_line(reason)})") from error
    table = known_table(told.table)
    if table and set(prompt_tokens) != set(table.prompts):
        raise refused(f"{path}: has a damaged header (prompts of {told.prompt_tokens} tokens)")
    if table is None or _FORMATS[number](table) != told.segments:
        raise refused(
            f"{path}: was trained under a table {told.table!r} that this version does not have"
        )
    return Training(
        table=table,
        prompt_tokens=prompt_tokens,
        base=told.base,
        earlier_shots=told.earlier_shots,
    )
