"""`cut2next storyboard`: a plan of cuts to the PNGs of shots in a row, and a sheet of them."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from cut2next.cli.arguments import guidance, pathname, step_count
from cut2next.cli.model import (
    add_fit_arguments,
    add_model_arguments,
    import_libraries,
    model_choice,
)
from cut2next.cli.reporting import Report
from cut2next.cli.storyboard_plan import read_plan
from cut2next.cli.telling import tell
from cut2next.film import OutputError
from cut2next.film.keyframe import check_writable
from cut2next.film.writing import one_writer_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cut2next.generation.model_choice import LoadedModel
    from cut2next.generation.request import NextShotRequest
    from cut2next.generation.storyboard import BoardShot

NAME = "storyboard"
HELP = "make shots in a row, by a plan of cuts; goes on where it was stopped"
SHEET = "sheet.png"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A plan, and where its shots go."""
    add = parser.add_argument
    add("plan", type=pathname, metavar="PLAN.json", help="a still, what it shows, and cuts")
    add("--out", type=pathname, required=True, metavar="DIR", help="01.png, ..., and sheet.png")
    add("--steps", type=step_count, metavar="N", help="denoising steps (default: the model's)")
    add("--guidance", type=guidance, default=3.5, metavar="G", help="distilled (default 3.5)")
    add_model_arguments(parser, lora="a LoRA on top; repeat it for several")
    add_fit_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Refuse what cannot work, then load, then make; each shot is written when it is done."""
    requests = read_plan(args.plan, steps=args.steps, guidance=args.guidance)
    size = requests[0].picture.size
    choice = model_choice(args)
    choice.check()
    choice.framing.size(*size)
    import_libraries()

    from cut2next.generation.device import memory_errors
    from cut2next.generation.storyboard import most_held_by

    with memory_errors(), one_writer_in(args.out):
        paths = _paths(args.out, requests)
        fit = choice.fit(size, held=most_held_by(requests, choice.earlier_shots))
        model = choice.load(fit, progress=args.report.shows_bars)
        _make(requests, model, paths, args.report)


def _paths(out: Path, requests: "Sequence[NextShotRequest]") -> list[Path]:
    """01.png, 02.png, ... and the sheet; refused where one cannot be written."""
    from cut2next.generation.storyboard import shot_name

    first = Path(requests[0].source)
    paths = [out / shot_name(number) for number in range(1, len(requests) + 1)]
    for path in (*paths, out / SHEET):
        check_writable(path)
        if path.exists() and path.samefile(first):
            raise OutputError(
                f"{path}: is the first shot", expected="another file", hint="name another --out"
            )
    return [*paths, out / SHEET]


def _make(
    requests: "Sequence[NextShotRequest]",
    model: "LoadedModel",
    paths: "Sequence[Path]",
    report: Report,
) -> None:
    from cut2next.generation.provenance import write_sheet
    from cut2next.generation.storyboard import Storyboard, clear_beyond
    from cut2next.recipes.cut_sheet import sequence_sheet
    from cut2next.soundstage.wording import may_be_learnt

    if not model.pipe.config["earlier_shots"]:
        report.note("the model reads no earlier shots: each is made from the one before it alone")
    board = Storyboard(requests=requests, model=model, familiar=may_be_learnt)
    shots, noted = list["BoardShot"](), set[str]()
    report.say(outputs=[], kept=[])
    with report.progress(total=len(requests), unit="shot") as bar:
        for shot in board.shots(paths[:-1]):
            if shot.made:
                tell(shot.made, noted, report)
                report.say(shot.path, outputs=[shot.path])
            else:
                report.say(kept=[shot.path])
            shots.append(shot)
            bar.update()
    if kept := sum(not shot.made for shot in shots):
        report.note(f"{kept} made already, and left as they are")
    out, first = paths[-1].parent, Path(requests[0].source)
    for path in clear_beyond(len(requests), out, first):
        report.note(f"{path}: removed, which a longer plan had made")
    told = [shot.provenance for shot in shots]
    sheet = sequence_sheet(requests, [shot.picture for shot in shots], told)
    write_sheet(sheet, paths[-1], told)
    report.say(paths[-1], outputs=[paths[-1]])
