"""`cut2next experiments`: the paper's claims and open questions, answered on the film set."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cut2next.cli.arguments import pathname, set_count, up_to
from cut2next.cli.train.stages import check_device, show

if TYPE_CHECKING:
    from cut2next.experiments.plan import Plan
    from cut2next.experiments.published import Published

NAME = "experiments"
_count = up_to(10**9)
"""More is a slip, and does not fit into what counts it."""
HELP = "answer the paper's claims and open questions on the film set, with intervals"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is asked, how long is learnt, and where everything is kept."""
    add = parser.add_argument
    add(
        "--folder",
        type=pathname,
        default=Path("runs/experiments"),
        metavar="DIR",
        help="runs, pictures and the report",
    )
    add("--only", default="", metavar="A,B", help="questions by name (all; --list shows them)")
    add("--list", action="store_true", help="show questions, variants and runs; start nothing")
    add(
        "--full-size",
        nargs=4,
        metavar=("MODEL", "CUTS", "FEW", "CASES"),
        help="show the same at FLUX.1's size, as commands; start nothing",
    )
    add("--sets", type=set_count, default=900, metavar="N", help="film sets to learn from (900)")
    add("--base", type=pathname, metavar="FILE", help="the model all begin from, learnt before")
    add(
        "--values",
        type=pathname,
        metavar="FILE",
        help="values.parquet of a report from the same base: those runs are not done again",
    )
    add(
        "--report",
        dest="report_only",
        action="store_true",
        help="write the report of what is done; start nothing",
    )
    add("--base-steps", type=_count, metavar="N", help="steps of the model all begin from")
    add("--steps", type=_count, metavar="N", help="steps of each run")
    add("--seeds", type=up_to(1000), metavar="N", help="runs of each variant (3)")
    add("--cuts", type=_count, metavar="N", help="held-out cuts each run is judged on (500)")
    add("--device", choices=["cpu", "cuda"], default="cpu", help="cpu (default) or cuda")


def run(args: argparse.Namespace) -> None:
    """Do what is not done yet, then tell."""
    from cut2next.experiments.runs import begin_from, run_all

    check_device(args.device)
    plan = _plan(args)
    if args.list:
        args.report.say(_listed(plan), **_standing(plan))
        return
    if args.full_size:
        commands = _at_full_size(args, plan)
        args.report.say("\n".join(commands), commands=commands)
        return
    if args.base:
        begin_from(plan, args.base)
    if args.values:
        plan = replace(plan, published=_published(args, plan))
    if not args.report_only:
        show(run_all(plan), args.report)
    _tell(args, plan)


def _plan(args: argparse.Namespace) -> "Plan":
    from cut2next.experiments.laboratory import Laboratory
    from cut2next.experiments.plan import Plan
    from cut2next.experiments.questions import questions_named

    laboratory = Laboratory(folder=args.folder, sets=args.sets, device=args.device)
    plan = Plan(laboratory=laboratory, questions=questions_named(args.only))
    given = {name: getattr(args, name) for name in ("base_steps", "steps", "seeds", "cuts")}
    return replace(plan, **{name: number for name, number in given.items() if number})


def _at_full_size(args: argparse.Namespace, plan: "Plan") -> list[str]:
    from cut2next.experiments.full_size import FullSize

    model, cuts, few, cases = args.full_size
    # The paper's second stage has as many steps.
    steps = args.steps or 2500
    full = FullSize(model=model, cuts=cuts, few=few, cases=cases, steps=steps, seeds=plan.seeds)
    return full.commands(plan.questions)


def _standing(plan: "Plan") -> dict[str, Any]:
    return {
        "questions": {question.name: question.variants for question in plan.questions},
        "done": [run.name for run in plan.tunings if run.is_done],
    }


def _listed(plan: "Plan") -> str:
    """Questions with their variants, and how much of it is done."""
    lines = []
    for question in plan.questions:
        lines.append(f"{question.name:10} {question.asks}")
        for name in question.variants:
            done = sum(run.is_done for run in plan.runs(name))
            lines.append(f"{'':10} {name:22} {done} of {plan.seeds} runs done")
    return "\n".join(lines)


def _published(args: argparse.Namespace, plan: "Plan") -> "Published":
    from cut2next.experiments.runs import measured_elsewhere

    return measured_elsewhere(plan, args.values)


def _tell(args: argparse.Namespace, plan: "Plan") -> None:
    """The report of the questions that are answered, and what it was made of."""
    from cut2next.experiments.answers import answer, sentences
    from cut2next.experiments.report import PAGE, PARTS, write_report
    from cut2next.experiments.runs import about, controls, curve, found, is_answered, to_publish

    answered = [question for question in plan.questions if is_answered(plan, question)]
    still = [question for question in plan.questions if question not in answered]
    if not answered:
        names = [question.name for question in still]
        args.report.say("no question is answered yet", open=names)
        return
    told = replace(plan, questions=answered)
    runs = {run.name: found(told, run) for run in told.compared}
    of = {name: [runs[run.name] for run in told.runs(name)] for name in told.asked}
    bases = {name: found(told, told.runs(name)[0].lineage[0]) for name in told.asked}
    answers = [answer(each, of, bases[each.reference]) for each in answered]
    curves = {name: curve(told, name) for name in told.asked}
    write_report(args.folder / "report", about(told), controls(told), answers, curves, still)
    to_publish(told, args.folder / "report" / PARTS)
    for each in answers:
        args.report.say("\n".join([each.question.asks, *sentences(each), ""]))
    page = args.folder / "report" / PAGE
    args.report.say(page, files=[page])
