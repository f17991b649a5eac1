"""`cut2next demo`: one contact sheet that shows what the method does."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from cut2next.cli.arguments import pathname, seed
from cut2next.cli.model import import_libraries

if TYPE_CHECKING:
    from cut2next.generation import Cut2NextPipeline

NAME = "demo"
HELP = "make a sheet to show: five ways to cut from a shot, and a sequence, beside the truth"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the sheet goes, and what is on it."""
    add = parser.add_argument
    add(
        "--out",
        type=pathname,
        default=Path("demo"),
        metavar="DIR",
        help="folder of the sheet (demo)",
    )
    add("--seed", type=seed, default=0, metavar="S", help="another set, other noise")
    add("--model", default="mini", metavar="NAME", help="mini (default), or a model's folder")


def run(args: argparse.Namespace) -> None:
    """Make the sheet, and say where it is."""
    from cut2next.film.keyframe import check_writable
    from cut2next.film.writing import made_folder
    from cut2next.generation.model_choice import ModelChoice

    choice = ModelChoice(name=args.model)
    choice.check()
    import_libraries()
    model = choice.load()
    path = args.out / "contact-sheet.png"
    with made_folder(args.out):
        check_writable(path)
        _make(args, model.pipe, path)
    args.report.say(path, outputs=[path])


def _make(args: argparse.Namespace, pipe: "Cut2NextPipeline", path: Path) -> None:
    from cut2next.generation.provenance import write_sheet
    from cut2next.recipes.demo import Demo

    demo = Demo(pipeline=pipe, name=Path(args.model).name, seed=args.seed)
    shots = list(args.report.progress(demo.shots(), total=demo.total, unit="shot"))
    write_sheet(demo.sheet(shots), path, [shot.provenance for shot in shots])
