"""`cut2next data stats`: what a folder of cuts holds."""

import argparse

from cut2next.cli.arguments import pathname

NAME = "stats"
HELP = "count the cuts of a folder by split, film, scene, pattern, size and licence; its scores"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The folder."""
    parser.add_argument("folder", type=pathname, metavar="DIR", help="a folder of cuts")


def run(args: argparse.Namespace) -> None:
    """Read every cut and print the counts."""
    from cut2next.cuts.dataset import read_records
    from cut2next.cuts.statistics import Statistics

    counts = Statistics()
    for record in args.report.progress(read_records(args.folder)):
        counts.add(record)
    args.report.say(counts.table(), **counts.to_json())
