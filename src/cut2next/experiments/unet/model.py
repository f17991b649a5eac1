"""A U-Net over segments: diffusers' `UNet2DConditionModel`, Stable Diffusion 1.5's, under a table.

What a table says has these places in it:

- a shot is a picture of its own to all convolutions; it reads the shots of its row in
  self-attention, and the prompts of its row in cross-attention (HAM);
- a shot has its own timestep, 0 or t by its clock, and the pooled vector that its row says, added
  to it (CACI).

And these have none, so that tables which differ in nothing else are one here: a prompt comes as its
encoder gives it at every layer, so it reads nothing and has neither clock nor pooled vector; and a
U-Net has no positions but those that convolutions make of a picture's edges, so a shot's place
tells nothing.
"""

from collections.abc import Mapping, Sequence
from itertools import chain, starmap
from typing import NamedTuple

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.cache_utils import CacheMixin
from diffusers.models.modeling_utils import ModelMixin
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.transformers.transformer_2d import Transformer2DModel
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import Tensor, nn

from cut2next.backbones.mini.architecture import packed, unpacked
from cut2next.conditioning import (
    Clock,
    KeysValues,
    KVCache,
    Pass,
    Segment,
    SegmentInputs,
    Stream,
)
from cut2next.conditioning.table import listed
from cut2next.experiments.unet.attention import (
    Given,
    Held,
    blocks_of,
    follow_segments,
    keys_values,
)

NOTHING = KVCache()
TIMESTEPS = 1000
"""Stable Diffusion counts t in 0 .. 1 in so many."""
WIDTHS = (64, 192)
"""Most of the work is done at the second, where two by two latents are one place, as in FLUX.1."""
_GATHERED = 4
"""Latents in a packed token."""
_HEAD = 32
"""Channels of an attention head, as in the mini transformer."""


class PassOutput(NamedTuple):
    """What a pass makes."""

    shots: dict[Segment, Tensor]
    """What is read out of each running shot, packed latents [B, L, C]."""
    cache: KVCache
    """On a prefill, the keys and values it was given and those that it made; else empty."""

    @property
    def velocity(self) -> Tensor:
        """Of the next shot, [B, L, C]."""
        return self.shots[Segment.NEXT_SHOT]


