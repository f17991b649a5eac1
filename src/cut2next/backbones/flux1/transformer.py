"""FLUX.1 over segments: a pass that follows a segment table, on diffusers' own weights.

`Flux1Transformer` has the constructor, the parameter names and the block modules of diffusers'
`FluxTransformer2DModel`, so whatever loads, adapts, quantises, offloads or compiles that model does
so with this one. What it makes of its weights is stated by the table in the layout.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

import torch
from diffusers.configuration_utils import register_to_config
from diffusers.hooks.context_parallel import EquipartitionSharder

# A saved pipeline names this module for its transformer, and diffusers then looks for the base
# classes that it knows how to load *in the named module*: without this name it refuses.
from diffusers.models.modeling_utils import ModelMixin as ModelMixin
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from einops import rearrange, repeat
from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh

from cut2next.backbones.flux1.blocks import (
    Flux1SingleTransformerBlock,
    Flux1TransformerBlock,
    Rotary,
)
from cut2next.conditioning import (
    Clock,
    KeysValues,
    KeyValueStore,
    Layout,
    Part,
    Segment,
    Stream,
)
from cut2next.conditioning.layout import Share
from cut2next.conditioning.segments import named

Hidden = TypeVar("Hidden", Tensor, dict[Stream, Tensor])

BLOCKS = (Flux1TransformerBlock.__name__, Flux1SingleTransformerBlock.__name__)

TIMESTEPS = 1000
"""FLUX.1 embeds t in 0 .. 1, and the guidance, times this."""


class Flux1Transformer(FluxTransformer2DModel):
    """The diffusion transformer of FLUX.1, with the CACI and HAM of the paper."""

    _no_split_modules = list(BLOCKS)  # noqa: RUF012  # diffusers wants lists
    _repeated_blocks = list(BLOCKS)  # noqa: RUF012
    # `enable_parallelism` need split no arguments: cut blindly, the sequence would lose where its
    # segments lie. Each process takes a share of every segment instead (see `forward`).
    _cp_plan: dict[str, Any] = {}  # noqa: RUF012

    # Spelled out, because `from_config` reads the signature.
    @register_to_config
    def __init__(
        self,
        patch_size: int = 1,
        in_channels: int = 64,
        out_channels: int | None = None,
        num_layers: int = 19,
        num_single_layers: int = 38,
        attention_head_dim: int = 128,
        num_attention_heads: int = 24,
        joint_attention_dim: int = 4096,
        pooled_projection_dim: int = 768,
        guidance_embeds: bool = False,
        axes_dims_rope: tuple[int, int, int] = (16, 56, 56),
    ) -> None:
        # diffusers builds all but the blocks, which would be built twice; as it then registers that
        # it has none, the true numbers are registered once more.
        super().__init__(
            patch_size=patch_size,
            in_channels=in_channels,
            out_channels=out_channels,
            num_layers=0,
            num_single_layers=0,
            attention_head_dim=attention_head_dim,
            num_attention_heads=num_attention_heads,
            joint_attention_dim=joint_attention_dim,
            pooled_projection_dim=pooled_projection_dim,
            guidance_embeds=guidance_embeds,
            axes_dims_rope=axes_dims_rope,
        )
        self.register_to_config(  # type: ignore[no-untyped-call]
            num_layers=num_layers, num_single_layers=num_single_layers
        )
        sizes = (self.inner_dim, num_attention_heads, attention_head_dim)
        self.transformer_blocks = nn.ModuleList(
            Flux1TransformerBlock(*sizes) for _ in range(num_layers)
        )
        self.single_transformer_blocks = nn.ModuleList(
            Flux1SingleTransformerBlock(*sizes) for _ in range(num_single_layers)
        )

    def forward(
        self,
        tokens: Mapping[Segment, Tensor],
        pooled: Mapping[Segment, Tensor],
        timestep: Tensor,
        layout: Layout,
        guidance: Tensor | None = None,
        store: KeyValueStore | None = None,
        filling: Collection[Segment] = (),
    ) -> Tensor | KeyValueStore:
        """The velocity of the next shot, packed latents [B, L_next, C].

        `tokens` holds T5 states [B, L, joint_attention_dim] of prompts and packed latents
        [B, L, in_channels] of shots, `pooled` the CLIP vectors [B, pooled_projection_dim] of
        prompts, `timestep` t in 0 .. 1 [B], `guidance` its scale [B] for guidance-distilled
        weights. With a `store`, the segments it holds do not run and need no tokens.

        Under context parallelism (`enable_parallelism`) every process is given everything, runs its
        share of each segment, and returns the whole. `filling` belongs to `fill`. Raises ValueError
        when tokens, store and layout do not fit.
        """
        store = KeyValueStore() if store is None else store
        if mesh := self._context_mesh:
            share = Share(mesh.get_local_rank(), mesh.size())
            layout = replace(layout, share=share)
            tokens = {segment: share.of(x) for segment, x in tokens.items()}
        _check_store(store, layout, batch=len(timestep))
        running = filling or set(layout.table.segments) - store.segments
        part = layout.part(running, stored=store.segments)
        modulation = self._modulation(part, pooled, timestep, guidance)
        given = _Given(part, modulation, self._rotary(part, timestep.device), store)

        streams = self._embedded(part.gathered(tokens))
        streams, double = self._through("transformer_blocks", streams, given, bool(filling))
        sequence, single = self._through(
            "single_transformer_blocks", part.sequence(streams), given, bool(filling)
        )
        if filling:
            return store.merged(KeyValueStore({**double, **single}))
        velocity = self._velocity(sequence, modulation, part)
        return velocity if mesh is None else EquipartitionSharder.unshard(velocity, 1, mesh)

    def fill(
        self,
        tokens: Mapping[Segment, Tensor],
        pooled: Mapping[Segment, Tensor],
        layout: Layout,
        segments: Collection[Segment],
        guidance: Tensor | None = None,
        store: KeyValueStore | None = None,
    ) -> KeyValueStore:
        """Keys and values of some cacheable segments, beside those already in `store`.

        Only `segments` run and need tokens and pooled vectors. With a store, they may read what it
        holds, and the result holds both: fill the current shot's half once, then each relational
        prompt against it. Raises ValueError when a segment is not cacheable in this table, or reads
        one that neither runs nor is stored.
        """
        if not segments or not layout.table.cacheable.issuperset(segments):
            raise ValueError(
                f"cannot store {named(segments)}: in table {layout.table.name!r} the segments "
                f"that stay the same at every step are {named(layout.table.cacheable)}"
            )
        some = next(iter(pooled.values()))
        never = some.new_zeros(some.shape[0], dtype=torch.float32)
        # Through __call__, so that the hooks of offload, FSDP and compilation see it.
        filled: KeyValueStore = self(
            tokens, pooled, never, layout, guidance, store=store, filling=segments
        )
        return filled

    def store_bytes(self, layout: Layout, segments: Collection[Segment], dtype: torch.dtype) -> int:
        """How large a store of these segments is for each sample, before one is filled."""
        blocks = len(self.transformer_blocks) + len(self.single_transformer_blocks)
        tokens = sum(layout.tokens(segment) for segment in segments)
        return 2 * blocks * tokens * self.inner_dim * dtype.itemsize

    @property
    def _context_mesh(self) -> DeviceMesh | None:
        """The processes that share a sequence; None where there is one."""
        context = getattr(self._parallel_config, "context_parallel_config", None)
        mesh: DeviceMesh | None = context and context._flattened_mesh
        return mesh

    def _modulation(
        self,
        part: Part,
        pooled: Mapping[Segment, Tensor],
        timestep: Tensor,
        guidance: Tensor | None,
    ) -> Tensor:
        """CACI: one row for each distinct clock and pooled vector, [B, R, D]."""
        distilled = self.config["guidance_embeds"]
        if (guidance is not None) != distilled:
            state = "missing" if guidance is None else "given"
            raise ValueError(
                f"guidance is {state}, but the weights have guidance_embeds={distilled}"
            )
        if missing := {row.pooled_from for row in part.rows}.difference(pooled):
            raise ValueError(f"no pooled vector given of {named(missing)}")
        clocks = {Clock.CLEAN: torch.zeros_like(timestep), Clock.NOISY: timestep}
        scalars = [torch.stack([clocks[row.clock] for row in part.rows], dim=1)]
        if guidance is not None:
            # The paper leaves the guidance of clean segments open: they get that of the noisy ones,
            # so a clean row differs from a noisy one in its clock alone.
            scalars.append(repeat(guidance, "b -> b r", r=len(part.rows)))
        vectors = torch.stack([pooled[row.pooled_from] for row in part.rows], dim=1)
        # Timesteps stay in the dtype they came in: bfloat16 would round t to one of 256 values.
        rows: Tensor = self.time_text_embed(
            *(rearrange(scalar * TIMESTEPS, "b r -> (b r)") for scalar in scalars),
            rearrange(vectors, "b r p -> (b r) p"),
        )
        return rearrange(rows, "(b r) d -> b r d", r=len(part.rows))

    def _rotary(self, part: Part, device: torch.device) -> Rotary:
        """Rotary embedding of the running sequence."""
        cosine, sine = self.pos_embed(part.positions(device))
        signs = sine.new_tensor([-1, 1]).repeat(sine.shape[-1] // 2)
        return Rotary(cosine[:, None], (sine * signs)[:, None])

    def _embedded(self, streams: Mapping[Stream, Tensor]) -> dict[Stream, Tensor]:
        """T5 states and packed latents to the width of the model, [B, L_stream, D]."""
        embedders = {Stream.TEXT: self.context_embedder, Stream.IMAGE: self.x_embedder}
        return {stream: embedders[stream](x) for stream, x in streams.items()}

    def _through(
        self, blocks: str, hidden: Hidden, given: "_Given", keep: bool
    ) -> tuple[Hidden, dict[str, dict[Segment, KeysValues]]]:
        """What comes out of a stack of blocks, and on `keep` the keys and values of each."""
        kept = {}
        checkpointed = self._gradient_checkpointing_func if self.gradient_checkpointing else None
        for index, block in enumerate(getattr(self, blocks)):
            layer = f"{blocks}.{index}"
            inputs = (hidden, given.modulation, given.rotary, given.part, given.store.at(layer))
            if checkpointed is not None and torch.is_grad_enabled():
                hidden, made = checkpointed(block, *inputs)
            else:
                hidden, made = block(*inputs)
            if keep:
                kept[layer] = _by_segment(given.part, made)
        return hidden, kept

    def _velocity(self, sequence: Tensor, modulation: Tensor, part: Part) -> Tensor:
        """What the model says of the next shot, the one segment that is read out (Eq. 1)."""
        next_shot = part.split(sequence)[Segment.NEXT_SHOT]
        row = modulation[:, part.row(Segment.NEXT_SHOT)]
        velocity: Tensor = self.proj_out(self.norm_out(next_shot, row))
        return velocity


class _Given(NamedTuple):
    """What every block of one pass gets."""

    part: Part
    modulation: Tensor
    rotary: Rotary
    store: KeyValueStore


def _by_segment(part: Part, made: KeysValues) -> dict[Segment, KeysValues]:
    keys, values = part.split(made.keys), part.split(made.values)
    return {segment: KeysValues(keys[segment], values[segment]) for segment in part.running}


def _check_store(store: KeyValueStore, layout: Layout, *, batch: int) -> None:
    if stale := store.segments - layout.table.cacheable:
        raise ValueError(f"table {layout.table.name!r} does not let {named(stale)} be stored")
    for segment, held in next(iter(store.layers.values()), {}).items():
        samples, tokens = held.keys.shape[:2]
        if tokens != layout.tokens(segment):
            raise ValueError(
                f"{segment}: {tokens} tokens are stored, the layout has {layout.tokens(segment)}"
            )
        if samples != batch:
            raise ValueError(f"{samples} samples are stored, {batch} run: expand the store")
