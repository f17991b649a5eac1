"""A training step as CUDA graphs: forward and backward pass and optimizer, launched as one.

A step of a model this small is thousands of short kernels, and a processor launches them more
slowly than the card runs them. A graph is of fixed work on fixed memory, so there is one for each
of what a step may do without, and batches are copied to where the graphs read them. On a CPU the
same steps run as they are.
"""

from collections.abc import Iterator
from typing import Any

import torch
from scripts.mini_on_a_card.optimizer import StackedOptimizer
from torch import Tensor
from torch._dynamo import config as dynamo

from cut2next.conditioning import Layout, Pass, Segment, SegmentInputs
from cut2next.training.machine import quick_attention
from cut2next.training.step import Batch, next_shot_loss, omissions

_WARM_UPS = 3
"""Steps before a capture, in which kernels are compiled and libraries set up."""
_RECOMPILATIONS = 64
"""Every block is compiled for every layout and every pass."""


def prepare_card() -> None:
    """Settings of this process, and a stream of its own, as captures want it."""
    settings: Any = dynamo
    settings.automatic_dynamic_shapes = False
    settings.recompile_limit = settings.cache_size_limit = _RECOMPILATIONS
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cuda.enable_cudnn_sdp(False)  # on, these graphs were not tried
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    torch.cuda.set_stream(side)


def keep_rotary(network: Any) -> None:
    """Has a transformer keep its rotary embeddings, for layouts of the same sizes.

    They are worked out on the host, and a graph cannot hold copies from there.
    """
    kept: dict[tuple[tuple[Segment, ...], ...], Any] = {}
    fresh = network._rotary

    def rotary(plan: Pass, device: torch.device) -> Any:
        key = plan.running, plan.cached
        if key not in kept:
            kept[key] = fresh(plan, device)
        return kept[key]

    network._rotary = rotary


class CapturedSteps:
    """Steps of a transformer; what it does without decides which graph is run."""

    def __init__(self, network: Any, optimizer: StackedOptimizer, example: Batch) -> None:
        """All batches to come are of the shapes of the `example`, whose tensors are kept."""
        self._network, self._optimizer, self._held = network, optimizer, example
        self._times = torch.ones(len(example.clean), device=example.clean.device)
        self._graphs: dict[frozenset[Segment], tuple[torch.cuda.CUDAGraph, Tensor]] = {}

    def capture(self) -> None:
        """Makes the graphs. Weights stay as they are, for the optimizer steps at no rate yet."""
        for without in omissions(self._held.layout.table):
            layout = self._held.layout.without(without)
            for _ in range(_WARM_UPS):
                self._learn(layout)
            torch.cuda.synchronize()
            self._clear()
            torch.cuda.empty_cache()  # what the warm-up took is of no use to a graph
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, stream=torch.cuda.current_stream()):
                loss = self._learn(layout)
            torch.cuda.synchronize()
            self._graphs[without] = graph, loss
        self._optimizer.forget()

    def __call__(self, batch: Batch, times: Tensor, without: frozenset[Segment]) -> Tensor:
        """One step; its loss, a number on the device that holds until the next step."""
        for held, tensor in zip(_tensors(self._held), _tensors(batch), strict=True):
            held.copy_(tensor)
        self._times.copy_(times)
        if without in self._graphs:
            graph, loss = self._graphs[without]
            graph.replay()
            return loss
        return self._learn(self._held.layout.without(without))

    def _learn(self, layout: Layout) -> Tensor:
        self._clear()
        clean = self._held.clean
        noise = torch.randn(clean.shape, device=clean.device)
        with quick_attention(clean.device, self._network.dtype):
            loss = next_shot_loss(self._network, self._held, self._times, noise, layout).mean
        loss.backward()
        self._optimizer.step()
        return loss.detach()

    def _clear(self) -> None:
        """Without gradients before it, a backward pass takes memory of its graph's own for them."""
        for parameter in self._network.parameters():
            parameter.grad = None


def parts_of(batch: Batch, count: int) -> Iterator[Batch]:
    """A batch of `count` steps as the batches of each."""
    clean, weights = (x.chunk(count) for x in (batch.clean, batch.weights))
    tokens, pooled = (
        {segment: x.chunk(count) for segment, x in tensors.items()}
        for tensors in (batch.inputs.tokens, batch.inputs.pooled)
    )
    for part in range(count):
        inputs = SegmentInputs(
            {segment: x[part] for segment, x in tokens.items()},
            {segment: x[part] for segment, x in pooled.items()},
        )
        yield Batch(layout=batch.layout, inputs=inputs, clean=clean[part], weights=weights[part])


def _tensors(batch: Batch) -> Iterator[Tensor]:
    """All of them, by segments in one order."""
    for tensors in (batch.inputs.tokens, batch.inputs.pooled):
        yield from (tensors[segment] for segment in sorted(tensors, key=str))
    yield batch.clean
    yield batch.weights
