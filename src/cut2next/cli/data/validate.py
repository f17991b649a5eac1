"""`cut2next data validate`: everything that is wrong with a folder of cuts, a line each."""

import argparse

from cut2next.cli.arguments import pathname
from cut2next.film import InputError

NAME = "validate"
HELP = "list everything that is wrong with a folder of cuts, with its file and row"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The folder."""
    parser.add_argument("folder", type=pathname, metavar="DIR", help="a folder of cuts")


def run(args: argparse.Namespace) -> None:
    """Print every fault; refuse the folder when there is one."""
    from cut2next.cuts.validation import count_rows, find_faults, old_formats

    count, faults = count_rows(args.folder), 0
    args.report.say(cuts=count, faults=[])
    with args.report.progress(total=count) as bar:
        for fault in find_faults(args.folder, bar.update):
            faults += 1
            args.report.say(fault, faults=[str(fault)])
    for path, version in old_formats(args.folder).items():
        older = f"{path}: format {version}, written by an older version and still read"
        cure = f"`cut2next data merge {args.folder} --out NEW` rewrites it"
        args.report.say(f"{older}; {cure}", older_formats=[{"path": path, "format": version}])
    if faults:
        raise InputError(
            f"{args.folder}: {faults} fault{'s' if faults > 1 else ''} in {count} cuts",
            expected="a folder of cuts without faults",
            hint="each is a line above, rows counted from 0",
        )
    args.report.say(f"{args.folder}: all is well with {count} cuts")
