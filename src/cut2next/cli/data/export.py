"""`cut2next data export`: a folder of cuts as pictures and a file of JSON lines."""

import argparse

from cut2next.cli.arguments import pathname

NAME = "export"
HELP = "write cuts as pictures and JSON lines, for people and other programs; `import` reads them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """From where, and to where."""
    parser.add_argument("folder", type=pathname, metavar="DIR", help="a folder of cuts")
    parser.add_argument("out", type=pathname, metavar="OUT", help="the plain folder to make")


def run(args: argparse.Namespace) -> None:
    """Write every cut, what a filter left out as well."""
    from cut2next.cuts.dataset import read_records
    from cut2next.cuts.exporting import LINES, export

    count = export(args.report.progress(read_records(args.folder)), args.out)
    args.report.say(f"{args.out / LINES}: {count} cuts", outputs=[args.out / LINES], cuts=count)
