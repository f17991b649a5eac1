"""`cut2next bench score`: judges pictures that are there, of a run or of anybody's entries."""

import argparse
from pathlib import Path

from cut2next.cli.arguments import pathname
from cut2next.cli.bench.scoring import (
    CASES,
    ENTRIES,
    add_scoring_arguments,
    check_scoring_arguments,
    report_on,
)
from cut2next.film import InputError

NAME = "score"
HELP = "judge pictures that are there: a folder of `bench run`, or anybody's entries"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whose pictures, of which cases, and where the report goes."""
    add = parser.add_argument
    add("folders", nargs="+", type=pathname, metavar="DIR", help="of a run, or entries")
    add("--cases", type=pathname, metavar="DIR", help="the benchmark (default: the run's own)")
    add("--out", type=pathname, metavar="DIR", help="for the report (default: the first DIR)")
    add_scoring_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Check all of it for completeness, then score."""
    from cut2next.cutbench.benchmark import open_benchmark
    from cut2next.cutbench.entry import open_entry
    from cut2next.film.writing import one_writer_in

    check_scoring_arguments(args)
    first = args.folders[0]
    cases = args.cases or first / CASES
    if args.cases is None and not cases.is_dir():
        raise InputError(
            f"{first}: no folder of `bench run`", expected="one, or --cases", hint="name the cases"
        )
    benchmark = open_benchmark(cases)
    folders = [entry for folder in args.folders for entry in entries_in(folder)]
    args.out = args.out or first
    opened = [open_entry(folder, benchmark) for folder in folders]
    with one_writer_in(args.out):
        report_on(args, benchmark, opened)


def entries_in(folder: Path) -> list[Path]:
    """The entries of a run, or the one that a folder is."""
    inside = folder / ENTRIES
    return (
        sorted(path for path in inside.iterdir() if path.is_dir()) if inside.is_dir() else [folder]
    )
