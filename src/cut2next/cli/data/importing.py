"""`cut2next data import`: what `cut2next data export` wrote, as a folder of cuts again."""

import argparse

from cut2next.cli.arguments import pathname

NAME = "import"
HELP = "read pictures and JSON lines, as export writes them, into a folder of cuts"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """From where, and to where."""
    parser.add_argument("folder", type=pathname, metavar="DIR", help="a plain folder")
    parser.add_argument("out", type=pathname, metavar="OUT", help="the folder of cuts to make")


def run(args: argparse.Namespace) -> None:
    """Write every cut of the plain folder."""
    from cut2next.cuts.exporting import read_plain
    from cut2next.cuts.writer import CutWriter

    first = next(read_plain(args.folder), None)
    count = 0
    with CutWriter(args.out, with_truth=bool(first and first.truth)) as writer:
        for record in args.report.progress(read_plain(args.folder)):
            writer.add(record)
            count += 1
    args.report.say(f"{args.out}: {count} cuts", folder=args.out, cuts=count)
