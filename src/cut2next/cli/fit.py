"""How large models fit the machine: the options that commands share, and what follows from them."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from cut2next.cli.arguments import vram
from cut2next.film import InputError
from cut2next.generation.fit import Fit, Placement, Precision, chosen

if TYPE_CHECKING:
    from cut2next.generation.plan import Plan


class Device(NamedTuple):
    """Where models run, by PyTorch's name."""

    name: str
    computes_fp8: bool

    @property
    def is_card(self) -> bool:
        """Whether it has memory of its own."""
        return self.name != "cpu"


def add_fit_arguments(parser: argparse.ArgumentParser) -> None:
    """`--vram`, `--precision` and `--placement`; what is not given is chosen."""
    add = parser.add_argument
    held = "memory that a large model stays within (default: auto, what is free)"
    add("--vram", type=vram, metavar="GIB", help=held)
    add("--precision", choices=list(map(str, Precision)), help="of its weights (else chosen)")
    add("--placement", choices=list(map(str, Placement)), help="where they wait (else chosen)")


def best_device() -> Device:
    """A CUDA card where there is one, else the CPU."""
    import torch

    from cut2next.generation.precision import computes_fp8

    name = "cuda" if torch.cuda.is_available() else "cpu"
    return Device(name, computes_fp8(name))


def fit_for(args: argparse.Namespace, width: int, height: int) -> Fit | None:
    """How a large model is to be loaded for a current shot; None for one that fits anywhere.

    Takes `model`, `transformer`, `lora`, `size` and those of `add_fit_arguments`.
    Raises InputError when nothing fits, or nothing that was asked for.
    """
    from cut2next.generation.framing import Size
    from cut2next.generation.plan import is_large, planned
    from cut2next.generation.weights import model_folder

    folder = model_folder(args.model, {"transformer"} if args.transformer else ())
    asked = (args.vram, args.precision, args.placement) != (None, None, None)
    if not asked and not is_large(folder, args.transformer):
        return None
    device = best_device()
    loras = [lora.path for lora in args.lora]
    following = args.size and Size(*args.size)
    plan = planned(folder, (width, height), following, loras=loras, transformer=args.transformer)
    among = [
        fit
        for fit in plan.fits(fp8=device.computes_fp8, card=device.is_card)
        if args.precision in (None, fit.precision) and args.placement in (None, fit.placement)
    ]
    if not among and plan.quantised:
        raise InputError(
            f"quantised weights, asked for in {args.precision or args.placement}",
            expected="them as they are, and not block by block",
            hint="leave --precision out, or take another --placement",
        )
    if not among:
        raise InputError(
            f"{args.precision or 'weights'}, {args.placement or 'placed'} on this machine",
            expected="precision and placement that go together",
            hint="`cut2next plan` shows which do; placements need a CUDA card",
        )
    room = room_for(args.vram, device)
    check_loading(plan, room, card=device.is_card)
    fit = chosen(plan.needed, room, among)
    if args.vram is not None:
        _hold(room, device)
    return fit


def check_loading(plan: "Plan", room: int, *, card: bool) -> None:
    """Without a card, weights come whole into the memory that they stay in. Raises InputError."""
    if not card and plan.needed.host > room:
        raise InputError(
            f"{room / 2**30:.1f} GiB of memory",
            expected=f"{plan.needed.host / 2**30:.1f} GiB to load the model, without a CUDA card",
            hint="close other programs, or take another machine",
        )


def room_for(gigabytes: float | None, device: Device) -> int:
    """Bytes of a card of so many GiB, or what is free on the device."""
    from cut2next.generation.placing import room_on

    return room_on(device.name) if gigabytes is None else int(gigabytes * 2**30)


def _hold(room: int, device: Device) -> None:
    """PyTorch to so many bytes of a card: what is meant for a smaller one is tried on a larger."""
    import torch

    if device.is_card:
        whole = torch.cuda.get_device_properties(device.name).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, room / whole))


@contextmanager
def memory_told() -> Iterator[None]:
    """Running out of memory, as one line rather than a traceback."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        # PyTorch has a type of its own for cards only.
        told = str(error) or "the machine's"
        full = isinstance(error, MemoryError) or "out of memory" in told.lower()
        if not full and "can't allocate memory" not in told:
            raise
        raise InputError(
            f"too little memory ({told.splitlines()[0][:120]})",
            expected="room for the model and the picture",
            hint="see `cut2next plan`, close other programs, or make a smaller picture",
        ) from error
