"""How a pipeline fits a card: weights in fewer bits, off the card when idle, pictures in tiles.

A `Fit` is one combination. What each needs is estimated from the model's configurations alone
(`memory.py`), the best that a card has room for is chosen, and applied to a pipeline from outside.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from pathlib import Path

import psutil
import torch
from diffusers.hooks.group_offloading import apply_group_offloading

from cut2next.conditioning import Layout
from cut2next.film import InputError
from cut2next.generation.memory import (
    DTYPE,
    Networks,
    Phase,
    hollow_networks,
    tile,
    weight_bytes,
    working_bytes,
)
from cut2next.generation.pipeline import Cut2NextPipeline
from cut2next.generation.precision import Precision, block_layers, quantise

RESERVE = 2**30
"""Of a card, for what PyTorch's allocator does not count: the CUDA context and fragments."""


class Placement(StrEnum):
    """Where weights are while they have nothing to do."""

    RESIDENT = "resident"
    """All on the card."""
    RELEASED = "released"
    """Text encoders first; freed once the prompts are encoded, then all else on the card."""
    MODEL = "model"
    """Each network on the card while it works, and on the CPU otherwise."""
    GROUP = "group"
    """Of the transformer and T5, a block or two on the card at a time. Slow."""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """One way to fit a pipeline onto a card."""

    precision: Precision = Precision.BF16
    """Of the transformer's blocks; T5's are in int8 as soon as this is not bf16."""
    placement: Placement = Placement.RESIDENT
    tiled: bool = False
    """Pictures are encoded and decoded in tiles: less memory for large ones, faint seams."""


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What a model needs to make one next shot, in bytes."""

    weights: Mapping[Precision, Mapping[str, int]]
    """Of each network."""
    working: Mapping[bool, Mapping[Phase, int]]
    """Beside the weights, in each phase; whole (False) and tiled (True)."""
    kept: int
    """Keys and values of the current shot."""
    widest: int
    """The largest matrix in bf16: quantised ones are unpacked one at a time."""
    passing: Mapping[str, int]
    """What of a network is on the card when its blocks pass through it."""

    def peak(self, fit: Fit) -> int:
        """The most that is on the card at a time."""
        clip, t5, vae, transformer = (
            self.weights[fit.precision][name]
            for name in ("text_encoder", "text_encoder_2", "vae", "transformer")
        )
        work = self.working[fit.tiled]
        unpacked = 0 if fit.precision is Precision.BF16 else self.widest
        prompts = work[Phase.PROMPTS] + unpacked
        shot, decoding = work[Phase.SHOT], self.kept + work[Phase.DECODING]
        steps = self.kept + work[Phase.STEPS] + unpacked
        match fit.placement:
            case Placement.RESIDENT:
                return clip + t5 + vae + transformer + max(prompts, shot, steps, decoding)
            case Placement.RELEASED:
                return max(clip + t5 + prompts, vae + transformer + max(shot, steps, decoding))
            case Placement.MODEL:
                # Each leaves when its successor begins; the small ones stay for a while.
                first = t5 + max(prompts, shot)
                return clip + vae + max(first, transformer + steps, decoding)
            case Placement.GROUP:
                first = self.passing["text_encoder_2"] + max(prompts, shot)
                return clip + vae + max(first, self.passing["transformer"] + steps, decoding)

    @property
    def host(self) -> int:
        """What loading takes of the machine's memory, whatever the card has."""
        return sum(self.weights[Precision.BF16].values())


def demand(folder: Path, layout: Layout) -> Demand:
    """What a model's folder needs for shots of a layout; reads configurations only."""
    with torch.device("meta"):
        networks = hollow_networks(folder)
    layers = block_layers(networks.transformer).values()
    return Demand(
        weights={precision: _weights(networks, precision) for precision in Precision},
        working={tiled: working_bytes(folder, layout, tiled=tiled) for tiled in (False, True)},
        kept=networks.transformer.store_bytes(layout, layout.table.cacheable, DTYPE),
        widest=max(layer.weight.numel() for layer in layers) * DTYPE.itemsize,
        passing={
            "transformer": _passing_blocks(networks.transformer),
            "text_encoder_2": 2 * max(weight_bytes(one) for one in _leaves(networks)),
        },
    )


