"""`cut2next generate`: from a current shot and words to the PNG of a next shot, or several."""

import argparse
from pathlib import Path

from cut2next.cli.arguments import (
    guidance,
    pattern,
    seed,
    shot_size,
    step_count,
    strength,
    text,
    up_to,
)
from cut2next.cli.model import add_fit_arguments, add_model_arguments, model_choice
from cut2next.film import OutputError
from cut2next.film.keyframe import check_writable, read_keyframe
from cut2next.generation.ranges import NEXT_SHOTS
from cut2next.generation.request import NextShotRequest

NAME = "generate"
HELP = "make the next shot of a current shot"
SAID = ("next", "current", "relation", "seed", "count", "size", "steps", "guidance")
STRENGTHS = ("relational_strength", "current_strength")
"""Both are arguments that a request has under the same names."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A picture, how the cut goes, what the next shot shows, and where it goes."""
    add = parser.add_argument
    add("image", type=Path, metavar="CURRENT.png", help="a still of the current shot")
    add("--pattern", type=pattern, action="append", default=[], help="repeat it to combine several")
    add("--next", type=text, required=True, metavar="TEXT", help="what the next shot shows")
    add("--relation", type=text, metavar="TEXT", help="what holds across the cut (else implied)")
    add("--current", type=text, metavar="TEXT", help="what the current shot shows (else from PNG)")
    add("--count", type=up_to(NEXT_SHOTS.most), default=1, metavar="N", help="how many next shots")
    add("--seed", type=seed, default=0, metavar="S", help="of the first; each has the one after")
    add("--steps", type=step_count, metavar="N", help="denoising steps (default: the model's)")
    add_model_arguments(parser, lora="a LoRA on top; repeat it for several")
    add("--guidance", type=guidance, default=3.5, metavar="G", help="distilled (default 3.5)")
    add("--relational-strength", type=strength, default=1.0, metavar="S", help="0 to 4, default 1")
    add("--current-strength", type=strength, default=1.0, metavar="S", help="likewise, the shot's")
    asked = "of the next shot (default: the current shot's)"
    add("--size", type=shot_size, metavar="WxH", help=asked)
    add_fit_arguments(parser)
    add("-o", "--output", type=Path, required=True, metavar="NEXT.png", help="where to write")


def run(args: argparse.Namespace) -> None:
    """Refuse what cannot work, then load, then make; each picture is written when it is done."""
    request = _request(args)
    paths = _paths(args.output, args.count, args.image)
    choice = model_choice(args)
    choice.check()

    from cut2next.generation.device import memory_errors
    from cut2next.generation.next_shots import read_request
    from cut2next.generation.provenance import write_next_shot
    from cut2next.soundstage.wording import may_be_learnt

    with memory_errors():
        fit = choice.fit(request.picture.size, request.size)
        model = choice.load(fit, progress=args.report.shows_bars)
        shots = read_request(request, model, may_be_learnt)
        for note in shots.notes():
            args.report.note(note)
        for path, (picture, provenance) in zip(paths, shots, strict=True):
            write_next_shot(picture, path, provenance)
            args.report.say(path, outputs=[path])


def _request(args: argparse.Namespace) -> NextShotRequest:
    picture, source = read_keyframe(args.image), str(args.image)
    said = {name: getattr(args, name) for name in (*SAID, *STRENGTHS)}
    return NextShotRequest(picture=picture, source=source, patterns=args.pattern, **said)


def _paths(output: Path, count: int, image: Path) -> list[Path]:
    """NEXT.png alone, or NEXT-1.png, NEXT-2.png, ...; refused where one cannot be written."""
    check_writable(output)
    numbers = range(1, count + 1) if count > 1 else ()
    paths = [output.with_stem(f"{output.stem}-{number}") for number in numbers] or [output]
    for path in paths:
        check_writable(path)
    for path in paths:
        if path.exists() and path.samefile(image):
            raise OutputError(
                f"{path}: is the current shot", expected="another file", hint="choose another name"
            )
    return paths
