"""How much memory making a next shot takes, known before any weight is loaded.

Weights are counted on the meta device. What a pass holds beside them is found by running the real
code on tensors without contents (PyTorch's fake tensors), through one block of each kind: without
gradients, all blocks need the same. So a change of the code needs no new formula here.
"""

import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter

from cut2next.backbones.flux1.hollow import Networks, hollow_networks, tile, work_of
from cut2next.conditioning import Layout
from cut2next.generation.fit import Demand, Phase, Precision
from cut2next.generation.precision import block_layers

DTYPE = torch.bfloat16
"""What is loaded and computed in at full size."""


def demand(folder: Path, layout: Layout) -> Demand:
    """What a model's folder needs for shots of a layout; reads configurations only."""
    with torch.device("meta"):
        networks = hollow_networks(folder)
    layers = block_layers(networks.transformer).values()
    return Demand(
        weights={precision: _weights(networks, precision) for precision in Precision},
        working={tiled: working_bytes(folder, layout, tiled=tiled) for tiled in (False, True)},
        kept=networks.transformer.cache_bytes(layout, layout.table.cacheable, DTYPE),
        widest=max(layer.weight.numel() for layer in layers) * DTYPE.itemsize,
        passing={
            "transformer": _passing_blocks(networks.transformer),
            "text_encoder_2": 2 * max(weight_bytes(one) for one in _leaves(networks)),
        },
    )


def weight_bytes(network: nn.Module, precision: Precision = Precision.BF16) -> int:
    """What a network's weights take when its blocks are in some precision and all else in bf16."""
    layers = block_layers(network).values() if precision is not Precision.BF16 else ()
    quantised = {id(layer.weight): precision.bytes(layer) for layer in layers}
    return sum(
        quantised.get(id(weight), weight.numel() * DTYPE.itemsize)
        for weight in (*network.parameters(), *network.buffers())
    )


def working_bytes(folder: Path, layout: Layout, *, tiled: bool = False) -> dict[Phase, int]:
    """The most that each phase holds beside weights and what is kept of the current shot."""
    with FakeTensorMode(), torch.no_grad(), _default_dtype(DTYPE):
        networks = hollow_networks(folder, blocks=1)
        if tiled:
            tile(networks.vae)
        work = work_of(networks, layout)
        passes = {
            Phase.PROMPTS: work.prompts,
            Phase.SHOT: work.shot,
            Phase.STEPS: work.steps,
            Phase.DECODING: work.decoding,
        }
        peaks = {phase: peak_bytes(done, networks.all) for phase, done in passes.items()}
        kept = networks.transformer.cache_bytes(layout, layout.table.cacheable, DTYPE)
    return {**peaks, Phase.STEPS: peaks[Phase.STEPS] - kept}


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


class _Live(TorchDispatchMode):
    """Counts the bytes of all tensors in use that operations made, not of those that were given."""

    def __init__(self, given: Iterable[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = self.peak = 0
        self._seen = weakref.WeakSet(tensor.untyped_storage() for tensor in given)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> object:
        made = func(*args, **(kwargs or {}))
        for one in tree_iter(made):
            if isinstance(one, Tensor):
                self._count(one.untyped_storage())
        return made

    def _count(self, storage: torch.UntypedStorage) -> None:
        if storage in self._seen:
            return
        self._seen.add(storage)
        self.now += storage.nbytes()
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._gone, storage.nbytes())

    def _gone(self, size: int) -> None:
        self.now -= size


def peak_bytes(work: Callable[[], object], networks: Iterable[nn.Module]) -> int:
    """The most that some work holds at a time, beside the weights of the networks it runs."""
    weights = [w for network in networks for w in (*network.parameters(), *network.buffers())]
    with _Live(weights) as live:
        work()
    peak: int = live.peak
    return peak


@contextmanager
def _default_dtype(dtype: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
