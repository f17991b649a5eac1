"""`cut2next plan --train`: which ways to train a LoRA fit a card, and how long and large it is."""

import argparse
from typing import TYPE_CHECKING

from cut2next.cli.arguments import positive_int, up_to
from cut2next.generation.fit import first_fitting
from cut2next.generation.framing import Size
from cut2next.training.fit import (
    CARDS,
    SHARES,
    Optimizer,
    TrainingDemand,
    TrainingFit,
    chosen_way,
    disk,
    ways,
)

if TYPE_CHECKING:
    from cut2next.conditioning import Layout
    from cut2next.generation.device import Device

USUAL = Size(1024, 576)
"""Of the pictures, where no size is asked for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is trained, and on how much."""
    add = parser.add_argument_group("training").add_argument
    add("--train", action="store_true", help="plan for training a LoRA, not for making pictures")
    add("--rank", type=up_to(4096), default=256, metavar="R", help="of the LoRA (256)")
    add("--each", type=up_to(64), default=1, metavar="K", help="next shots of a current shot (1)")
    untold = "segment table, unless model or LoRA tell one (closed)"
    add("--table", default="closed", metavar="NAME", help=untold)
    usual = "else adamw, or in 8 bits"
    add("--optimizer", choices=list(map(str, Optimizer)), help=f"what steps ({usual})")
    add("--cuts", type=positive_int, metavar="N", help="how many there are, to tell disk and time")


def run(args: argparse.Namespace) -> None:
    """Estimate, show, choose."""
    from cut2next.conditioning import table_named
    from cut2next.generation.device import best_device
    from cut2next.generation.lora_file import read_training
    from cut2next.generation.plan import model_named
    from cut2next.recipes.lora.recipe import rawcuts
    from cut2next.recipes.training_plan import planned_training

    model = model_named(args.model)
    size = model.framing.asked(args.size, model.framing.size(*USUAL))
    of_loras = [read_training(lora.path) for lora in args.lora]
    known = [model.earlier_shots, *(told.earlier_shots for told in of_loras if told)]
    args.earlier_shots = max(args.earlier_shots, *known)  # what is read already is read on
    layout, needed = planned_training(
        model,
        size,
        rank=args.rank,
        each=args.each,
        earlier_shots=args.earlier_shots,
        table=table_named(args.table),
        prompt_tokens=rawcuts().prompt_lengths,
        loras=[lora.path for lora in args.lora],
    )
    device = best_device()
    optimizers = [Optimizer(args.optimizer)] if args.optimizer else [*Optimizer][:2]
    among = list(ways(needed, fp8=device.computes_fp8, optimizers=optimizers))
    _tell_memory(args, size, layout, needed, among)
    _tell_time(args, device, needed)
    if args.cuts:
        _tell_disk(args, needed, optimizers[0])
    _tell_choice(args, device, needed, among)


def _tell_memory(
    args: argparse.Namespace,
    size: Size,
    layout: "Layout",
    needed: TrainingDemand,
    among: list[TrainingFit],
) -> None:
    say, tokens = args.report.say, " + ".join(map(str, layout.prompt_tokens.values()))
    say(
        f"{args.model} at {size}, {layout.table.name} table, {tokens} tokens of prompts, "
        f"{args.earlier_shots} earlier shots, a LoRA of rank {args.rank} "
        f"({needed.numbers / 1e9:.3f} billion numbers), {args.each} next shots of a current shot "
        "at a time: GiB on the card at a time",
        model=args.model,
        size=size,
        table=layout.table.name,
        earlier_shots=args.earlier_shots,
        rank=args.rank,
        each=args.each,
        numbers=needed.numbers,
    )
    peaks = [{**vars(fit), "bytes": needed.peak(fit)} for fit in among]
    say(_table(needed, among), fits=peaks)
    for card in CARDS:
        fit = first_fitting(needed.peak, card * 2**30, among)
        found = f"{card} GiB: {_options(fit) if fit else 'nothing fits'}"
        say(found, cards=[{"gib": card, **(vars(fit) if fit else {"precision": None})}])


def _table(needed: TrainingDemand, among: list[TrainingFit]) -> str:
    """Precisions and optimizers down, shares of the blocks that are checkpointed across."""
    cells: dict[tuple[str, str], dict[float, list[str]]] = {}
    for fit in among:
        row = cells.setdefault((fit.precision, fit.optimizer), {})
        row.setdefault(fit.checkpointed, []).append(f"{needed.peak(fit) / 2**30:.1f}")
    head = "".join(f"{f'{share:.0%} checkpointed':>20}" for share in SHARES)
    lines = [f"{'':16}{head}"]
    for (precision, optimizer), row in cells.items():
        told = "".join(f"{f'{live} ({cached})':>20}" for live, cached in row.values())
        lines.append(f"{precision:6}{optimizer:10}{told}")
    lines.append("(in parentheses: prompts encoded before, and kept on disk)")
    return "\n".join(lines)


def _tell_time(args: argparse.Namespace, device: "Device", needed: TrainingDemand) -> None:
    """Arithmetic; where it is for the machine at hand, how long that takes it at best."""
    from cut2next.generation.arithmetic import matrix_rate

    flops = {share: needed.step.of(share).flops / needed.samples for share in (0, 1)}
    line = (
        f"a step is {flops[0] / 1e12:.4g} TFLOP a sample, {flops[1] / 1e12:.4g} with all blocks "
        "checkpointed"
    )
    facts: dict[str, float] = {"flops": flops[0], "flops_checkpointed": flops[1]}
    if args.vram is None:
        facts["rate"] = rate = matrix_rate(device.name)
        line += f": {flops[0] / rate:.3g} s or more, at {rate / 1e12:.3g} TFLOP/s measured here"
        if args.cuts:
            line += f", an epoch {args.cuts * flops[0] / rate / 3600:.3g} h"
    args.report.say(line, **facts)


def _tell_disk(args: argparse.Namespace, needed: TrainingDemand, optimizer: Optimizer) -> None:
    from cut2next.recipes.lora.estimate import WORDINGS

    kept = disk(
        needed, TrainingFit(optimizer=optimizer, cached_texts=True), args.cuts, wordings=WORDINGS
    )
    latents, texts, checkpoint, lora = (size / 1e9 for size in kept)
    args.report.say(
        f"on disk, of {args.cuts} cuts: {latents:.3g} GB of latents; of prompts, where they are "
        f"kept, {texts:.4g} GB; {checkpoint:.3g} GB a checkpoint; {lora:.3g} GB the LoRA",
        disk=kept._asdict(),
    )


def _tell_choice(
    args: argparse.Namespace, device: "Device", needed: TrainingDemand, among: list[TrainingFit]
) -> None:
    """For the card that is asked for, or the one at hand; refuses what cannot fit."""
    card = device.is_card or args.vram is not None
    room = device.room(args.vram)
    fit = chosen_way(needed, room, among if card else [TrainingFit(optimizer=among[0].optimizer)])
    there = f"{room / 2**30:.1f} GiB"
    there = f"for {there}" if card else f"no GPU here: for {there} of RAM"
    args.report.say(f"{there}: {_options(fit)}", chosen=vars(fit), room_bytes=room)


def _options(fit: TrainingFit) -> str:
    cached = " --cached-texts" if fit.cached_texts else ""
    share = f"--checkpointed {fit.checkpointed:g}"
    return f"--precision {fit.precision} --optimizer {fit.optimizer} {share}{cached}"
