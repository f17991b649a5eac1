"""FLUX.1 over segments: a pass that follows a segment table, on diffusers' own weights.

`Flux1Transformer` has the constructor, the parameter names and the block modules of diffusers'
`FluxTransformer2DModel`, so whatever loads, adapts, quantises, offloads or compiles that model does
so with this one. What it makes of its weights is stated by the table in the layout.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

import torch
from diffusers.configuration_utils import register_to_config

# A saved pipeline names this module for its transformer, and diffusers then looks for the base
# classes that it knows how to load *in the named module*: without this name it refuses.
from diffusers.models.modeling_utils import ModelMixin as ModelMixin
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from einops import rearrange
from torch import Tensor, nn

from cut2next.backbones.flux1.attention import Rotary, rotated
from cut2next.backbones.flux1.blocks import Flux1SingleTransformerBlock, Flux1TransformerBlock
from cut2next.backbones.flux1.context_parallel import share_passes
from cut2next.backbones.flux1.lora_naming import transformer_lora
from cut2next.backbones.flux1.step_caches import enable_step_cache, whole_passes
from cut2next.backbones.lora import check_without_loras, for_peft, misfit, swap_lora
from cut2next.backbones.lora_source import WHERE, refused
from cut2next.conditioning import (
    Clock,
    KeysValues,
    KVCache,
    Layout,
    Pass,
    Segment,
    SegmentInputs,
    Stream,
)
from cut2next.conditioning.table import listed

BLOCKS = (Flux1TransformerBlock.__name__, Flux1SingleTransformerBlock.__name__)

NOTHING = KVCache()
TIMESTEPS = 1000
"""FLUX.1 embeds t in 0 .. 1, and the guidance, times this."""
CLEAN_GUIDANCE = 1.0
"""Of clean segments of guidance-distilled weights: none, for nothing is drawn there to be guided.

