"""What `bench run` and `bench score` share: scores entries, writes the report, shows its table."""

import argparse
import shlex
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cut2next.cutbench.benchmark import Benchmark
    from cut2next.cutbench.entry import Entry

CASES, ENTRIES = "cases", "entries"
"""In the folder of a run."""
REPORT = "report"


def report_on(args: argparse.Namespace, benchmark: "Benchmark", entries: Sequence["Entry"]) -> None:
    """Scores, and writes report.html, .md, .json and their pictures into --out."""
    from cut2next.cutbench.report_data import to_json, to_markdown
    from cut2next.cutbench.report_files import write_report
    from cut2next.cutbench.results import Results
    from cut2next.cutbench.scoring import score

    metrics, known = _judges(benchmark)
    scored = list(
        args.report.progress(
            score(benchmark, entries, metrics, **known),
            desc="scoring",
            total=len(benchmark.cases),
            unit="case",
        )
    )
    results = Results(benchmark=benchmark, entries=entries, metrics=metrics, scored=scored)
    command = shlex.join(["cut2next", *sys.argv[1:]])
    files = write_report(results, args.out, command)
    args.report.say(to_markdown(results), **to_json(results, command))
    for file in files:
        args.report.say(file, files=[file])


def _judges(benchmark: "Benchmark") -> tuple[Sequence[Any], dict[str, Any]]:
    """Metrics, and how all that is known of a case is had."""
    from cut2next.cutbench.metrics.fidelity import PSNR, SSIM
    from cut2next.cutbench.soundstage.frozen import held_out_of, set_case
    from cut2next.cutbench.soundstage.metrics import METRICS

    held_out = held_out_of(benchmark)
    if held_out is None:
        return (PSNR, SSIM), {}
    return METRICS, {"known": partial(set_case, held_out)}
