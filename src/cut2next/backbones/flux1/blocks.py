"""The two blocks of FLUX.1 over segments.

Modules and parameter names are diffusers' own (`transformer_flux.py`); only the forward pass
differs. Modulation comes as a few rows [B, R, D] and is applied stretch by stretch; attention
follows the table. Modules are called, never reached into, so LoRA, quantised layers and offload
hooks stay in the path. Blocks return the keys and values they made instead of writing them
anywhere: they stay pure functions, which gradient checkpointing may run twice.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import torch
from diffusers.models.attention_dispatch import dispatch_attention_fn
from diffusers.models.normalization import AdaLayerNormZero, AdaLayerNormZeroSingle
from diffusers.models.transformers.transformer_flux import (
    FluxSingleTransformerBlock,
    FluxTransformerBlock,
)
from torch import Tensor, nn

from cut2next.conditioning import KeysValues, Pass, Segment, Stream, segment_attention
from cut2next.conditioning.attention import Attend
from cut2next.conditioning.layout import Modulated, joined

Cached = Mapping[Segment, KeysValues]


class Rotary(NamedTuple):
    """Rotary position embedding of the running sequence, float32 [L, 1, H] each.

    Both members of a pair have the same angle; the sine of the first is negated.
    """

    cosine: Tensor
    sine: Tensor


class Flux1TransformerBlock(FluxTransformerBlock):
    """Double-stream block: text and image have their own weights and meet in attention."""

    def forward(  # type: ignore[override]  # the weights are diffusers', the pass is not
        self,
        hidden: Mapping[Stream, Tensor],
        modulation: Tensor,
        rotary: Rotary,
        plan: Pass,
        cached: Cached,
    ) -> tuple[dict[Stream, Tensor], KeysValues]:
        """Streams [B, L_stream, D] and modulation rows [B, R, D] in; streams, keys, values out."""
        sides = {stream: self._side(stream) for stream in hidden}
        rows = {stream: _chunks(side.norm1, modulation, plan, 6) for stream, side in sides.items()}
        projected = {
            stream: side.projected(hidden[stream], rows[stream], plan.modulated_by_stream[stream])
            for stream, side in sides.items()
        }
        queries, keys, values = (  # each [B, L, N, H], in the order of the sequence
            plan.sequence({stream: tensors[index] for stream, tensors in projected.items()})
            for index in range(3)
        )
        made = KeysValues(rotated(keys, rotary), values)
        attend = _kernel(self.attn)
        attended = segment_attention(rotated(queries, rotary), made, plan, cached, attend)
        by_stream = plan.streams(attended.flatten(2))  # [B, L, N, H] to [B, L_stream, D] each
        return {
            stream: side.finished(
                hidden[stream], by_stream[stream], rows[stream], plan.modulated_by_stream[stream]
            )
            for stream, side in sides.items()
        }, made

    def _side(self, stream: Stream) -> "_Side":
        attn = self.attn
        if stream is Stream.IMAGE:
            return _Side(
                norm1=self.norm1,
                projections=(attn.to_q, attn.to_k, attn.to_v),
                norms=(attn.norm_q, attn.norm_k),
                out=attn.to_out[0],
                norm2=self.norm2,
                feed_forward=self.ff,
                head_width=attn.head_dim,
            )
        return _Side(
            norm1=self.norm1_context,
            projections=(attn.add_q_proj, attn.add_k_proj, attn.add_v_proj),
            norms=(attn.norm_added_q, attn.norm_added_k),
            out=attn.to_add_out,
            norm2=self.norm2_context,
            feed_forward=self.ff_context,
            head_width=attn.head_dim,
        )


class Flux1SingleTransformerBlock(FluxSingleTransformerBlock):
    """Single-stream block: one set of weights for the whole sequence, attention beside the MLP."""

    def forward(  # type: ignore[override]  # as above
        self, hidden: Tensor, modulation: Tensor, rotary: Rotary, plan: Pass, cached: Cached
    ) -> tuple[Tensor, KeysValues]:
        """Sequence [B, L, D] and modulation rows [B, R, D] in; sequence, keys, values out."""
        attn, heads = self.attn, (-1, self.attn.head_dim)
        shift, scale, gate = _chunks(self.norm, modulation, plan, 3)  # [B, R, D] each
        x = modulated(self.norm.norm(hidden), shift, scale, plan.modulated)  # [B, L, D]
        queries = rotated(attn.norm_q(attn.to_q(x).unflatten(-1, heads)), rotary)
        keys = rotated(attn.norm_k(attn.to_k(x).unflatten(-1, heads)), rotary)
        made = KeysValues(keys, attn.to_v(x).unflatten(-1, heads))  # [B, L, N, H] each
        attended = segment_attention(queries, made, plan, cached, _kernel(attn)).flatten(2)
        out = self.proj_out(torch.cat([attended, self.act_mlp(self.proj_mlp(x))], dim=2))
        return _clipped(gated(hidden, out, gate, plan.modulated)), made


class _Side(NamedTuple):
    """The modules one stream of a double-stream block goes through, under one set of names."""

    norm1: AdaLayerNormZero
    projections: tuple[nn.Module, nn.Module, nn.Module]
    norms: tuple[nn.Module, nn.Module]
    out: nn.Module
    norm2: nn.Module
    feed_forward: nn.Module
    head_width: int

    def projected(
        self, hidden: Tensor, rows: tuple[Tensor, ...], stretches: tuple[Modulated, ...]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Reading, keys and values [B, L_stream, N, H], before their positions are applied."""
        shift, scale = rows[:2]
        x = modulated(self.norm1.norm(hidden), shift, scale, stretches)
        # The head count is left open: tensor parallelism gives each rank some of the heads.
        query, key, value = (to(x).unflatten(-1, (-1, self.head_width)) for to in self.projections)
        return self.norms[0](query), self.norms[1](key), value

    def finished(
        self,
        hidden: Tensor,
        attended: Tensor,
        rows: tuple[Tensor, ...],
        stretches: tuple[Modulated, ...],
    ) -> Tensor:
        """The stream [B, L_stream, D] after attention and feed-forward were added to it."""
        gate_attention, shift, scale, gate = rows[2:]
        hidden = gated(hidden, self.out(attended), gate_attention, stretches)
        x = self.feed_forward(modulated(self.norm2(hidden), shift, scale, stretches))
        return _clipped(gated(hidden, x, gate, stretches))


