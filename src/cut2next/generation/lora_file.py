"""A LoRA as a file: diffusers' names with `.alpha` beside them, and in its header what it needs.

ComfyUI takes a missing alpha as one, diffusers as the rank: with an alpha for every matrix both
scale alike. The header says under which segment table the LoRA was trained, so that loading it
configures a pipeline, or refuses one that was configured otherwise. No pipeline here.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from cut2next.backbones import BACKBONES, DEFAULT, backbone_named
from cut2next.backbones.lora import Adapted
from cut2next.conditioning import TABLES, Segment, SegmentTable
from cut2next.film import WeightsError
from cut2next.film.errors import one_line
from cut2next.film.writing import whole_file

FORMAT = "2"
"""Of the `cut2next.` fields in the header; those of format 1 are read too."""


@dataclass(frozen=True, kw_only=True)
class Training:
    """What a LoRA was trained on and under; without these it makes other pictures."""

    table: SegmentTable
    prompt_tokens: Mapping[Segment, int]
    base: str
    """The model that it was trained on, by name."""


@dataclass(frozen=True, kw_only=True)
class Lora:
    """A LoRA out of a file, or on its way into one."""

    adapted: Adapted
    training: Training | None
    """None for one that is not of cut2next, a style for example: it goes with any table."""
    others: Mapping[str, Tensor]
    """Tensors for other networks, the text encoder's, under their names in the file."""
    backbone: str = DEFAULT
    """By name."""


def write_lora(lora: Lora, path: Path, naming: str = "diffusers") -> None:
    """Writes a LoRA, whole or not at all.

    Raises OutputError when it cannot be written, and InputError for what the naming cannot say.
    """
    backbone = backbone_named(lora.backbone)
    tensors = {**backbone.lora_tensors(lora.adapted, naming), **lora.others}
    with whole_file(path, fault=SafetensorError) as partial:
        # Copies of their own, which safetensors asks for where tensors share memory.
        apart = {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}
        save_file(apart, partial, metadata=_header(lora, path.stem))


def read_lora(path: Path) -> Lora:
    """Reads a LoRA in any naming that is known for its backbone.

    Raises WeightsError when the file is missing or damaged, no LoRA, or not one of its backbone.
    """
    with _opened(path) as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # no dict
        header = file.metadata() or {}
    training = _training(path, header)
    if (name := header.get("cut2next.backbone", DEFAULT)) not in BACKBONES:
        raise _refused(path, f"is for the backbone {name!r}, which this version does not have")
    backbone = backbone_named(name)
    try:
        adapted, others = backbone.read_lora(tensors)
    except (LookupError, ValueError, AssertionError, RuntimeError) as error:
        raise _refused(path, f"is no LoRA of {backbone.title} ({one_line(error)})") from error
    if not adapted:
        raise _refused(path, "holds no LoRA of a transformer")
    for module, factors in adapted.items():
        if (factors.down.ndim, factors.up.ndim) != (2, 2) or not factors.rank:
            shapes = f"{tuple(factors.down.shape)} and {tuple(factors.up.shape)}"
            raise _refused(path, f"{module} has factors of shapes {shapes}")
    return Lora(adapted=adapted, training=training, others=others, backbone=backbone.name)


def read_training(path: Path) -> Training | None:
    """What a LoRA was trained under, from its header alone; None where it does not say.

    Raises WeightsError when the file is missing or damaged.
    """
    with _opened(path) as file:
        return _training(path, file.metadata() or {})


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except FileNotFoundError as error:
        raise _refused(path, "no such file") from error
    except (SafetensorError, OSError) as error:
        raise _refused(path, f"damaged, or no safetensors file ({one_line(error)})") from error


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


def _training(path: Path, header: Mapping[str, str]) -> Training | None:
    if "cut2next.format" not in header:
        return None
    number = header["cut2next.format"]
    if number not in _FORMATS:
        raise _refused(path, f"has format {number}, this version reads {' and '.join(_FORMATS)}")
    try:
        name, base = header["cut2next.table"], header["cut2next.base"]
        rules = json.loads(header["cut2next.segments"])
        counts = json.loads(header["cut2next.prompt_tokens"])
        prompt_tokens = {Segment.named(prompt): int(counts[prompt]) for prompt in counts}
    except (KeyError, ValueError, AttributeError, TypeError) as error:
        raise _refused(path, f"has a damaged header ({one_line(error)})") from error
    table = TABLES.get(name)
    if table and {s for s, count in prompt_tokens.items() if count > 0} != set(table.prompts):
        raise _refused(path, f"has a damaged header (prompts of {counts} tokens)")
    if table is None or _FORMATS[number](table) != rules:
        raise _refused(path, f"was trained under a table {name!r} that this version does not have")
    return Training(table=table, prompt_tokens=prompt_tokens, base=base)


def _refused(path: Path, got: str) -> WeightsError:
    titles = " or ".join(backbone.title for backbone in BACKBONES.values())
    return WeightsError(
        f"{path}: {got}",
        expected=f"a LoRA of {titles} in safetensors",
        hint="`cut2next lora info FILE` tells what a file holds",
    )
