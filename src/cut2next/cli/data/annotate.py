"""`cut2next data annotate`: prompts for a folder of cuts, written by a vision-language model."""

import argparse
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cut2next.cli.annotators import ANNOTATORS, annotator_named
from cut2next.cli.arguments import pathname, positive_int, positive_number
from cut2next.cli.reporting import Report
from cut2next.film import InputError

if TYPE_CHECKING:
    from cut2next.annotation.estimate import Estimate
    from cut2next.annotation.limits import Limits
    from cut2next.annotation.outcome import Outcome

NAME = "annotate"
HELP = "have a vision-language model write the prompts and name the patterns"

_SHOWN = 5
"""Lines of each kind that are shown; the rest is counted."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which cuts, which model, and how much it may take."""
    add = parser.add_argument
    add("folder", type=pathname, metavar="DIR", help="a folder of cuts")
    add("--annotator", required=True, choices=ANNOTATORS, help="who is asked")
    add("--model", required=True, metavar="NAME", help="its name; for local, its folder")
    add("--base-url", metavar="URL", help="of the server (openai: needed; gemini: Google's)")
    add("--rejected", action="store_true", help="also cuts that a filter left out")
    add("--again", action="store_true", help="also cuts that have prompts, and failed questions")
    add("--estimate", action="store_true", help="tell what it would take, and ask nothing")
    group = parser.add_argument_group("limits")
    add = group.add_argument
    add("--at-once", type=positive_int, default=8, metavar="N", help="questions under way (8)")
    add("--a-minute", type=positive_number, metavar="N", help="questions a minute (no limit)")
    add(
        "--prices",
        nargs=2,
        type=positive_number,
        metavar=("IN", "OUT"),
        help="of a million tokens in and out, to estimate and to keep a budget by",
    )
    add("--budget", type=positive_number, metavar="MONEY", help="of all this model's answers here")
    add("--timeout", type=positive_number, default=120.0, metavar="S", help="seconds (120)")
    add("--largest-side", type=positive_int, metavar="PX", help="scale stills down to this")


def run(args: argparse.Namespace) -> None:
    """Estimate, ask under a progress bar, write, and tell what became of the cuts."""
    from cut2next.annotation.annotating import annotate
    from cut2next.annotation.cache import AnswerCache
    from cut2next.annotation.estimate import estimate
    from cut2next.annotation.outcome import Annotation
    from cut2next.cuts.annotating import ANSWERS, collect, to_annotate, write_annotations
    from cut2next.cuts.dataset import split_files

    split_files(args.folder)  # so that no file of answers is left in what is no folder of cuts
    annotator = annotator_named(args.annotator, args.model, args.base_url)
    limits = _limits(args)
    which = {"rejected": args.rejected, "again": args.again}
    with AnswerCache(args.folder / ANSWERS) as cache:
        expected = estimate(to_annotate(args.folder, **which), annotator, cache, limits)
        args.report.say(_estimate_line(expected), estimate=vars(expected))
        if args.estimate:
            return
        annotations: dict[str, Annotation] = {}
        outcomes = annotate(to_annotate(args.folder, **which), annotator, cache, limits)
        try:
            told = collect(outcomes, annotations)
            ended = list(args.report.progress(told, total=expected.cuts))
        finally:  # what was answered until something stopped it is written all the same
            outcomes.close()
            write_annotations(args.folder, annotations, annotator.model)
    _tell(args.report, args.folder, ended)


def _limits(args: argparse.Namespace) -> "Limits":
    from cut2next.annotation.limits import Limits, Prices

    prices = args.prices and Prices(per_million_in=args.prices[0], per_million_out=args.prices[1])
    return Limits(
        at_once=args.at_once,
        a_minute=args.a_minute,
        prices=prices,
        budget=args.budget,
        timeout=args.timeout,
        largest_side=args.largest_side,
        again=args.again,
    )


def _estimate_line(expected: "Estimate") -> str:
    money = "" if expected.money is None else f", about {expected.money:.2f} in money"
    return (
        f"{expected.cuts} cuts, {expected.questions} questions: about {expected.tokens_in} tokens "
        f"in and {expected.tokens_out} out{money}"
    )


def _tell(report: Report, folder: Path, ended: "list[Outcome]") -> None:
    from cut2next.annotation.consistency import inconsistencies
    from cut2next.annotation.outcome import Annotated, Failed, NotAsked, Refused

    counts = Counter(type(outcome) for outcome in ended)
    faulty = [
        f"{outcome.id}: {fault}"
        for outcome in ended
        if isinstance(outcome, Annotated)
        for fault in inconsistencies(outcome.annotation)
    ]
    _list(report.note, "contradictions", faulty)
    failed = [f"{cut.id}: {cut.reason}" for cut in ended if isinstance(cut, Failed)]
    refused = [f"{cut.id}: {cut.reason}" for cut in ended if isinstance(cut, Refused)]
    _list(report.note, "refused", refused)
    _list(report.warn, "failed", failed)
    report.say(
        f"{folder}: {counts[Annotated]} cuts annotated, {counts[Refused]} refused",
        annotated=counts[Annotated],
        not_asked=counts[NotAsked],
        contradictions=faulty,
        refused=refused,
        failed=failed,
    )
    if counts[NotAsked]:
        report.say(f"{counts[NotAsked]} not asked, the budget is spent; raise it and go on")
    if failed:
        raise InputError(
            f"{len(failed)} cuts failed; {failed[0]}",
            expected="an answer to each",
            hint="run it again; --again also asks what never fitted, and what is answered is kept",
        )


def _list(tell: Callable[[str], None], title: str, lines: list[str]) -> None:
    if lines:
        tell(f"{title}: {len(lines)}")
    for line in lines[:_SHOWN]:
        tell(f"  {line}")
