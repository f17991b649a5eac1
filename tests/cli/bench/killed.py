"""`cut2next bench run` in processes that tests kill; all come of one that has imported it."""

import os
import sys
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

from cut2next.cli.main import main
from cut2next.cutbench import entering as entering  # with all that it imports
from cut2next.cutbench.soundstage import metrics as metrics


def bench(log: Path, words: tuple[str, ...]) -> None:
    """The command as a shell would run it, what it tells going to a file."""
    with log.open("ab") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    sys.exit(main(words))


def begun(log: Path, *words: str) -> BaseProcess:
    """Such a process, running."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=bench, args=(log, words))
    process.start()
    return process
