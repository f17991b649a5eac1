"""`cut2next train mini`: the mini model from nothing, or on from a finished one."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from cut2next.cli.arguments import pathname, positive_int, positive_number, share, up_to
from cut2next.cli.train.stages import check_device, show
from cut2next.film import OutputError
from cut2next.generation.ranges import EARLIER_SHOTS

if TYPE_CHECKING:
    from cut2next.recipes.mini import MiniRecipe

NAME = "mini"
HELP = "the mini model itself, on the film set"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to train, where, and for how long."""
    add = parser.add_argument
    add(
        "--folder",
        type=pathname,
        default=Path("runs/mini"),
        metavar="DIR",
        help="rushes, checkpoints",
    )
    add("--out", type=pathname, default=None, metavar="DIR", help="the finished model (DIR/model)")
    add("--from", dest="start", metavar="MODEL", help="go on from a model (mini), not from nothing")
    add("--table", default="closed", metavar="NAME", help="segment table (closed)")
    add("--sets", type=positive_int, metavar="N", help="film sets to shoot")
    add("--only", metavar="A,B", help='part of the film set to learn, "" for all; in taught looks')
    add("--steps", type=positive_int, metavar="N", help="steps of the transformer")
    add("--groups", type=positive_int, metavar="N", help="current shots a step (4)")
    add("--each", type=positive_int, metavar="N", help="cuts from each of them (12)")
    rates = "of the learning rates (1); with --from, less forgets less of what is known"
    add("--rates", type=positive_number, default=1.0, metavar="X", help=rates)
    earlier = "shots before the current one that it learns to read (0)"
    add("--earlier-shots", type=up_to(EARLIER_SHOTS.most, 0), metavar="N", help=earlier)
    own = "part of what is read that is pictures of the model's own, made once (0); with --from"
    add("--own-share", type=share, default=0.0, metavar="P", help=own)
    add("--device", choices=["cpu", "cuda"], default="cpu", help="cpu (default) or cuda")


def run(args: argparse.Namespace) -> None:
    """Run the recipe, stage by stage."""
    from cut2next.film.writing import made_folder
    from cut2next.generation.model_choice import ModelChoice
    from cut2next.recipes.mini import train_mini

    check_device(args.device)
    recipe = _recipe(args)
    if (begin := recipe.start) is not None:
        ModelChoice(name=str(begin)).load()  # to see that it does, before folders are made
    out = (args.out or args.folder / "model").resolve()
    _check_replaceable(out)
    with made_folder(out), made_folder(args.folder):
        show(train_mini(recipe, out), args.report)
    args.report.say(out, outputs=[out])


def _recipe(args: argparse.Namespace) -> "MiniRecipe":
    from dataclasses import replace

    from cut2next.conditioning import table_named
    from cut2next.recipes.mini import MiniRecipe
    from cut2next.soundstage.repertoire import repertoire_named

    recipe = MiniRecipe(
        folder=args.folder,
        start=args.start,
        table=table_named(args.table),
        device=args.device,
        own_share=args.own_share,
    )
    if args.sets:
        recipe = replace(recipe, sets=args.sets)
    if args.only is not None:
        recipe = replace(recipe, repertoire=repertoire_named(args.only).teachable)
    names = ("steps", "groups", "each", "earlier_shots")
    given = {name: number for name in names if (number := getattr(args, name))}
    run = replace(recipe.transformer, **given)
    return replace(recipe, transformer=run.at_rates(args.rates))


def _check_replaceable(out: Path) -> None:
    """The finished model takes the place of what is in its folder: that may only be a model."""
    from cut2next.generation.weights import INDEX, read_json

    held = {path.name for path in out.iterdir()} if out.is_dir() else set()
    known = {INDEX, *read_json(out / INDEX)} if INDEX in held else set()
    if others := held - known:
        raise OutputError(
            f"{out}: holds something else than a model ({min(others)})",
            expected="a new folder, or that of a model to replace",
            hint="choose another --out",
        )
