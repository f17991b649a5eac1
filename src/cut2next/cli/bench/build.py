"""`cut2next bench build`: freezes a benchmark from folders of cuts."""

import argparse

from cut2next.cli.arguments import pathname, positive_int

NAME = "build"
HELP = "freeze a benchmark from folders of cuts: cases for makers, true next shots kept apart"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which cuts, how many, and where the benchmark goes."""
    add = parser.add_argument
    add("cuts", nargs="+", type=pathname, metavar="CUTS", help="folders of annotated cuts")
    add("-o", "--out", type=pathname, required=True, metavar="DIR", help="a new folder for it")
    add("--split", default="test", metavar="NAME", help="of which films (test)")
    add("--count", type=positive_int, default=500, metavar="N", help="cases at most (500)")
    add("--name", default="", metavar="NAME", help="what it is called (the folder's name)")
    add("--set-version", default="1", metavar="V", help="of the benchmark (1)")


def run(args: argparse.Namespace) -> None:
    """Choose, freeze, and say how many cases of each pattern there are."""
    from cut2next.cutbench.benchmark import open_benchmark
    from cut2next.cutbench.freezing import cases_of, chosen_cuts, freeze, frozen_from

    chosen, counts = chosen_cuts(args.cuts, args.split, args.count)
    about = frozen_from(
        args.cuts, args.split, args.count, args.name or args.out.name, args.set_version
    )
    bar = args.report.progress(cases_of(chosen), total=len(chosen), unit="case")
    freeze(bar, about, args.out)
    digest = open_benchmark(args.out).digest
    for pattern, count in counts.items():
        args.report.say(f"{count:4d} {pattern.label}")
    args.report.say(args.out, benchmark=args.out, digest=digest, cases=len(chosen))
