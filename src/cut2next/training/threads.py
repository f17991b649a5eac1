"""How many threads a run computes with: as many as are quickest, by trial.

On a machine that others work on, more are not quicker: one product of bfloat16 matrices ran at
1,376 GFLOP/s on one thread and at 77 on two.
"""

from time import perf_counter

import torch

_SIZE = 1024
_REPEATS = 8


def take_quickest_threads(dtype: torch.dtype) -> int:
    """Has torch compute with the quickest number of threads up to what it has; returns it.

    What is timed is a product of matrices in `dtype`; fewer threads win where they are as quick.
    """
    most = torch.get_num_threads()
    counts = sorted({most, *(1 << power for power in range(most.bit_length()))})
    quickest = min(counts, key=lambda count: _seconds(count, dtype))
    torch.set_num_threads(quickest)
    return quickest


def _seconds(count: int, dtype: torch.dtype) -> float:
    """The median time of a product on so many threads."""
    torch.set_num_threads(count)
    matrix = torch.ones(_SIZE, _SIZE, dtype=dtype)
    times = []
    for _ in range(_REPEATS):
        begun = perf_counter()
        torch.mm(matrix, matrix)
        times.append(perf_counter() - begun)
    return sorted(times)[_REPEATS // 2]