def modulated(
    normed: Tensor, shift: Tensor, scale: Tensor, stretches: tuple[Modulated, ...]
) -> Tensor:
    """AdaLN by stretch: normed [B, L, D] · (1 + scale) + shift, rows [B, R, D]."""
    scale = 1 + scale
    chunks = normed.split([stretch.length for stretch in stretches], dim=1)
    return joined(
        [
            torch.addcmul(_row(shift, stretch), chunk, _row(scale, stretch))
            for chunk, stretch in zip(chunks, stretches, strict=True)
        ]
    )


def gated(hidden: Tensor, update: Tensor, gate: Tensor, stretches: tuple[Modulated, ...]) -> Tensor:
    """Residual by stretch: hidden [B, L, D] + gate · update, gate rows [B, R, D]."""
    lengths = [stretch.length for stretch in stretches]
    chunks = zip(hidden.split(lengths, dim=1), update.split(lengths, dim=1), stretches, strict=True)
    return joined([torch.addcmul(old, new, _row(gate, stretch)) for old, new, stretch in chunks])


def rotated(x: Tensor, rotary: Rotary) -> Tensor:
    """Reading or keys [B, L, N, H] turned to their positions, in at least float32."""
    swapped = x.unflatten(-1, (-1, 2)).flip(-1).flatten(-2)  # (a, b) to (b, a), pair by pair
    return torch.addcmul(x * rotary.cosine, swapped, rotary.sine).to(x.dtype)


def _kernel(attn: Any) -> Attend:
    """The attention back end, and the way of parallelism, that diffusers set for a block.

    Each stretch of queries goes to the back end on its own and without a mask: of those that take
    one, some silently read it otherwise.
    """
    chosen = attn.processor
    return partial(
        dispatch_attention_fn,
        backend=chosen._attention_backend,
        parallel_config=chosen._parallel_config,
    )


def _row(rows: Tensor, stretch: Modulated) -> Tensor:
    return rows[:, stretch.row : stretch.row + 1]  # [B, 1, D], for every token of the stretch


def _chunks(
    norm: AdaLayerNormZero | AdaLayerNormZeroSingle, modulation: Tensor, plan: Pass, number: int
) -> tuple[Tensor, ...]:
    """What an AdaLN layer makes of the modulation rows: shifts, scales, gates, each [B, R, D]."""
    # diffusers' own layers take [B, D] and chunk dim 1; rows read as a batch, or a batch as rows,
    # would run without an error whenever the numbers happen to divide.
    if modulation.ndim != 3 or modulation.shape[1] != len(plan.rows):
        raise ValueError(
            f"modulation is {tuple(modulation.shape)}, expected [B, {len(plan.rows)}, D]"
        )
    wide = norm.linear(norm.silu(modulation))  # [B, R, number · D]
    chunks: tuple[Tensor, ...] = wide.chunk(number, dim=-1)
    return chunks


def _clipped(x: Tensor) -> Tensor:
    # FLUX.1's activations leave the range of float16; diffusers clips at the same places, save
    # that it leaves the image stream of a double-stream block alone.
    return x.clip(-65504, 65504) if x.dtype == torch.float16 else x
