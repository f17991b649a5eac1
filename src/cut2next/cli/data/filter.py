"""`cut2next data filter`: other thresholds for a folder of cuts, without decoding a film again."""

import argparse
from dataclasses import fields, replace
from typing import Any

from cut2next.cli.arguments import pathname, threshold
from cut2next.cuts.selection import Selection

NAME = "filter"
HELP = "keep or leave out cuts by their scores; what is left out stays in the split rejected"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The folder, and every threshold."""
    parser.add_argument("folder", type=pathname, metavar="DIR", help="a folder of cuts")
    add_thresholds(parser, "what is not named stays as it was")


def add_thresholds(parser: argparse.ArgumentParser, about: str) -> None:
    """One option for each field of `Selection`; what is not given is left out of the result."""
    group = parser.add_argument_group("thresholds", f"a number, or none for no threshold; {about}")
    for field in fields(Selection):
        name = "--" + field.name.replace("_", "-")
        if isinstance(field.default, bool):
            kind: dict[str, Any] = {"action": argparse.BooleanOptionalAction}
        else:
            kind = {"type": threshold, "metavar": "X", "help": f"({field.default:g})"}
        group.add_argument(name, default=argparse.SUPPRESS, **kind)


def selection(args: argparse.Namespace, before: Selection) -> Selection:
    """The thresholds that were asked for, and of the others those from before."""
    names = {field.name for field in fields(Selection)}
    return replace(before, **{name: value for name, value in vars(args).items() if name in names})


def run(args: argparse.Namespace) -> None:
    """Judge every cut anew, and say what became of them."""
    from collections import Counter

    from cut2next.cuts.dataset import read_records, rewrite
    from cut2next.cuts.record import REJECTED
    from cut2next.cuts.selection import filtered, reason, thresholds_of
    from cut2next.films.scorers.late import with_text

    first = next(read_records(args.folder, images=False))
    wanted = selection(args, thresholds_of(first) or Selection())
    rewrite(args.folder, lambda records: filtered(with_text(records, wanted), wanted))
    splits: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for record in read_records(args.folder, images=False):
        splits[record.placed] += 1
        reasons.update({reason(fault) for fault in record.rejected})
    kept = splits.total() - splits[REJECTED]
    cuts = splits.total()
    line = f"{args.folder}: {kept} of {cuts} cuts kept"
    args.report.say(line, cuts=cuts, kept=kept, left_out=dict(reasons.most_common()))
    for name, count in reasons.most_common():
        args.report.say(f"  {name}: {count} left out")
