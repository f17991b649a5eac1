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

from cut2next.backbones.flux1.lora import Adapted
from cut2next.backbones.flux1.lora_naming import Naming, naming_of
from cut2next.conditioning import TABLES, Segment, SegmentTable
from cut2next.film import WeightsError
from cut2next.film.errors import one_line
from cut2next.film.writing import whole_file

FORMAT = "1"
"""Of the `cut2next.` fields in the header."""


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


def write_lora(lora: Lora, path: Path, naming: Naming = Naming.DIFFUSERS) -> None:
    """Writes a LoRA, whole or not at all.

    Raises OutputError when it cannot be written, and InputError for what the naming cannot say.
    """
    tensors = {**naming.tensors(lora.adapted), **lora.others}
    with whole_file(path, fault=SafetensorError) as partial:
        save_file(_apart(tensors), partial, metadata=_header(lora, path.stem))


def read_lora(path: Path) -> Lora:
    """Reads a LoRA in any naming that diffusers knows for FLUX.1.

    Raises WeightsError when the file is missing or damaged, no LoRA, or not one of FLUX.1.
    """
    tensors, header = _read(path)
    training = _training(path, header)
    try:
        adapted, others = naming_of(tensors).read(tensors)
    except (LookupError, ValueError, AssertionError, RuntimeError) as error:
        raise _refused(path, f"is no LoRA of FLUX.1 ({one_line(error)})") from error
    if not adapted:
        raise _refused(path, "holds no LoRA of a transformer")
    for module, factors in adapted.items():
        if (factors.down.ndim, factors.up.ndim) != (2, 2) or not factors.rank:
            shapes = f"{tuple(factors.down.shape)} and {tuple(factors.up.shape)}"
            raise _refused(path, f"{module} has factors of shapes {shapes}")
    return Lora(adapted=adapted, training=training, others=others)


def read_training(path: Path) -> Training | None:
    """What a LoRA was trained under, from its header alone; None where it does not say.

    Raises WeightsError when the file is missing or damaged.
    """
    with _opened(path) as file:
        return _training(path, file.metadata() or {})


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    with _opened(path) as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118  # it is no dict


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except FileNotFoundError as error:
        raise _refused(path, "no such file") from error
    except (SafetensorError, OSError) as error:
        raise _refused(path, f"damaged, or no safetensors file ({one_line(error)})") from error


def _apart(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies of their own, which safetensors asks for where tensors share memory."""
    return {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}


def _header(lora: Lora, title: str) -> dict[str, str]:
    """What other programs look for (modelspec), and what only we do."""
    known = {
        "modelspec.sai_model_spec": "1.0.1",
        "modelspec.architecture": "flux-1-dev/lora",
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
        "cut2next.table": lora.training.table.name,
        "cut2next.segments": json.dumps(_rules(lora.training.table)),
        "cut2next.prompt_tokens": json.dumps(
            {str(segment): count for segment, count in lora.training.prompt_tokens.items()}
        ),
        "cut2next.base": lora.training.base,
    }


def _rules(table: SegmentTable) -> list[dict[str, Any]]:
    """A table in full, clocks and places too: a name alone may come to mean another one."""
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


def _training(path: Path, header: Mapping[str, str]) -> Training | None:
    if "cut2next.format" not in header:
        return None
    if header["cut2next.format"] != FORMAT:
        raise _refused(path, f"has format {header['cut2next.format']}, this version reads {FORMAT}")
    try:
        table_name = header["cut2next.table"]
        rules = json.loads(header["cut2next.segments"])
        counts = json.loads(header["cut2next.prompt_tokens"])
        prompt_tokens = {Segment.named(name): int(count) for name, count in counts.items()}
        base = header["cut2next.base"]
    except (KeyError, ValueError, AttributeError, TypeError) as error:
        raise _refused(path, f"has a damaged header ({one_line(error)})") from error
    table = TABLES.get(table_name)
    prompts = {one for one in prompt_tokens if prompt_tokens[one] > 0}
    if table and prompts != {one for one in table.segments if one.is_prompt}:
        raise _refused(path, f"has a damaged header (prompts of {counts} tokens)")
    if table is None or _rules(table) != rules:
        raise _refused(
            path, f"was trained under a table {table_name!r} that this version does not have"
        )
    return Training(table=table, prompt_tokens=prompt_tokens, base=base)


def _refused(path: Path, got: str) -> WeightsError:
    return WeightsError(
        f"{path}: {got}",
        expected="a LoRA of FLUX.1 in safetensors",
        hint="`cut2next lora info FILE` tells what a file holds",
    )
