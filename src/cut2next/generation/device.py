"""The machine: where models run, how much memory there is, and that it is too little."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import psutil
import torch

from cut2next.film import InputError
from cut2next.generation.precision import computes_fp8


class Device(NamedTuple):
    """Where models run, by PyTorch's name."""

    name: str
    computes_fp8: bool

    @property
    def is_card(self) -> bool:
        """Whether it has memory of its own."""
        return self.name != "cpu"

    def room(self, gigabytes: float | None = None) -> int:
        """Bytes of a card of so many GiB; else what is free on it, or in the machine's memory."""
        if gigabytes is not None:
            return int(gigabytes * 2**30)
        if self.is_card:
            free: int = torch.cuda.mem_get_info(self.name)[0]
            return free
        return int(psutil.virtual_memory().available)

    def hold_to(self, room: int) -> None:
        """Keeps PyTorch within so many bytes of a card, to try a smaller one on a larger."""
        if self.is_card:
            whole = torch.cuda.get_device_properties(self.name).total_memory
            torch.cuda.set_per_process_memory_fraction(min(1.0, room / whole))


def best_device() -> Device:
    """A CUDA card where there is one, else the CPU."""
    name = "cuda" if torch.cuda.is_available() else "cpu"
    return Device(name, computes_fp8(name))


@contextmanager
def memory_errors() -> Iterator[None]:
    """Running out of memory as an InputError, whichever way PyTorch says so."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        # PyTorch has a type of its own for cards only.
        message = str(error) or "the machine's"
        full = isinstance(error, MemoryError) or "out of memory" in message.lower()
        if not full and "can't allocate memory" not in message:
            raise
        raise InputError(
            f"too little memory ({message.splitlines()[0][:120]})",
            expected="room for the model and the picture",
            hint="see `cut2next plan`, close other programs, or make a smaller picture",
        ) from error
