"""`cut2next explain`: the segment table as a grid, which is the whole idea on one screen."""

import argparse

NAME = "explain"
HELP = "show which prompts and shots read which, and on which clock"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One choice: which table."""
    parser.add_argument("--table", metavar="NAME", help="a variant (default: the paper's table)")


def run(args: argparse.Namespace) -> None:
    """Print the grid."""
    from cut2next.conditioning import PAPER, grid, table_named

    table = PAPER if args.table is None else table_named(args.table)
    rows = {
        str(rule.segment): {
            "reads": [str(segment) for segment in table.segments if segment in rule.reads],
            "clock": rule.clock,
            "pooled_from": str(rule.pooled_from),
            "cacheable": rule.segment in table.cacheable,
        }
        for rule in table.rules
    }
    args.report.say(grid(table), table=table.name, segments=rows)
