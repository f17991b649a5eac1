"""`cut2next bench run`: asks makers for every case of a benchmark, then judges what they made."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cut2next.cli.arguments import of_a_case, pathname, positive_int, positive_number
from cut2next.cli.bench.scoring import (
    CASES,
    ENTRIES,
    add_scoring_arguments,
    check_scoring_arguments,
    report_on,
)
from cut2next.film import InputError

if TYPE_CHECKING:
    from cut2next.cutbench.benchmark import Benchmark
    from cut2next.cutbench.entry import Entry
    from cut2next.makers.named import MakerChoice

NAME = "run"
HELP = "ask makers for every case of a benchmark, then judge what they made"
SET = "set"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which cases, which makers, how much of it, and where it goes."""
    add = parser.add_argument
    cases = "a frozen benchmark; set: CutBench-Set, shot on the film set here (set)"
    add("--cases", default=SET, metavar="DIR", help=cases)
    makers = (
        "mini, a folder, OWNER/NAME, +LORA, URL, comfyui:WORKFLOW.json, FILE.py:FUNCTION or "
        "command:…, with commas between them; NAME=… names one; controls are always beside them"
    )
    add("--makers", action="append", required=True, metavar="A,B", help=makers)
    add("--limit", type=positive_int, metavar="N", help="only the first cases")
    add("--each", type=of_a_case, default=1, metavar="K", help="pictures of every case (1)")
    add("--only", default="", metavar="A,B", help="part of the film set (CutBench-Set's own)")
    patience = "seconds that a picture may take (600)"
    add("--patience", type=positive_number, default=600.0, metavar="S", help=patience)
    add("--out", type=pathname, default=Path("cutbench"), metavar="DIR", help="for all of it")
    add_scoring_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Check what was typed, have the cases, make what is missing, score."""
    from cut2next.film.writing import one_writer_in

    check_scoring_arguments(args)
    choices = _choices(args.makers)
    for choice in choices:
        choice.check()
    with one_writer_in(args.out):
        benchmark = _benchmark(args)
        for case in benchmark.cases:
            case.check()  # before hours of work
        entries = [_entry(args, benchmark, choice) for choice in choices]
        if benchmark.has_truth:
            report_on(args, benchmark, entries)
            return
    args.report.note("the true next shots are kept back: hand in what was made")
    for entry in entries:
        args.report.say(entry.folder, entries=[entry.folder])


def _entry(args: argparse.Namespace, benchmark: "Benchmark", choice: "MakerChoice") -> "Entry":
    """What a maker made, as far as it is not there already."""
    from cut2next.cutbench.entering import Making
    from cut2next.cutbench.entry import open_entry
    from cut2next.makers.apart import MakerApart

    folder = args.out / ENTRIES / choice.name
    with MakerApart(choice, patience=args.patience) as maker:
        making = Making(benchmark=benchmark, folder=folder, maker=maker, each=args.each)
        left = making.missing
        args.report.note(f"{choice.name}: {left} of {making.total} next shots to be made")
        with args.report.progress(desc=choice.name, total=left, unit="shot") as bar:
            for line in making.run():
                bar.update()
                if line.fault:
                    args.report.note(f"{choice.name}: {line.fault}")
    return open_entry(folder, benchmark)


def _choices(texts: Sequence[str]) -> list["MakerChoice"]:
    """What was typed, each maker once; the controls, which are always there, left out."""
    from cut2next.cutbench.scoring import CONTROLS
    from cut2next.makers.named import maker_named

    typed = [word for text in texts for word in _typed(text) if word.strip() not in CONTROLS]
    choices = [maker_named(word) for word in typed]
    names = [choice.name for choice in choices]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise InputError(
            f"two makers called {twice!r}", expected="a name for each", hint="NAME=… names one"
        )
    return choices


def _typed(text: str) -> list[str]:
    """What stands between commas; a command is the last, for it may hold some."""
    from cut2next.makers.named import COMMAND

    words = text.split(",")
    last = next((place for place, word in enumerate(words) if COMMAND in word), len(words) - 1)
    return [*words[:last], ",".join(words[last:])]


def _benchmark(args: argparse.Namespace) -> "Benchmark":
    """The cases that are named, or the film set's, shot unless an earlier run has them."""
    from cut2next.cutbench.benchmark import open_benchmark
    from cut2next.cutbench.freezing import freeze
    from cut2next.cutbench.soundstage.frozen import USUAL, about_set, cases_of_set, held_out_of
    from cut2next.soundstage.repertoire import repertoire_named

    if args.cases != SET:
        return open_benchmark(Path(args.cases)).first(args.limit)
    only = repertoire_named(args.only) if args.only else USUAL.repertoire
    wanted = replace(USUAL, count=args.limit or USUAL.count, repertoire=only)
    folder = args.out / CASES
    if not folder.exists():
        cases = args.report.progress(
            cases_of_set(wanted), desc="shooting the cases", total=wanted.count, unit="case"
        )
        freeze(cases, about_set(wanted), folder)
    benchmark = open_benchmark(folder)
    if held_out_of(benchmark) != wanted:
        raise InputError(
            f"{folder}: other cases", expected="those that are asked for", hint="name another --out"
        )
    return benchmark
