"""How much memory making a next shot takes, known before any weight is loaded.

Weights are counted on the meta device. What a pass holds beside them is found by running the real
code on tensors without contents (PyTorch's fake tensors), through one block of each kind: without
gradients, all blocks need the same. So a change of the code needs no new formula here.
"""

import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter
from transformers.modeling_utils import local_torch_dtype

from cut2next.backbones import Backbone
from cut2next.backbones.prepared import Prepared, prepare
from cut2next.conditioning import KVCache, Layout, Segment, with_earlier_shots
from cut2next.generation.conditioned import cut_layout
from cut2next.generation.fit import ONE_SHOT, Demand, Held, Phase, Precision, Weights
from cut2next.generation.precision import block_layers

Configurations = Mapping[str, Mapping[str, Any]]
"""Of networks, by component."""
DTYPE = torch.bfloat16
"""What is loaded and computed in at full size."""


class Making(NamedTuple):
    """What is made, and what is there while it is."""

    layout: Layout
    pictures: int = 1
    """Made at a time, of one current shot, whose keys and values they share."""
    held: Held = ONE_SHOT
    """Shots that are kept on the card."""

    @property
    def whole(self) -> Layout:
        """Where everything lies, the earlier shots too."""
        if not self.held.earlier:
            return self.layout
        shots = self.layout.shot_sizes
        return cut_layout(
            with_earlier_shots(self.layout.table, self.held.earlier),
            self.layout.prompt_tokens,
            current=shots[Segment.CURRENT_SHOT],
            following=shots[Segment.NEXT_SHOT],
        )


def demand(
    backbone: type[Backbone],
    configurations: Configurations,
    making: Making,
    tilings: Sequence[bool] = (False, True),
) -> Demand:
    """What networks of these configurations, by component, need; no weights are read.

    `tilings` tells whether pictures are whole, or in tiles, which of a large one are many.
    """
    with torch.device("meta"):
        hollow = backbone.hollow(configurations)
    layers = block_layers(hollow.transformer).values()
    encoder = getattr(hollow, hollow.large_text_encoder)
    leaves = [module for module in encoder.modules() if not list(module.children())]
    return Demand(
        weights={precision: _weights(hollow, precision) for precision in Precision},
        working=working_bytes(backbone, configurations, making, tilings),
        kept=_kept(hollow, making.whole),
        others=_others(hollow, making),
        widest=max(layer.weight.numel() for layer in layers) * DTYPE.itemsize,
        passing_transformer=_passing_blocks(hollow.transformer),
        passing_text_encoder=2 * max(map(weight_bytes, leaves)),
    )


def weight_bytes(network: nn.Module, precision: Precision = Precision.BF16) -> int:
    """What a network's weights take when its blocks are in some precision and all else in bf16."""
    layers = block_layers(network).values() if precision is not Precision.BF16 else ()
    quantised = {id(layer.weight): precision.bytes(layer) for layer in layers}
    return sum(
        quantised.get(id(weight), weight.numel() * DTYPE.itemsize)
        for weight in (*network.parameters(), *network.buffers())
    )


def working_bytes(
    backbone: type[Backbone],
    configurations: Configurations,
    making: Making,
    tilings: Sequence[bool] = (False,),
) -> dict[bool, dict[Phase, int]]:
    """The most that each phase holds beside weights and what is kept of current shots.

    By whether pictures are in tiles, of which only those phases know that see pixels.
    """
    peaks: dict[Phase, int] = {}
    found: dict[bool, dict[Phase, int]] = {}
    with FakeTensorMode(), torch.no_grad(), local_torch_dtype(DTYPE):
        hollow = backbone.hollow(configurations, blocks=1)
        networks = [getattr(hollow, name) for name in hollow.networks()]
        kept = _kept(hollow, making.whole)
        for tiled in sorted(tilings):
            if tiled:
                hollow.tile()
                _leave_seams(hollow.vae)
            for phase, work in phases(hollow, making).items():
                if phase in (Phase.SHOT, Phase.DECODING) or phase not in peaks:
                    peaks[phase] = peak_bytes(work, networks)
            found[tiled] = {**peaks, Phase.STEPS: peaks[Phase.STEPS] - kept}
    return found


def _leave_seams(autoencoder: Any) -> None:
    """Tiles are not blended: that takes a row of pixels more at a time, and thousands of steps."""
    autoencoder.blend_v = autoencoder.blend_h = lambda _, tile, extent: tile


