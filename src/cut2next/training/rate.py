"""How much arithmetic a machine does at best: the rate of one large product of matrices."""

from time import perf_counter

import torch

_SIDES = {"cpu": 1024, "cuda": 8192}
_REPEATS = 8


def matrix_rate(device: str, side: int | None = None, dtype: torch.dtype = torch.bfloat16) -> float:
    """Operations a second of a product of square matrices on a device, the best of several."""
    device_type = torch.device(device).type
    side = side or _SIDES[device_type]
    matrix = torch.randn(side, side, device=device).to(dtype)
    best = min(_seconds(matrix) for _ in range(_REPEATS))
    return 2 * side**3 / best


def _seconds(matrix: torch.Tensor) -> float:
    begun = perf_counter()
    product = torch.mm(matrix, matrix)
    product[0, 0].item()  # waits for the device
    return perf_counter() - begun
