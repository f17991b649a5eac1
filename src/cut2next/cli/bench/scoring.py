"""What `bench run` and `bench score` share: scores entries, writes the report, shows its table."""

import argparse
import shlex
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from cut2next.cli.arguments import pathname
from cut2next.cli.bench.judges import Judges, add_judge_arguments, check_judge, judging

if TYPE_CHECKING:
    from cut2next.cutbench.benchmark import Benchmark
    from cut2next.cutbench.entry import Entry
    from cut2next.cutbench.features.features import Features
    from cut2next.cutbench.results import Results
    from cut2next.cutbench.scoring import Scoring

CASES, ENTRIES, FEATURES = "cases", "entries", "features.sqlite"
"""In the folder of a run."""


def add_scoring_arguments(parser: argparse.ArgumentParser) -> None:
    """A leaderboard, and whose weights the paper's metrics and their kin are taken with."""
    board = "puts a row for every maker into a file, with all that it takes to make it again"
    parser.add_argument("--leaderboard", type=pathname, metavar="FILE.json", help=board)
    weights = "weights of metrics: folders, OWNER/NAME, or stored: what was read before"
    group = parser.add_argument_group(weights)
    add = group.add_argument
    add("--dino", metavar="DINOV2", help="for DINO, likeness to the truth, copy margin, failures")
    add("--clip", metavar="CLIP", help="for CLIP-I and CLIP-T")
    add("--inception", metavar="FOLDER", help="for FID and KID as everybody has them")
    add_judge_arguments(parser)


def check_scoring_arguments(args: argparse.Namespace) -> None:
    """Refuse what would be refused when all is judged; weights are loaded once to see."""
    from cut2next.cutbench.leaderboard import check_leaderboard

    if args.leaderboard:
        check_leaderboard(args.leaderboard)
    check_judge(args)
    named = {name: weights for name, weights in _named(args).items() if weights}
    if named:
        from cut2next.cutbench.features.networks import STORED, network_named
        from cut2next.cutbench.features.store import FeatureStore

        for name, weights in named.items():
            if weights != STORED:
                network_named(name, weights, FeatureStore(None))


def report_on(args: argparse.Namespace, benchmark: "Benchmark", entries: Sequence["Entry"]) -> None:
    """Scores, and writes report.html, .md, .json and their pictures into --out."""
    from cut2next.cutbench.leaderboard import enter, rows_of
    from cut2next.cutbench.report_data import to_json
    from cut2next.cutbench.report_files import check_report, write_report
    from cut2next.cutbench.results import Results
    from cut2next.cutbench.soundstage.frozen import held_out_of
    from cut2next.makers.server import told_of

    check_report(args.out)
    if args.faces and held_out_of(benchmark) is not None:
        args.report.note("faces of the film set are found, but dlib cannot tell its puppets apart")
    with judging(args, FEATURES) as judges:
        scoring = _scoring(args, benchmark, entries, judges)
        bar = {"desc": "scoring", "total": len(benchmark.cases), "unit": "case"}
        scored = list(args.report.progress(scoring.run(), **bar))
    results = Results(scoring=scoring, scored=scored)
    command = told_of(shlex.join(["cut2next", *sys.argv[1:]]))
    files = write_report(results, args.out, command)
    if args.leaderboard:
        enter(args.leaderboard, rows_of(results, command))
        files.append(args.leaderboard)
    args.report.say(_shown(results), **to_json(results, command))
    for file in files:
        args.report.say(file, files=[file])


def _shown(results: "Results") -> str:
    """The makers' figures as a table for a terminal, distances of whole sets under it."""
    from cut2next.cutbench.report import ALL
    from cut2next.cutbench.report_data import set_cells
    from cut2next.cutbench.table import block, columns_of

    rows = {maker: groups[ALL] for maker, groups in results.figures.items()}
    lines = [block(f"{len(results.scored)} cases", rows, columns_of(results.spoken))]
    for maker in rows if results.scoring.set_metrics else ():
        told = ", ".join(f"{name} {said}" for name, said in set_cells(results, maker).items())
        lines.append(f"{maker}: {told}")
    return "\n".join(lines)


def _scoring(
    args: argparse.Namespace,
    benchmark: "Benchmark",
    entries: Sequence["Entry"],
    judges: Judges,
) -> "Scoring":
    """By the film set's own metrics where it is the film set's, and by networks that are named."""
    from cut2next.cutbench.metrics.fidelity import PSNR, SSIM
    from cut2next.cutbench.metrics.learned import learned_metrics, set_metrics
    from cut2next.cutbench.scoring import Scoring, strangers_bound
    from cut2next.cutbench.soundstage.frozen import held_out_of, set_case
    from cut2next.cutbench.soundstage.metrics import METRICS

    held_out, named = held_out_of(benchmark), _networks(args)
    dinov2, clip = named["dino"], named["clip"]
    tells = dinov2 or clip
    strangers = strangers_bound(benchmark, tells) if tells else None
    learned = learned_metrics(dinov2, clip, strangers=strangers, identity=judges.identity)
    own = [PSNR, SSIM] if held_out is None else list(METRICS)
    names = {metric.name for metric in own}
    known = {} if held_out is None else {"known": partial(set_case, held_out)}
    return Scoring(
        benchmark=benchmark,
        entries=entries,
        metrics=[
            *own,
            *(metric for metric in learned if metric.name not in names),
            *judges.metrics,
        ],
        set_metrics=set_metrics(named["inception"], dinov2, clip),
        **known,
    )


def _named(args: argparse.Namespace) -> dict[str, str | None]:
    return {name: getattr(args, name) for name in ("dino", "clip", "inception")}


def _networks(args: argparse.Namespace) -> dict[str, "Features | None"]:
    """Those that are named, over one store of all that was ever read in this folder."""
    named = _named(args)
    if not any(named.values()):
        return dict.fromkeys(named)
    from cut2next.cutbench.features.features import Features
    from cut2next.cutbench.features.networks import network_named
    from cut2next.cutbench.features.store import FeatureStore

    store = FeatureStore(args.out / FEATURES)
    return {
        name: Features(network_named(name, weights, store), store) if weights else None
        for name, weights in named.items()
    }
