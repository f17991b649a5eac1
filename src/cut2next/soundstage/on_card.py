"""The ray caster on a CUDA card: one thread a pixel, by the functions that the processor runs.

numba compiles `raycaster.pixel` and all that it calls for the card as well: nothing is said twice.
Nobody who has no card needs this file, so that it is imported when it is asked for.
"""

# numba's functions carry no types for the checker
# mypy: disable-error-code="no-untyped-def,no-untyped-call,untyped-decorator,attr-defined"

import numpy as np
from numba import cuda, int32

from cut2next.film import InputError
from cut2next.soundstage.raycaster import pixel

MOST_SAMPLES = 4
"""Of the sub-samples on a pixel's side: a thread has room for so many squared."""
_BLOCK = 16
_ROOM = MOST_SAMPLES * MOST_SAMPLES


@cuda.jit(fastmath=True)
def _kernel(
    solids, look, part_of, extent, camera, starts, items,
    rays, ray_starts, ray_items, lights, samples, picture, parts,
):  # fmt: skip
    row, column = cuda.grid(2)
    if row < parts.shape[0] and column < parts.shape[1]:
        votes = cuda.local.array(_ROOM, int32)
        pixel(
            solids, look, part_of, extent, camera, starts, items,
            rays, ray_starts, ray_items, lights, samples, row, column, picture, parts, votes,
        )  # fmt: skip


def trace_on_card(*arguments):
    """As `raycaster.trace`, with the same arguments.

    Raises InputError without a card that numba can use, or for more samples than `MOST_SAMPLES`.
    """
    *scene, width, height, samples = arguments
    if not cuda.is_available():
        raise InputError(
            "no CUDA card that numba can use",
            expected="a card, its driver, and numba-cuda",
            hint="pip install 'numba-cuda[cu12]', or render on the processor",
        )
    if samples > MOST_SAMPLES:
        raise InputError(
            f"{samples} samples on a pixel's side",
            expected=f"up to {MOST_SAMPLES} on a card",
            hint="render on the processor",
        )
    picture = cuda.device_array((height, width, 3), np.float32)
    parts = cuda.device_array((height, width), np.int32)
    blocks = (-(-height // _BLOCK), -(-width // _BLOCK))
    sent = [cuda.to_device(np.ascontiguousarray(part)) for part in scene]
    _kernel[blocks, (_BLOCK, _BLOCK)](*sent, samples, picture, parts)
    return picture.copy_to_host(), parts.copy_to_host()
