"""`cut2next train` in processes that tests kill; all come of one that has imported torch."""

import os
import sys
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.recipes.lora.runs import Known

from cut2next.cli.main import main
from cut2next.recipes.lora import run
from cut2next.training import checkpoint as checkpoint  # with all that it imports

STEPS = 12


def arguments(model: Path, cuts: Path, out: Path) -> list[str]:
    """A run of a checkpoint a step, and of a validation every fourth."""
    numbers = "--rank 2 --batch 2 --each 2 --warmup 1 --average 0.5 --left-out 0.1 --at-noise 0.5 "
    numbers += f"--held-out 1 --size 64x48 --steps {STEPS} --checkpoint-every 1 --validate-every 4"
    return ["train", "rawcuts", str(cuts), "--model", str(model), "-o", str(out), *numbers.split()]


def train(log: Path, *words: str) -> None:
    """The command as a shell would run it, what it tells going to a file."""
    with log.open("ab") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    run.estimated = Known  # type: ignore[attr-defined,assignment]
    sys.exit(main(words))


def begun(log: Path, *words: str) -> BaseProcess:
    """Such a process, running."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=train, args=(log, *words))
    process.start()
    return process
