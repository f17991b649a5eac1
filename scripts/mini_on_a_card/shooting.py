"""Processes that shoot sets and word their prompts, a reel at a time, until they are stopped.

A reel is a file that whoever takes it in deletes. It is a message and no result, so it is renamed
to its place without waiting for the disk.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from time import sleep

import torch
from safetensors.torch import save_file
from scripts.mini_on_a_card.deadline import Deadline
from transformers import PreTrainedTokenizerFast

from cut2next.backbones.mini.architecture import PROMPT_TOKENS
from cut2next.film import InputError
from cut2next.film.workers import start_worker
from cut2next.recipes.mini.encoded_rushes import worded
from cut2next.recipes.mini.encoding import pixel_weights, token_weights
from cut2next.soundstage.rushes import Rushes

LEARNT, HELD_OUT = "reel", "held-out"
"""What reels are called that are learnt, and those that are judged by."""
_FIRST_HELD_OUT = 2_000_000
"""A reel whose seeds are those of no training and of no benchmark."""
_HELD_OUT_REELS = 4
_LEAST_URGENT = 19


@dataclass(frozen=True, kw_only=True)
class Shooter:
    """One of the processes; each has every so manieth reel."""

    rushes: Rushes
    tokenizer: PreTrainedTokenizerFast
    token_pixels: int
    """Pixels a side of a token of the transformer."""
    folder: Path
    number: int
    shooters: int

    def shoot(self) -> None:
        """Without end; the first few begin with a reel to judge by."""
        start_worker()
        os.nice(_LEAST_URGENT)
        torch.set_num_threads(1)
        if self.number < _HELD_OUT_REELS:
            self._shoot(_FIRST_HELD_OUT + self.number, HELD_OUT)
        for number in count(self.number, self.shooters):
            self._shoot(number, LEARNT)

    def _shoot(self, number: int, kind: str) -> None:
        pictures, kinds = self.rushes.takes(number)
        prompts = worded(self.rushes, number, self.tokenizer, PROMPT_TOKENS)
        arrays = {"pictures": pictures, "kinds": kinds} | prompts
        reel = {name: torch.from_numpy(array) for name, array in arrays.items()}
        reel["weights"] = token_weights(pixel_weights(kinds), self.token_pixels)
        path = self.folder / f"{kind}-{number:07d}.safetensors"
        partial = path.with_suffix(".partial")
        save_file(reel, partial)
        partial.rename(path)


@contextmanager
def shooting(
    rushes: Rushes,
    tokenizer: PreTrainedTokenizerFast,
    token_pixels: int,
    folder: Path,
    shooters: int,
) -> Iterator[Callable[[], None]]:
    """So many processes that shoot into a folder; gives what stops them sooner."""
    context = get_context("spawn")
    processes = []
    for number in range(shooters):
        shooter = Shooter(
            rushes=rushes,
            tokenizer=tokenizer,
            token_pixels=token_pixels,
            folder=folder,
            number=number,
            shooters=shooters,
        )
        processes.append(context.Process(target=shooter.shoot, daemon=True))

    def stop() -> None:
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()

    for process in processes:
        process.start()
    try:
        yield stop
    finally:
        stop()


def reels_in(folder: Path, kind: str = LEARNT) -> list[Path]:
    """What is shot, and not taken in yet."""
    return sorted(folder.glob(f"{kind}-*.safetensors"))


def wait_for_reels(folder: Path, number: int, soon: Deadline, latest: Deadline) -> None:
    """Until so many are there, or `soon` is over and some are.

    Raises InputError where there are too few when `latest` is over.
    """
    while (found := len(reels_in(folder))) < number and not (found and soon.is_over):
        if latest.is_over:
            raise InputError(
                "no set was shot in time",
                expected="some to learn from",
                hint="give it more minutes, or more shooters",
            )
        sleep(0.2)
