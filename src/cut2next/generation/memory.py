"""How much memory making a next shot takes, known before any weight is loaded.

Weights are counted on the meta device. What a pass holds beside them is found by running the real
code on tensors without contents (PyTorch's fake tensors), through one block of each kind: without
gradients, all blocks need the same. So a change of the code needs no new formula here.
"""

import json
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter
from transformers import CLIPTextConfig, CLIPTextModel, T5Config, T5EncoderModel

from cut2next.backbones.flux1 import Flux1Transformer
from cut2next.conditioning import KeyValueStore, Layout, Segment
from cut2next.generation import encoding
from cut2next.generation.fit import Demand, Phase, Precision
from cut2next.generation.precision import block_layers

DTYPE = torch.bfloat16
"""What is loaded and computed in at full size."""

SHOTS = (Segment.CURRENT_SHOT, Segment.NEXT_SHOT)


@dataclass(frozen=True, kw_only=True)
class Networks:
    """The networks of a pipeline, or hollow ones of the same shapes."""

    transformer: Flux1Transformer
    vae: AutoencoderKL
    text_encoder: CLIPTextModel
    text_encoder_2: T5EncoderModel

    @property
    def all(self) -> list[nn.Module]:
        """Each of them."""
        return [getattr(self, field.name) for field in fields(self)]


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


def hollow_networks(folder: Path, *, blocks: int | None = None) -> Networks:
    """A folder's networks with nothing in them, with all blocks, or with so many of each kind.

    Only configurations are read. To be called under the meta device or fake tensors.
    """
    few = {} if blocks is None else {"num_layers": blocks}
    configs = {name: _config(folder / name) for name in (f.name for f in fields(Networks))}
    singles = {} if blocks is None else {"num_single_layers": blocks}
    t5 = {"tie_word_embeddings": False, **configs["text_encoder_2"], **few}
    clip = {**configs["text_encoder"], **({} if blocks is None else {"num_hidden_layers": blocks})}
    return Networks(
        transformer=Flux1Transformer.from_config({**configs["transformer"], **few, **singles}),
        vae=AutoencoderKL.from_config(configs["vae"]),
        text_encoder=CLIPTextModel(CLIPTextConfig(**clip)),
        text_encoder_2=T5EncoderModel(T5Config(**t5)),
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
        passes = _passes(networks, layout)
        found = {phase: peak_bytes(done, networks.all) for phase, done in passes.items()}
        kept = networks.transformer.store_bytes(layout, layout.table.cacheable, DTYPE)
    return {**found, Phase.STEPS: found[Phase.STEPS] - kept}


def tile(vae: AutoencoderKL) -> None:
    """Has a picture decoded in tiles of 512 pixels, so that memory does not grow with its size."""
    vae.enable_tiling()
    vae.tile_sample_min_size, vae.tile_latent_min_size = 512, 64


def _passes(networks: Networks, layout: Layout) -> dict[Phase, Callable[[], object]]:
    """The real code of each phase, on inputs of the right shapes."""
    config = networks.transformer.config
    ids = torch.zeros(1, max(layout.prompt_tokens.values()), dtype=torch.long)
    (height, width), (rows, columns) = (layout.shot_sizes[one] for one in SHOTS)
    sides = (1, 3, 16 * height, 16 * width)
    latents = torch.empty(1, config["in_channels"] // 4, 2 * rows, 2 * columns)
    return {
        Phase.PROMPTS: lambda: networks.text_encoder_2(ids),
        # Pixels come and go in float32.
        Phase.SHOT: lambda: encoding.latents(torch.empty(sides, dtype=torch.float32), networks.vae),
        Phase.STEPS: partial(_steps, networks.transformer, layout),
        Phase.DECODING: lambda: encoding.pictures(latents, networks.vae).float(),
    }


def _steps(transformer: Flux1Transformer, layout: Layout) -> None:
    """Filling, where the table lets something be kept, and a step that reads it."""
    config = transformer.config
    widths = {True: config["joint_attention_dim"], False: config["in_channels"]}
    tokens = {
        one: torch.empty(1, layout.tokens(one), widths[one.is_prompt])
        for one in layout.table.segments
    }
    pooled = {one: torch.empty(1, config["pooled_projection_dim"]) for one in layout.prompt_tokens}
    guidance = torch.ones(1) if config["guidance_embeds"] else None
    store = KeyValueStore()
    if cacheable := layout.table.cacheable:
        store = transformer.fill(tokens, pooled, layout, cacheable, guidance)
    transformer(tokens, pooled, torch.ones(1), layout, guidance, store)


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


def _config(folder: Path) -> Mapping[str, Any]:
    found: dict[str, Any] = json.loads((folder / "config.json").read_bytes())
    return found


@contextmanager
def _default_dtype(dtype: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
