"""`cut2next soundstage`: cuts from the film set, with prompts and truth, as a data set folder."""

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from cut2next import __version__
from cut2next.cli.arguments import pathname, positive_int, seed, set_count, size
from cut2next.film import Cut, InputError
from cut2next.generation.framing import Size
from cut2next.soundstage import PICTURE_SIZE

if TYPE_CHECKING:
    from cut2next.soundstage.production import Production

NAME = "soundstage"
HELP = "shoot cuts on the film set: a data set folder, with prompts and truth"

LEAST, USUAL, MOST = Size(192, 80), Size(*PICTURE_SIZE), Size(1024, 576)
"""The least shows who is who."""
NARROWEST, WIDEST = 1.7, 2.4
"""Width by height: the setups are composed for 16:9 (little sizes miss it by a bit) up to 2.4:1."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to shoot, and where it goes."""
    add = parser.add_argument
    shot_size = size(least=LEAST, most=MOST, example=USUAL)
    add("out", type=pathname, metavar="OUT", help="the folder to make")
    add("--count", type=set_count, default=100, metavar="N", help="how many sets (100)")
    add("--seed", type=seed, default=0, metavar="S", help="of the first; each has the one after")
    add(
        "--shots",
        type=positive_int,
        default=2,
        metavar="N",
        help="of each set, in order: 2, one cut (default); 4 to 16, a sequence",
    )
    shown = f"{LEAST} to {MOST} ({USUAL})"
    add("--size", type=shot_size, default=USUAL, metavar="WxH", help=shown)
    add(
        "--only", default="", metavar="A,B", help="places, hours, grades, 2 or 3 people: café,day,2"
    )
    add("--action", action="store_true", help="the leads in poses, and motion blur")
    add("--images", action="store_true", help="write PNGs as well")
    add("--workers", type=positive_int, metavar="N", help="processes (default: one a processor)")


def run(args: argparse.Namespace) -> None:
    """Shoot the cuts, and say how to go on."""
    from cut2next.cuts.writer import PICTURES
    from cut2next.soundstage.production import Production
    from cut2next.soundstage.repertoire import repertoire_named

    _check_shape(args.size)
    production = Production(
        seed=args.seed,
        count=args.count,
        size=args.size,
        repertoire=repertoire_named(args.only),
        shots_a_scene=args.shots,
        action=args.action,
    )
    first = _shoot(production, args)
    say = args.report.say
    say(f"{args.out}: {production.cuts} cuts at {args.size}", folder=args.out, cuts=production.cuts)
    if args.images:
        command = _command(args.out / PICTURES / "000-current.png", first)
        say(f"try: {command}", **{"try": command})
    else:
        say("with --images there are PNGs too, for cut2next generate")


def _check_shape(given: Size) -> None:
    if not NARROWEST <= given.width / given.height <= WIDEST:
        raise InputError(
            f"size {given} is {given.width / given.height:.2f}:1",
            expected="from 16:9 to 2.4:1",
            hint="for example 192x80, 384x160, 1024x432, 256x144 or 1024x576",
        )


def _shoot(production: "Production", args: argparse.Namespace) -> Cut:
    """Fills the folder, with a progress bar; returns the first cut."""
    from cut2next.cuts.record import MadeBy
    from cut2next.cuts.recording import record_of
    from cut2next.cuts.writer import CutWriter

    how = {"seed": production.seed, "size": production.size, "only": str(production.repertoire)}
    how |= {"shots": production.shots_a_scene} if production.shots_a_scene != 2 else {}
    how |= {"action": True} if production.action else {}
    made_by = MadeBy(tool="cut2next soundstage", version=__version__, parameters=how)
    writer = CutWriter(args.out, with_truth=True, with_pictures=args.images)
    first = None
    with writer, args.report.progress(total=production.cuts) as bar:
        for filmed in production.shoot(args.workers):
            record = record_of(
                filmed.cut,
                made_by=made_by,
                licence="Apache-2.0",
                source="the film set of cut2next",
                truths=(filmed.current, filmed.next),
            )
            writer.add(record)
            first = first or filmed.cut
            bar.update()
    assert first is not None  # a production holds one cut at least
    return first


def _command(picture: Path, cut: Cut) -> str:
    """The command that makes a cut's next shot from the PNG of its current shot."""
    said = ["--next", cut.next.prompt.text, "--relation", cut.relational.text, "-o", "next.png"]
    return shlex.join(["cut2next", "generate", str(picture), *said])
