"""`cut2next demo`: one contact sheet that shows what the method does."""

import argparse
from pathlib import Path

from cut2next.cli.arguments import positive_int, seed

NAME = "demo"
HELP = "make a contact sheet: every way to cut from a shot, beside the true next shot"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the sheet goes, and how much is on it."""
    add = parser.add_argument
    add("--out", type=Path, default=Path("demo"), metavar="DIR", help="folder of the sheet (demo)")
    add("--sets", type=positive_int, default=2, metavar="N", help="film sets to cut on (2)")
    add("--seed", type=seed, default=0, metavar="S", help="other sets, other noise")
    add("--model", default="mini", metavar="NAME", help="mini (default), or a model's folder")


def run(args: argparse.Namespace) -> None:
    """Make the sheet, and say where it is."""
    from cut2next.film.keyframe import check_writable
    from cut2next.film.writing import make_folder
    from cut2next.generation.model_choice import ModelChoice

    pipeline = ModelChoice(name=args.model).load().pipe
    make_folder(args.out)
    path = args.out / "contact-sheet.png"
    check_writable(path)

    from PIL.PngImagePlugin import PngInfo

    from cut2next.film.keyframe import write_png
    from cut2next.pages.contact_sheet import contact_sheet
    from cut2next.recipes.demo import COLUMNS, Demo

    demo = Demo(pipeline=pipeline, sets=args.sets, seed=args.seed)
    rows = list(args.report.progress(demo.rows(), total=demo.total, unit="shot"))
    write_png(contact_sheet(rows, columns=COLUMNS, title="cut2next"), path, PngInfo())
    args.report.say(path, outputs=[path])
