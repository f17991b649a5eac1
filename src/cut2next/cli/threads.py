"""How many threads a command computes with: as many as there are processors that nobody else uses.

Threads of one computation wait for each other. On two processors that were busy already, two of
them took 29 s for a demo that one made in 18; on idle ones both take 9.
"""

import os
import time
from contextlib import suppress
from pathlib import Path
from statistics import median_low

from cut2next.film.workers import processors

ASKED = "OMP_NUM_THREADS"
"""What PyTorch reads when it is imported; where it is set already, that counts."""
_LOAD = Path("/proc/loadavg")
_LOOKS, _PAUSE = 5, 0.004
"""How often it is looked who is running, and seconds in between."""


def choose_threads() -> None:
    """Sets the number for this process and those that it starts; to be called before PyTorch."""
    if not os.environ.get(ASKED):
        everywhere = os.cpu_count() or 1
        os.environ[ASKED] = str(free_processors(processors(), everywhere, running_elsewhere()))


def free_processors(own: int, everywhere: int, running: int) -> int:
    """Of a process's own processors those that are free, one at least.

    `running` threads of others are spread over all processors of the machine.
    """
    return max(1, round(own * (1 - running / everywhere)))


def running_elsewhere() -> int:
    """How many threads of others run or wait for a processor; 0 where the system does not tell."""
    looks = []
    with suppress(OSError):
        for _ in range(_LOOKS):
            time.sleep(_PAUSE)
            looks.append(int(_LOAD.read_text().split()[3].partition("/")[0]) - 1)  # not this one
    return max(0, median_low(looks)) if looks else 0
