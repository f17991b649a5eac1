"""Where a large model goes, known from the sizes of its files before any of them is loaded.

What a picture takes beside weights is not known of models that are not ours, so a fifth of the
weights is left for it on a card: a decision, not a measurement.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import psutil

from cut2next.film import InputError

if TYPE_CHECKING:
    from cut2next.generation.device import Device

RESIDENT, OFFLOADED = "resident", "offloaded"
_BESIDE = 1.2
"""Times the weights that are on a card at a time."""
_GIB = 2**30


def placement(title: str, weights: Mapping[str, int], device: "Device", host: int) -> str:
    """Whether all networks stay on the device, or come one at a time.

    `weights` are bytes by network, `host` the bytes that are free in the machine's memory, where
    all weights are read to first. Raises InputError where there is no room.
    """
    whole, largest = sum(weights.values()), max(weights.values(), default=0)
    if whole > host:
        raise _too_large(title, whole, host, "of the machine's memory")
    room = device.room()
    if not device.is_card or _BESIDE * whole <= room:
        return RESIDENT
    if _BESIDE * largest <= room:
        return OFFLOADED
    raise _too_large(title, int(_BESIDE * largest), room, "on the card, for its largest network")


def put(pipe: Any, where: str, device: str) -> None:
    """Puts a pipeline's networks where `placement` says."""
    if where == OFFLOADED:
        pipe.enable_model_cpu_offload(device=device)
    else:
        pipe.to(device)


def free_memory() -> int:
    """Bytes of the machine's memory."""
    return int(psutil.virtual_memory().available)


def _too_large(title: str, needed: int, room: int, where: str) -> InputError:
    return InputError(
        f"{title} takes {needed / _GIB:.1f} GiB {where}, where {room / _GIB:.1f} are free",
        expected="room for its weights",
        hint="close other programs, take a larger machine, or ask a server by its URL",
    )