def fits(*, fp8: bool = True, group: bool = True) -> Iterator[Fit]:
    """Every combination, the best first: true to the weights, then fast.

    `fp8` tells whether the card computes in it; where it does not, int8 is closer to the weights.
    """
    eights = (Precision.FP8, Precision.INT8) if fp8 else (Precision.INT8, Precision.FP8)
    quick = (Placement.RESIDENT, Placement.RELEASED, Placement.MODEL)
    for one in product((Precision.BF16, *eights, Precision.NF4), quick, (False, True)):
        yield Fit(precision=one[0], placement=one[1], tiled=one[2])
    if group:
        for tiled in (False, True):  # what is quantised does not pass through block by block
            yield Fit(placement=Placement.GROUP, tiled=tiled)


def chosen(needed: Demand, room: int, among: Sequence[Fit]) -> Fit:
    """The first that fits into so many bytes. Raises InputError when none does."""
    for fit in among:
        if needed.peak(fit) + RESERVE <= room:
            return fit
    least = min(among, key=needed.peak)
    raise InputError(
        f"{room / 2**30:.1f} GiB of memory",
        expected=f"{(needed.peak(least) + RESERVE) / 2**30:.1f} GiB or more, even for "
        f"{least.precision} and {least.placement}",
        hint="make a smaller picture, or take a larger card",
    )


def room_on(device: torch.device | str) -> int:
    """Bytes that are free on a card, or in the machine's memory for the CPU."""
    if torch.device(device).type == "cuda":
        free: int = torch.cuda.mem_get_info(device)[0]
        return free
    return int(psutil.virtual_memory().available)


def fitted(pipe: Cut2NextPipeline, fit: Fit, device: torch.device | str) -> Cut2NextPipeline:
    """The pipeline on a device in the way of a `Fit`; LoRAs are merged before quantising.

    Under `RELEASED` only the text encoders are put there: encode the prompts, then call
    `release_text_encoders(device)`. Raises InputError for weights that are quantised already.
    """
    if fit.tiled:
        tile(pipe.vae)
    if fit.precision is not Precision.BF16:
        pipe.merge_loras()
        there = device if fit.placement is Placement.RESIDENT else None
        quantise(pipe.transformer, fit.precision, there)
        quantise(pipe.text_encoder_2, Precision.INT8, there)
    match fit.placement:
        case Placement.RESIDENT:
            pipe.to(device)
        case Placement.RELEASED:
            for encoder in (pipe.text_encoder, pipe.text_encoder_2):
                torch.nn.Module.to(encoder, device)
        case Placement.MODEL:
            pipe.enable_model_cpu_offload(device=device)
        case Placement.GROUP:
            _pass_blocks(pipe, torch.device(device))
    return pipe


def _pass_blocks(pipe: Cut2NextPipeline, device: torch.device) -> None:
    away, ahead = torch.device("cpu"), device.type == "cuda"
    pipe.transformer.enable_group_offload(
        onload_device=device,
        offload_device=away,
        offload_type="block_level",
        num_blocks_per_group=1,
        use_stream=ahead,  # the next block comes while one computes
    )
    apply_group_offloading(pipe.text_encoder_2, device, away, "leaf_level", use_stream=ahead)
    for network in (pipe.text_encoder, pipe.vae):
        torch.nn.Module.to(network, device)


def _weights(networks: Networks, precision: Precision) -> dict[str, int]:
    eight = Precision.BF16 if precision is Precision.BF16 else Precision.INT8
    return {
        "transformer": weight_bytes(networks.transformer, precision),
        "vae": weight_bytes(networks.vae),
        "text_encoder": weight_bytes(networks.text_encoder),
        "text_encoder_2": weight_bytes(networks.text_encoder_2, eight),
    }


def _passing_blocks(transformer: torch.nn.Module) -> int:
    """Two of the largest blocks, and all that is in none."""
    blocks = [
        weight_bytes(block)
        for stack in transformer.children()
        if isinstance(stack, torch.nn.ModuleList)
        for block in stack
    ]
    return weight_bytes(transformer) - sum(blocks) + 2 * max(blocks)


def _leaves(networks: Networks) -> list[torch.nn.Module]:
    return [one for one in networks.text_encoder_2.modules() if not list(one.children())]
