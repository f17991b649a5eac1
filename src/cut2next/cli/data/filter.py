"""`cut2next data filter`: other thresholds for a folder of cuts, without decoding a film again."""

import argparse
from dataclasses import fields
from pathlib import Path

from cut2next.cli.arguments import threshold
from cut2next.data.steps.selection import Selection

NAME = "filter"
HELP = "keep or leave out cuts by their scores; what is left out stays in the split rejected"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The folder, and every threshold."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="a folder of cuts")
    add_thresholds(parser)


def add_thresholds(parser: argparse.ArgumentParser) -> None:
    """One option for each field of `Selection`."""
    group = parser.add_argument_group("thresholds", "a number, or none for no threshold")
    for field in fields(Selection):
        name = "--" + field.name.replace("_", "-")
        if isinstance(field.default, bool):
            group.add_argument(name, action=argparse.BooleanOptionalAction, default=field.default)
        else:
            told = f"(default: {field.default:g})"
            group.add_argument(name, type=threshold, metavar="X", default=field.default, help=told)


def selection(args: argparse.Namespace) -> Selection:
    """The thresholds that were asked for."""
    return Selection(**{field.name: getattr(args, field.name) for field in fields(Selection)})


def run(args: argparse.Namespace) -> None:
    """Judge every cut anew, and say what became of them."""
    from collections import Counter

    from cut2next.data.dataset import read_records, rewrite
    from cut2next.data.record import REJECTED
    from cut2next.data.steps.selection import filtered, reason

    wanted = selection(args)
    rewrite(args.folder, lambda records: filtered(records, wanted))
    splits: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for record in read_records(args.folder, images=False):
        splits[record.placed] += 1
        reasons.update({reason(fault) for fault in record.rejected})
    kept = splits.total() - splits[REJECTED]
    print(f"{args.folder}: {kept} of {splits.total()} cuts kept")
    for name, count in reasons.most_common():
        print(f"  {name}: {count} left out")
