"""How far a recipe is, shown: one progress bar a stage."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cut2next.cli.reporting import Report
from cut2next.film import InputError

if TYPE_CHECKING:
    from cut2next.recipes.progress import Progress


def show(stages: "Iterator[Progress]", report: Report) -> None:
    """One progress bar a stage; the loss is a running mean. Notes go to stderr."""
    bar, shown, mean = None, "", None
    for stage, done, total, loss, note in stages:
        if bar is None or shown != stage:
            if bar is not None:
                bar.close()
            bar = report.progress(desc=stage, total=total, unit="step")
            bar.update(done - 1)
            shown, mean = stage, None
        if loss is not None:
            mean = loss if mean is None else mean + 0.02 * (loss - mean)
            bar.set_postfix(loss=f"{mean:.4f}", refresh=False)
        bar.update(done - bar.n)
        if note:
            report.note(note)
        if done == total:  # what comes next may take a while before its own first step
            bar.close()
            bar = None
    if bar is not None:
        bar.close()


def check_device(name: str | None) -> None:
    """Raises InputError for a card where there is none."""
    import torch

    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("no CUDA device", expected="one", hint="leave --device out to use the CPU")
