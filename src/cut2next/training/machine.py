"""What a machine computes quickest in: how many threads, which type, which attention.

More threads are not quicker where others work: one product of bfloat16 matrices ran at
1,376 GFLOP/s on one thread and at 77 on two.
"""

from contextlib import AbstractContextManager, nullcontext
from time import perf_counter
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

_SIZE = 1024
_REPEATS = 8
_AS_QUICK = 1.1
"""Times as long; what is nearer is noise."""


def quick_type(device: str) -> torch.dtype:
    """bfloat16 where the hardware multiplies it, else float32: emulated, it is ten times slower."""
    units = torch.cpu.get_capabilities()
    quick = device != "cpu" or units.get("avx512_bf16") or units.get("amx_bf16")
    return torch.bfloat16 if quick else torch.float32


def quick_attention(device: torch.device, dtype: torch.dtype) -> AbstractContextManager[None]:
    """The attention to learn with: torch's fast one for CPUs is slow backwards in bfloat16.

    Plain arithmetic is a third faster there, and in float32 a fifth slower.
    """
    plain = device.type == "cpu" and dtype == torch.bfloat16
    return sdpa_kernel(SDPBackend.MATH) if plain else nullcontext()


def compile_blocks(network: Any, layouts: int) -> None:
    """Has what passes a network's blocks compiled, which takes minutes for each of the layouts."""
    from torch._dynamo import config as dynamo

    # Every number of earlier shots makes other passes, and every pass is compiled apart.
    dynamo.recompile_limit = max(dynamo.recompile_limit, 8 * layouts)
    network.compile_repeated_blocks(fullgraph=True)


def take_quickest_threads(dtype: torch.dtype) -> int:
    """Has torch compute with the quickest number of threads up to what it has; returns it.

    What is timed is a product of matrices in `dtype`; fewer threads win where they are about as
    quick.
    """
    most = torch.get_num_threads()
    counts = sorted({most, *(1 << power for power in range(most.bit_length()))})
    seconds = {count: _seconds(count, dtype) for count in counts}
    enough = _AS_QUICK * min(seconds.values())
    taken = next(count for count in counts if seconds[count] <= enough)
    torch.set_num_threads(taken)
    return taken


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
