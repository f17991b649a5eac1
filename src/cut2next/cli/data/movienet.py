"""`cut2next data movienet`: MovieNet's stills and shots as a folder of cuts."""

import argparse

from cut2next.cli.arguments import pathname, positive_int
from cut2next.film import InputError
from cut2next.films.movienet import LEAST_HEIGHT

NAME = "movienet"
HELP = "cuts of MovieNet, from its stills or from the films themselves"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where MovieNet is, and where the cuts go."""
    add = parser.add_argument
    add("root", type=pathname, metavar="ROOT", help="the folder with 240P_frames and scene318")
    add("--out", type=pathname, metavar="DIR", required=True, help="the folder to make")
    films = "films named like tt0120885.mkv: keyframes in full size, and times"
    add("--films", type=pathname, metavar="DIR", help=films)
    least = f"lines that a keyframe has at least (default: {LEAST_HEIGHT})"
    add("--min-height", type=positive_int, default=LEAST_HEIGHT, metavar="N", help=least)


def run(args: argparse.Namespace) -> None:
    """Write the cuts of every film that is in order, and tell of the others."""
    from cut2next.cuts.writer import CutWriter
    from cut2next.films.movienet import open_movienet, read_movienet

    movienet = open_movienet(args.root, films=args.films, least_height=args.min_height)
    total, count = len(movienet.names), 0
    failed: list[InputError] = []
    with args.report.progress(total=total, unit="film") as bar:

        def on_film(error: InputError | None) -> None:
            failed.extend([error] if error else [])
            bar.update()

        try:
            with CutWriter(args.out) as writer:
                for record in read_movienet(movienet, on_film):
                    writer.add(record)
                    count += 1
        finally:
            for error in failed:
                args.report.warn(str(error))
    line = f"{args.out}: {count} cuts of {total - len(failed)} in {total} films"
    left_out = list(map(str, failed))
    args.report.say(line, folder=args.out, cuts=count, films=total, left_out=left_out)
    if failed:
        raise InputError(
            f"{len(failed)} of {total} films left out",
            expected="all in order",
            hint="a line above tells why, for each",
        )
