"""`cut2next lora`: what a LoRA file holds, under other names, or merged into a model."""

import argparse
from collections import Counter
from typing import TYPE_CHECKING

from cut2next.cli.arguments import pathname, weighted_file

if TYPE_CHECKING:
    from cut2next.generation.lora_file import Lora, Training

NAME = "lora"
HELP = "look into a LoRA file, rename its matrices, merge it into a model"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, with which file."""
    actions = parser.add_subparsers(metavar="ACTION", title="actions", required=True)
    info = actions.add_parser("info", help="what a file holds")
    info.add_argument("file", type=pathname, metavar="FILE")
    info.set_defaults(action=_info)

    convert = actions.add_parser("convert", help="the same LoRA under another program's names")
    convert.add_argument("file", type=pathname, metavar="FILE")
    convert.add_argument("--to", required=True, choices=["diffusers", "kohya"], help="whose names")
    convert.add_argument("-o", "--output", type=pathname, required=True, metavar="OUT.safetensors")
    convert.set_defaults(action=_convert)

    merge = actions.add_parser("merge", help="a model with LoRAs worked into its weights")
    merge.add_argument("files", type=weighted_file, nargs="+", metavar="FILE[:WEIGHT]")
    merge.add_argument(
        "--model", default="mini", metavar="NAME", help="mini, or a folder of weights"
    )
    merge.add_argument(
        "-o", "--output", type=pathname, required=True, metavar="DIR", help="new folder"
    )
    merge.set_defaults(action=_merge)


def run(args: argparse.Namespace) -> None:
    """One of the three."""
    args.action(args)


def _info(args: argparse.Namespace) -> None:
    from cut2next.film import WeightsError
    from cut2next.generation.lora_file import contents, read_lora

    held = contents(args.file)
    try:
        lora = read_lora(args.file)
        told = {**_factors(lora), "precision": held["precision"], **_training(lora.training)}
    except WeightsError as error:
        told = {**held, "not usable": error.got}
    for label, value in told.items():
        args.report.say(f"{label + ':':16}{value}", **{label.replace(" ", "_"): value})


def _convert(args: argparse.Namespace) -> None:
    from cut2next.generation.lora_file import read_lora, write_lora

    write_lora(read_lora(args.file), args.output, args.to)
    args.report.say(args.output, outputs=[args.output])


def _merge(args: argparse.Namespace) -> None:
    from safetensors import SafetensorError

    from cut2next.film.writing import made_folder, new_folder
    from cut2next.generation.model_choice import ModelChoice

    out = args.output
    with made_folder(out.parent), new_folder(out, fault=SafetensorError) as folder:
        pipe = ModelChoice(name=args.model, loras=args.files).load().pipe
        pipe.merge_loras()  # done already, unless they are quantised; that is refused here
        pipe.save_pretrained(folder)
    args.report.say(args.output, outputs=[args.output])


def _factors(lora: "Lora") -> dict[str, object]:
    factors = [pair for adapted in lora.networks.values() for pair in adapted.values()]
    numbers = sum(tensor.numel() for pair in factors for tensor in pair.tensors.values())
    kinds = {"bias": "biases", "magnitude": "DoRA"}
    beside = [
        kinds[kind] for kind in kinds if any(vars(pair)[kind] is not None for pair in factors)
    ]
    beside += [component for component in lora.networks if component != "transformer"]
    beside += [] if lora.adapted else ["no transformer"]
    return {
        **({"with": ", ".join(beside)} if beside else {}),
        "matrices": len(factors),
        "rank": _spread([pair.rank for pair in factors]),
        "scale": _spread([round(pair.scale, 6) for pair in factors]),
        "numbers": f"{numbers:,}",
    }


def _training(training: "Training | None") -> dict[str, object]:
    if training is None:
        return {"trained": "not by cut2next, or not said: it goes with any table"}
    counts = training.prompt_tokens.items()
    return {
        "table": training.table.name,
        "prompt tokens": ", ".join(f"{segment} {count}" for segment, count in counts),
        "base": training.base,
        "earlier shots": training.earlier_shots,
    }


def _spread(values: list[int] | list[float] | list[str]) -> str:
    """One value, or each with how often it occurs."""
    counts = Counter(values)
    if len(counts) == 1:
        return str(values[0])
    return ", ".join(f"{value} ({count}×)" for value, count in counts.most_common())