class SegmentUNet(ModelMixin, ConfigMixin, CacheMixin):  # type: ignore[misc]  # as diffusers' own
    """The U-Net of Stable Diffusion, with the CACI and HAM of the paper as far as it has room.

    It is called as FLUX.1's transformer is, and configured in its words, so that whatever trains
    that, keeps what is clean of a current shot and makes next shots does so with this one.
    """

    @register_to_config
    def __init__(
        self,
        in_channels: int,
        joint_attention_dim: int,
        pooled_projection_dim: int,
        block_out_channels: Sequence[int],
        guidance_embeds: bool = False,
    ) -> None:
        """`in_channels` are those of a packed token; a block for each of `block_out_channels`.

        Guidance is never distilled into it; it says so because pipelines ask.
        """
        super().__init__()  # type: ignore[no-untyped-call]
        levels = len(block_out_channels)
        self.unet = UNet2DConditionModel(
            in_channels=in_channels // _GATHERED,
            out_channels=in_channels // _GATHERED,
            down_block_types=("CrossAttnDownBlock2D",) * levels,
            up_block_types=("CrossAttnUpBlock2D",) * levels,
            block_out_channels=tuple(block_out_channels),
            layers_per_block=1,
            cross_attention_dim=joint_attention_dim,
            # diffusers says head_dim and means how many there are.
            attention_head_dim=tuple(wide // _HEAD for wide in block_out_channels),
            class_embed_type="projection",
            projection_class_embeddings_input_dim=pooled_projection_dim,
        )
        follow_segments(self.unet)

    def forward(
        self,
        inputs: SegmentInputs,
        timestep: Tensor,
        plan: Pass,
        guidance: Tensor | None = None,
        cache: KVCache = NOTHING,
    ) -> PassOutput:
        """One pass over the running segments of `plan`, as FLUX.1's transformer takes it.

        `inputs` holds text states [B, L, joint_attention_dim] and pooled vectors
        [B, pooled_projection_dim] of prompts, and packed latents [B, L, in_channels] of shots;
        `timestep` is t in 0 .. 1 [B]. Raises ValueError when they do not fit together, for shots of
        different sizes and for guidance, of which nothing was distilled into it.
        """
        if guidance is not None:
            raise ValueError("guidance is given, but a U-Net of ours has none distilled into it")
        if cache.segments != {*plan.cached}:
            cached = f"the cache holds {listed(cache.segments)}"
            raise ValueError(f"{cached}, the pass reads {listed(plan.cached)} of it")
        streams = plan.gathered(inputs.tokens)
        held = self._told(streams.get(Stream.TEXT), plan, cache)
        made = {}
        if Stream.IMAGE in streams:
            made = self._shown(streams[Stream.IMAGE], inputs, timestep, plan, held)
        kept = {name: {s: of[s] for s in plan.running} for name, of in held.items()}
        return PassOutput(made, cache.merged(KVCache(kept)) if plan.keeps else NOTHING)

    def prefill(self, inputs: SegmentInputs, plan: Pass, cache: KVCache = NOTHING) -> KVCache:
        """Keys and values of what runs in a prefill (`Layout.prefill`), beside `cache`.

        Raises ValueError as a pass does.
        """
        some = next(iter(inputs.tokens.values()))
        never = some.new_zeros(inputs.batch, dtype=torch.float32)
        output: PassOutput = self(inputs, never, plan, None, cache)
        return output.cache

    @property
    def matrices(self) -> list[str]:
        """The matrices and kernels inside the blocks, which Muon takes; not the modulation's."""
        return [
            name
            for name, parameter in self.named_parameters()
            if "blocks." in name and parameter.ndim > 1 and "time_emb_proj" not in name
        ]

    def _told(self, text: Tensor | None, plan: Pass, cache: KVCache) -> dict[str, Held]:
        """What each block may read before any shot runs: what is cached, and the prompts."""
        blocks = blocks_of(self.unet)
        held = {name: {**cache.at(name)} for name in blocks}
        if text is not None:
            prompts = [segment for segment in plan.running if segment.is_prompt]
            lengths = [plan.layout.tokens(prompt) for prompt in prompts]
            for name, block in blocks.items():
                read = keys_values(block.attn2, text)
                # [B, L_prompt, N, H] of each.
                parts = zip(*(x.split(lengths, dim=1) for x in read), strict=True)
                held[name].update(zip(prompts, starmap(KeysValues, parts), strict=True))
        return held

    def _shown(
        self,
        tokens: Tensor,
        inputs: SegmentInputs,
        timestep: Tensor,
        plan: Pass,
        held: Mapping[str, Held],
    ) -> dict[Segment, Tensor]:
        """What is read out of the running shots, whose tokens [B, S·L, C] come as one stream."""
        shots = [segment for segment in plan.running if not segment.is_prompt]
        table, sizes = plan.layout.table, {plan.layout.shot_sizes[shot] for shot in shots}
        if len(sizes) > 1:
            raise ValueError(f"shots of {len(sizes)} sizes; expected one, they run as one batch")
        (size,) = sizes
        never = torch.zeros_like(timestep)
        clocks = [timestep if table[shot].clock is Clock.NOISY else never for shot in shots]
        pooled = [inputs.pooled[table[shot].pooled_from] for shot in shots]
        pictures = torch.cat(tokens.chunk(len(shots), dim=1))  # [S·B, L, C]
        made = self.unet(
            unpacked(pictures, *size),
            TIMESTEPS * torch.cat(clocks),
            encoder_hidden_states=None,  # each block has them already
            class_labels=torch.cat(pooled),
            cross_attention_kwargs={"given": Given(table=table, shots=shots, held=held)},
        ).sample
        return dict(zip(shots, packed(made).chunk(len(shots)), strict=True))


def unet(channels: int, states: int, pooled: int, widths: Sequence[int] = WIDTHS) -> SegmentUNet:
    """An untrained one for packed tokens of so many channels, text states and pooled vectors.

    As in Rombach et al. (2022) every residual begins as nothing, and so does what is read out.
    """
    model: SegmentUNet = SegmentUNet(
        in_channels=channels,
        joint_attention_dim=states,
        pooled_projection_dim=pooled,
        block_out_channels=tuple(widths),
    )
    last: list[nn.Module] = [model.unet.conv_out]
    for module in model.unet.modules():
        if isinstance(module, ResnetBlock2D):
            last.append(module.conv2)
        if isinstance(module, Transformer2DModel):
            last.append(module.proj_out)
    for parameter in chain.from_iterable(module.parameters() for module in last):
        nn.init.zeros_(parameter)
    return model
