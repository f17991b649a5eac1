"""Which model a command loads, and how it fits the machine: the arguments that commands share."""

import argparse
import gc
from importlib import import_module
from typing import TYPE_CHECKING

from cut2next.cli.arguments import pathname, vram, weighted_file
from cut2next.generation.fit import Placement, Precision

if TYPE_CHECKING:
    from cut2next.generation.model_choice import ModelChoice


def add_model_arguments(parser: argparse.ArgumentParser, *, lora: str) -> None:
    """`--model`, `--transformer` and `--lora`; `lora` is the help of the last."""
    add = parser.add_argument
    add("--model", default="mini", metavar="NAME", help="mini, a folder, or OWNER/NAME on the hub")
    add("--transformer", type=pathname, metavar="FILE", help="its weights, from one file instead")
    add("--lora", type=weighted_file, action="append", default=[], metavar="FILE[:W]", help=lora)


def add_fit_arguments(parser: argparse.ArgumentParser) -> None:
    """`--vram`, `--precision` and `--placement`; what is not given is chosen."""
    add = parser.add_argument
    held = "memory that a large model stays within (default: auto, what is free)"
    add("--vram", type=vram, metavar="GIB", help=held)
    add("--precision", choices=list(map(str, Precision)), help="of its weights (else chosen)")
    add("--placement", choices=list(map(str, Placement)), help="where they wait (else chosen)")


def model_choice(args: argparse.Namespace) -> "ModelChoice":
    """What the arguments of both say."""
    from cut2next.generation.model_choice import ModelChoice

    return ModelChoice(
        name=args.model,
        transformer=args.transformer,
        loras=args.lora,
        vram=args.vram,
        precision=args.precision and Precision(args.precision),
        placement=args.placement and Placement(args.placement),
    )


def import_libraries() -> None:
    """What making pictures takes: seconds, a fifth of which would go into looking for garbage."""
    gc.disable()
    try:
        import_module("cut2next.generation.pipeline")
    finally:
        gc.enable()
