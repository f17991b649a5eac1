"""`cut2next plan`: which ways to load a model fit a card, before anything is loaded."""

import argparse
from typing import TYPE_CHECKING

from cut2next.cli import plan_training
from cut2next.cli.arguments import shot_size, up_to, vram
from cut2next.cli.model import add_model_arguments
from cut2next.generation.fit import Fit, Held, chosen
from cut2next.generation.ranges import EARLIER_SHOTS

if TYPE_CHECKING:
    from cut2next.generation.framing import Size
    from cut2next.generation.plan import Plan

NAME = "plan"
MOST = 1000
"""Pictures at a time, and shots."""
HELP = "which ways to load a model, or to train on it, fit into a card's memory"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A model, a picture, and a card."""
    add = parser.add_argument
    add_model_arguments(parser, lora="as it will be used, merged")
    of_picture = f"of the picture (default: what of {plan_training.USUAL} the model takes)"
    add("--size", type=shot_size, metavar="WxH", help=of_picture)
    add("--count", type=up_to(MOST), default=1, metavar="N", help="pictures made at a time (1)")
    kept = "current shots kept on the card, as a session in Python may (1)"
    add("--shots", type=up_to(MOST), default=1, metavar="N", help=kept)
    read = "shots before the current one that are read too, as storyboard does (0)"
    add("--earlier-shots", type=up_to(EARLIER_SHOTS.most, 0), default=0, metavar="N", help=read)
    add("--vram", type=vram, metavar="GIB", help="of the card (default: what yours has free)")
    plan_training.add_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Estimate, show, choose."""
    if args.train:
        plan_training.run(args)
        return
    from cut2next.generation.device import best_device
    from cut2next.generation.plan import model_named, planned

    model = model_named(args.model)
    size = model.framing.asked(args.size, model.framing.size(*plan_training.USUAL))
    plan = planned(
        model,
        size,
        loras=[lora.path for lora in args.lora],
        transformer=args.transformer,
        pictures=args.count,
        held=Held(max(args.shots, 1 + args.earlier_shots), args.earlier_shots),
    )
    device = best_device()
    room = device.room(args.vram)
    # A card of so many GiB may be planned for where there is none.
    card = device.is_card or args.vram is not None
    among = plan.fits(fp8=device.computes_fp8, card=card)
    say = args.report.say
    where = "on the card" if card else "of RAM"
    headline = f"{_headline(args, size, plan)}: GiB {where} at a time"
    say(headline, model=args.model, size=size, table=plan.layout.table.name)
    peaks = [{**vars(fit), "bytes": plan.needed.peak(fit)} for fit in among]
    say(_table(plan, among), fits=peaks, host_bytes=plan.needed.host, room_bytes=room)
    say(f"beside it, loading takes {plan.needed.host / 2**30:.1f} GiB of the machine's memory")
    fit = chosen(plan.needed, room, among, card=card)
    there = f"{room / 2**30:.1f} GiB"
    there = f"for {there}" if card else f"no GPU here: for {there} of RAM"
    say(f"{there}: {_options(fit)}", chosen=vars(fit))


def _headline(args: argparse.Namespace, size: "Size", plan: "Plan") -> str:
    tokens = " + ".join(str(count) for count in plan.layout.prompt_tokens.values())
    pictures = f", {args.count} pictures at a time" if args.count > 1 else ""
    shots = f", {args.shots} shots kept" if args.shots > 1 else ""
    shots += f", {args.earlier_shots} earlier shots read" if args.earlier_shots else ""
    return (
        f"{args.model} at {size}, {plan.layout.table.name} table, {tokens} tokens of prompts"
        f"{pictures}{shots}"
    )


def _table(plan: "Plan", among: "list[Fit]") -> str:
    """Precisions down, placements across; tiles make a difference for large pictures only."""
    cells: dict[str, dict[str, str]] = {}
    for fit in among:
        peak = plan.needed.peak(fit) / 2**30
        row = cells.setdefault(fit.precision, {})
        if fit.placement not in row:
            row[fit.placement] = f"{peak:.1f}"
        elif f"{peak:.1f}" != row[fit.placement]:
            row[fit.placement] += f" ({peak:.1f})"
    columns = list(dict.fromkeys(fit.placement for fit in among))
    lines = [f"{'':6}" + "".join(f"{placement:>15}" for placement in columns)]
    for precision, row in cells.items():
        name = "as is" if plan.quantised else precision
        lines.append(
            f"{name:6}" + "".join(f"{row.get(placement, ''):>15}" for placement in columns)
        )
    lines.append("(in parentheses: pictures encoded and decoded in tiles)")
    return "\n".join(lines)


def _options(fit: "Fit") -> str:
    tiles = " (pictures in tiles)" if fit.tiled else ""
    return f"--precision {fit.precision} --placement {fit.placement}{tiles}"