The paper leaves it open. Fixed, what is kept of a current shot serves every guidance.
"""


class PassOutput(NamedTuple):
    """What a pass makes."""

    velocity: Tensor
    """Of the next shot, packed latents [B, L_next, C]; L_next is 0 where it does not run."""
    cache: KVCache
    """On a prefill, the keys and values it was given and those that it made; else empty."""


class Flux1Transformer(FluxTransformer2DModel):
    """The diffusion transformer of FLUX.1, with the CACI and HAM of the paper."""

    _no_split_modules = list(BLOCKS)  # noqa: RUF012  # diffusers wants lists
    _repeated_blocks = list(BLOCKS)  # noqa: RUF012
    # `enable_parallelism` need split no arguments: cut blindly, the sequence would lose where its
    # segments lie. Each process takes a share of every segment instead (`context_parallel`).
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
        inputs: SegmentInputs,
        timestep: Tensor,
        plan: Pass,
        guidance: Tensor | None = None,
        cache: KVCache = NOTHING,
    ) -> PassOutput:
        """One pass over the running segments of `plan`.

        `inputs` holds text states [B, L, joint_attention_dim] of prompts, packed latents
        [B, L, in_channels] of shots and pooled vectors [B, pooled_projection_dim] of prompts;
        `timestep` is t in 0 .. 1 [B], `guidance` its scale [B] for guidance-distilled weights, of
        what is noisy (see `CLEAN_GUIDANCE`). What the plan has cached is read from `cache`. Raises
        ValueError when they do not fit together.
        """
        _check_cache(cache, plan, batch=len(timestep))
        modulation = self._modulation(plan, inputs.pooled, timestep, guidance)
        given = _Given(plan, modulation, self._rotary(plan, timestep.device), cache)

        sequence, kept = self._through(self._embedded(inputs, plan), given)
        made = cache.merged(KVCache(kept)) if plan.keeps else NOTHING
        return PassOutput(self._velocity(sequence, modulation, plan), made)

    def prefill(
        self,
        inputs: SegmentInputs,
        plan: Pass,
        cache: KVCache = NOTHING,
    ) -> KVCache:
        """Keys and values of the running segments of a prefill (`Layout.prefill`), beside `cache`.

        With a cache they may read what it holds: the current shot's half once, then each relational
        prompt against it. Raises ValueError when inputs, plan and cache do not fit together.
        """
        some = next(iter(inputs.tokens.values()))
        never = some.new_zeros(inputs.batch, dtype=torch.float32)
        with whole_passes(self):
            # Through __call__, so that the hooks of offload, FSDP and compilation see it.
            output: PassOutput = self(inputs, never, plan, None, cache)
        return output.cache

    def moved(
        self, cache: KVCache, names: Mapping[Segment, Segment], layout: Layout, to: Layout
    ) -> KVCache:
        """What is kept of segments of a layout, as others of another layout, by `names`.

        Keys are turned by how far a segment moves. That is exact where what it has read moves with
        it, for rotary positions tell distances alone.
        """

        def turned(segment: Segment, kept: KeysValues) -> KeysValues:
            device = kept.keys.device
            now, before = to.positions(names[segment], device), layout.positions(segment, device)
            return KeysValues(rotated(kept.keys, self._turn((now - before)[:1])), kept.values)

        return KVCache(
            {
                layer: {names[segment]: turned(segment, kept) for segment, kept in held.items()}
                for layer, held in cache.layers.items()
            }
        )

    def enable_cache(self, config: Any) -> None:
        """As in diffusers; steps then repeat of the one before what its `config` lets them.

        Raises InputError for a configuration that cannot work here.
        """
        enable_step_cache(self, super().enable_cache, config)

    def cache_bytes(self, layout: Layout, segments: Collection[Segment], dtype: torch.dtype) -> int:
        """How large a cache of these segments is for each sample, before one is made."""
        blocks = len(self.transformer_blocks) + len(self.single_transformer_blocks)
        tokens = sum(layout.tokens(segment) for segment in segments)
        return 2 * blocks * tokens * self.inner_dim * dtype.itemsize

    def enable_parallelism(self, *, config: Any, **settings: Any) -> None:
        """As in diffusers; under context parallelism each process runs a share of every segment."""
        super().enable_parallelism(config=config, **settings)
        share_passes(self)

    def load_lora_adapter(
        self,
        pretrained_model_name_or_path_or_dict: Any,
        prefix: str | None = "transformer",
        hotswap: bool = False,
        **settings: Any,
    ) -> None:
        """As in diffusers; but in any naming, all of it or nothing, as strong as it says itself.

        Raises WeightsError for what does not fit, or holds what is not read.
        """
        source = pretrained_model_name_or_path_or_dict
        told = settings.get("metadata") or settings.get("network_alphas")
        if not told and prefix in ("transformer", None):
            where = {key: settings.pop(key) for key in WHERE if key in settings}
            lora = transformer_lora(source, **where)
            if reason := misfit(self, lora):
                raise refused(reason, "take one for this transformer")
            if hotswap:
                swap_lora(self, lora, settings["adapter_name"])
                return
            source, settings["metadata"] = for_peft(lora)
            prefix = None
        super().load_lora_adapter(source, prefix=prefix, hotswap=hotswap, **settings)

    def save_pretrained(self, *arguments: Any, **settings: Any) -> None:
        """As in diffusers. Raises InputError while a LoRA is on it, fused or not."""
        check_without_loras(self)
        super().save_pretrained(*arguments, **settings)

    # diffusers' pipelines hand on what a signature names: variant, size of shards.
    save_pretrained.__wrapped__ = FluxTransformer2DModel.save_pretrained  # type: ignore[attr-defined]

    def _modulation(
        self,
        plan: Pass,
        pooled: Mapping[Segment, Tensor],
        timestep: Tensor,
        guidance: Tensor | None,
    ) -> Tensor:
        """CACI: one row for each distinct clock and pooled vector, [B, R, D]."""
        distilled = self.config["guidance_embeds"]
        # Asked with `is`: of a dictionary's lookup by enum, torch.compile forgets which it was.
        noisy = [row.clock is Clock.NOISY for row in plan.rows]
        if any(noisy) and (guidance is not None) != distilled:
            state = "missing" if guidance is None else "given"
            raise ValueError(
                f"guidance is {state}, but the weights have guidance_embeds={distilled}"
            )
        if missing := {row.pooled_from for row in plan.rows}.difference(pooled):
            raise ValueError(f"no pooled vector given of {listed(missing)}")
        never = torch.zeros_like(timestep)
        clocks = [timestep if moves else never for moves in noisy]
        scalars = [torch.stack(clocks, dim=1)]  # [B, R]
        if distilled:
            plain = torch.full_like(timestep, CLEAN_GUIDANCE)
            guided = plain if guidance is None else guidance
            scalars.append(torch.stack([guided if moves else plain for moves in noisy], dim=1))
        vectors = torch.stack([pooled[row.pooled_from] for row in plan.rows], dim=1)  # [B, R, P]
        # Timesteps stay in the dtype they came in: bfloat16 would round t to one of 256 values.
        rows: Tensor = self.time_text_embed(
            *(rearrange(scalar * TIMESTEPS, "b r -> (b r)") for scalar in scalars),
            rearrange(vectors, "b r p -> (b r) p"),
        )
        return rearrange(rows, "(b r) d -> b r d", r=len(plan.rows))

    def _rotary(self, plan: Pass, device: torch.device) -> Rotary:
        """Rotary embedding of the running sequence."""
        return self._turn(plan.positions(device))

    def _turn(self, positions: Tensor) -> Rotary:
        """Rotary embedding of position ids [L, 3]."""
        cosine, sine = self.pos_embed(positions)  # [L, H] each
        signs = sine.new_tensor([-1, 1]).repeat(sine.shape[-1] // 2)
        return Rotary(cosine[:, None], (sine * signs)[:, None])

    def _embedded(self, inputs: SegmentInputs, plan: Pass) -> Tensor:
        """T5 states and packed latents to the width of the model: the sequence [B, L, D]."""
        embedder = {Stream.TEXT: self.context_embedder, Stream.IMAGE: self.x_embedder}
        streams = plan.gathered(inputs.tokens)
        return plan.sequence({stream: embedder[stream](x) for stream, x in streams.items()})

    def _through(
        self, sequence: Tensor, given: "_Given"
    ) -> tuple[Tensor, dict[str, dict[Segment, KeysValues]]]:
        """What comes out of all blocks, and on a prefill the keys and values of each."""
        kept = {}
        checkpointed = self._gradient_checkpointing_func if self.gradient_checkpointing else None
        for layer, block in self._blocks():
            inputs = (sequence, given.modulation, given.rotary, given.plan, given.cache.at(layer))
            if checkpointed is not None and torch.is_grad_enabled():
                output = checkpointed(block, *inputs)
            else:
                output = block(*inputs)
            if given.plan.keeps:
                sequence, made = output
                kept[layer] = _by_segment(given.plan, made)
            else:
                sequence = output
        return sequence, kept

    def _blocks(self) -> Iterator[tuple[str, nn.Module]]:
        for stack in ("transformer_blocks", "single_transformer_blocks"):
            for index, block in enumerate(getattr(self, stack)):
                yield f"{stack}.{index}", block

    def _velocity(self, sequence: Tensor, modulation: Tensor, plan: Pass) -> Tensor:
        """What the model says of the next shot, the one segment that is read out (Eq. 1)."""
        if Segment.NEXT_SHOT not in plan.running:
            return sequence.new_zeros(len(sequence), 0, self.out_channels)
        next_shot = plan.split(sequence)[Segment.NEXT_SHOT]  # [B, L_next, D]
        row = modulation[:, plan.row[Segment.NEXT_SHOT]]  # [B, D]
        velocity: Tensor = self.proj_out(self.norm_out(next_shot, row))
        return velocity


class _Given(NamedTuple):
    """What every block of one pass gets."""

    plan: Pass
    modulation: Tensor
    rotary: Rotary
    cache: KVCache


def _by_segment(plan: Pass, made: KeysValues) -> dict[Segment, KeysValues]:
    keys, values = plan.split(made.keys), plan.split(made.values)
    return {segment: KeysValues(keys[segment], values[segment]) for segment in plan.running}


def _check_cache(cache: KVCache, plan: Pass, *, batch: int) -> None:
    if cache.segments != {*plan.cached}:
        raise ValueError(
            f"the cache holds {listed(cache.segments)}, the pass reads {listed(plan.cached)} of it"
        )
    for segment, held in next(iter(cache.layers.values()), {}).items():
        samples, tokens = held.keys.shape[:2]
        if tokens != plan.layout.tokens(segment):
            expected = plan.layout.tokens(segment)
            raise ValueError(f"{segment}: {tokens} tokens are cached, the layout has {expected}")
        if batch % samples:
            raise ValueError(f"{segment}: {samples} samples are cached, which {batch} cannot share")
