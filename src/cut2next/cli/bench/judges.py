"""Who judges besides numbers of networks: faces, and a vision-language model."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from cut2next.cli.annotators import ANNOTATORS, annotator_named
from cut2next.film import InputError

if TYPE_CHECKING:
    from cut2next.annotation.annotator import Annotator
    from cut2next.cutbench.metrics.failures import Identity
    from cut2next.cutbench.metrics.metric import Metric

ANSWERS = "judge-answers.jsonl"
"""In the folder of a report: every reply of a vision-language judge, as it came."""


@dataclass(frozen=True, kw_only=True)
class Judges:
    """What they add to a report."""

    metrics: "Sequence[Metric[Any]]"
    identity: "Identity | None"
    """Who tells whether people are themselves, where somebody does."""


def add_judge_arguments(parser: argparse.ArgumentParser) -> None:
    """Which judges."""
    group = parser.add_argument_group("judges")
    add = group.add_argument
    fetched = "by faces: pattern, people, heads, direction (cut2next weights fetch faces identity)"
    add("--faces", action="store_true", help=fetched)
    add("--judge", choices=ANNOTATORS, help="by a vision-language model: whose protocol it speaks")
    add("--judge-model", metavar="NAME", help="its name; for local, its folder")
    add("--judge-url", metavar="URL", help="of its server (openai: needed)")


def check_judge(args: argparse.Namespace) -> None:
    """Refuses a server that cannot be asked, unless it answered an earlier run, perhaps all."""
    if args.judge in (None, "local") or (args.out / ANSWERS).exists():
        return
    from cut2next.annotation.annotator import check_now

    check_now(_annotator(args))


@contextmanager
def judging(args: argparse.Namespace, features: str) -> Iterator[Judges]:
    """Those that options name, while they judge; `features` is the file of what was read before.

    Raises WeightsError or InputError, before anything is judged, for what they lack.
    """
    metrics: list[Metric[Any]] = []
    identity: Identity | None = None
    with ExitStack() as opened:
        if args.faces:
            from cut2next.cutbench.features.store import FeatureStore
            from cut2next.cutbench.geometry.face_watcher import face_watcher
            from cut2next.cutbench.geometry.metrics import geometry_metrics, kept

            watcher = face_watcher(FeatureStore(args.out / features))
            metrics += geometry_metrics(watcher)
            identity = partial(kept, watcher)
        if args.judge:
            from cut2next.cutbench.vision_judge import VisionJudge, judge_metrics

            annotator = _annotator(args)
            judge = VisionJudge(annotator, args.out / ANSWERS)
            metrics += judge_metrics(opened.enter_context(judge))
        yield Judges(metrics=metrics, identity=identity)


def _annotator(args: argparse.Namespace) -> "Annotator":
    if not args.judge_model:
        raise InputError("no --judge-model", expected="its name", hint="add it")
    return annotator_named(args.judge, args.judge_model, args.judge_url, "--judge-url")
