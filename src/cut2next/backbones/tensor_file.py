"""The one door to a stranger's file of safetensors: a regular file, whose header is no flood.

What the header says of offsets and sizes is checked by the safetensors library, against the file.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from cut2next.film import paths
from cut2next.film.errors import one_line

HEADER = 2**24
"""Bytes, the most of a header; FLUX.1's has 0.2 MB, a LoRA's may hold all captions it learnt by."""
_MOST, _LONGEST_NAME = 2**15, 1000
"""Tensors, and letters of the name of one."""


@contextmanager
def opened(path: Path, refuse: paths.Refuse, framework: str = "np") -> Iterator[Any]:
    """Such a file, open as safetensors' `safe_open` does it.

    Raises what `refuse` makes for one that is missing or damaged, on opening and within.
    """
    with paths.opened(path, refuse) as file:
        size = int.from_bytes(file.read(8), "little")
    if size > HEADER:
        raise refuse(path, f"damaged, or no safetensors file (a header of {size:,} bytes)")
    try:
        with safe_open(path, framework=framework) as held:
            names = held.keys()
            if len(names) > _MOST or any(len(name) > _LONGEST_NAME for name in names):
                most = f"over {_MOST:,} tensors, or {_LONGEST_NAME:,} letters in the name of one"
                raise refuse(path, f"has {most}")
            yield held
    except (SafetensorError, OSError) as error:
        reason = f"damaged, or no safetensors file ({one_line(error)})"
        raise refuse(path, reason) from error
