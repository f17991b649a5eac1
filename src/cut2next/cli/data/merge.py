"""`cut2next data merge`: several folders of cuts into one."""

import argparse

from cut2next.cli.arguments import pathname

NAME = "merge"
HELP = "put folders of cuts together; older formats are brought up to date"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to merge, and where it goes."""
    parser.add_argument("folders", type=pathname, nargs="+", metavar="DIR", help="folders of cuts")
    parser.add_argument(
        "--out", type=pathname, metavar="NEW", required=True, help="the folder to make"
    )


def run(args: argparse.Namespace) -> None:
    """Write the cuts of all folders into a new one."""
    from cut2next.cuts.dataset import has_truth
    from cut2next.cuts.merging import merged
    from cut2next.cuts.writer import CutWriter

    count = 0
    records = merged(args.folders)
    with CutWriter(args.out, with_truth=has_truth(args.folders[0])) as writer:
        for record in args.report.progress(records):
            writer.add(record)
            count += 1
    line = f"{args.out}: {count} cuts of {len(args.folders)} folders"
    args.report.say(line, folder=args.out, cuts=count)