def _kept(hollow: Backbone, layout: Layout, *, lasting: bool = False) -> int:
    """The keys and values of a cut; of its current shot alone, what outlasts the cut."""
    table = layout.table
    kept = table.lasting if lasting else table.cacheable
    size: int = hollow.transformer.cache_bytes(layout, kept, DTYPE)
    return size


def _others(hollow: Backbone, making: Making) -> int:
    """What is kept of other shots: of those that are read, the keys before they were turned."""
    beside = making.held.shots - 1 - making.held.earlier / 2
    return round(beside * _kept(hollow, making.layout, lasting=True))


def phases(hollow: Backbone, making: Making) -> dict[Phase, Callable[[], object]]:
    """The real code of each phase, on inputs of the right shapes."""
    layout = making.layout
    longest = max(layout.prompt_tokens.values())
    height, width = layout.shot_sizes[Segment.CURRENT_SHOT]
    step, following = hollow.pixels_per_token, layout.shot_sizes[Segment.NEXT_SHOT]
    pixels = (1, 3, step * height, step * width)
    latents = _latents(hollow, making)
    return {
        Phase.PROMPTS: lambda: hollow.encode_blank(longest),
        # Pixels come and go in float32.
        Phase.SHOT: lambda: hollow.encode_image(torch.empty(pixels, dtype=torch.float32)),
        Phase.STEPS: lambda: _step(hollow, making),
        Phase.DECODING: lambda: hollow.decode_image(latents, following).float(),
    }


def _step(hollow: Backbone, making: Making) -> None:
    """A prefill, where the table lets something be kept, and a step that reads it."""
    ready, latents = prepared(hollow, making)
    ready.velocity(latents, torch.ones(len(latents)))


def prepared(hollow: Backbone, making: Making) -> tuple[Prepared, Tensor]:
    """What the steps share, on inputs of the right shapes; and latents to begin with."""
    layout = making.whole
    ready = prepare(
        hollow.transformer,
        hollow.blank_inputs(layout),
        layout,
        keep=layout.table.cacheable,
        cache=_read_before(hollow, making),
        guidance=1.0 if hollow.is_distilled else None,
    )
    return ready, _latents(hollow, making)


def _read_before(hollow: Backbone, making: Making) -> KVCache:
    """What is kept of earlier shots, each read by itself, where the table lets anything be."""
    layout, kept = making.layout, KVCache()
    for back in range(1, making.held.earlier + 1) if layout.table.lasting else ():
        names = {segment: segment.back(back) for segment in layout.table.lasting}
        inputs = hollow.blank_inputs(layout)
        read = prepare(hollow.transformer, inputs, layout, keep=layout.table.lasting).cache
        kept = kept.merged(hollow.transformer.moved(read, names, layout, making.whole))
    return kept


def _latents(hollow: Backbone, making: Making) -> Tensor:
    return torch.empty(making.pictures, making.layout.tokens(Segment.NEXT_SHOT), hollow.channels)


def _weights(hollow: Backbone, precision: Precision) -> Weights:
    eight = Precision.BF16 if precision is Precision.BF16 else Precision.INT8
    large = hollow.large_text_encoder
    small = [getattr(hollow, name) for name in hollow.text_encoders if name != large]
    return Weights(
        transformer=weight_bytes(hollow.transformer, precision),
        autoencoder=weight_bytes(hollow.vae),
        large_text_encoder=weight_bytes(getattr(hollow, large), eight),
        small_text_encoders=sum(map(weight_bytes, small)),
    )


def _passing_blocks(transformer: nn.Module) -> int:
    """Two of the largest blocks, and all that is in none."""
    blocks = [
        weight_bytes(block)
        for stack in transformer.children()
        if isinstance(stack, nn.ModuleList)
        for block in stack
    ]
    return weight_bytes(transformer) - sum(blocks) + 2 * max(blocks)


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
        for tensor in tree_iter(made):
            if isinstance(tensor, Tensor):
                self._count(tensor.untyped_storage())
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
    """The most that some work holds at a time, beside the weights of the networks it runs.

    And beside gradients that are there before it.
    """
    weights = [w for network in networks for w in (*network.parameters(), *network.buffers())]
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    with _Live([*weights, *gradients]) as live:
        work()
    peak: int = live.peak
    return peak
