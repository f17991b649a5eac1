"""The two blocks of FLUX.1 over segments.

Modules and parameter names are diffusers' own (`transformer_flux.py`); only the forward pass
differs. Modulation comes as a few rows [B, R, D] and is applied stretch by stretch; attention
follows the table (`attention.py`). Modules are called, never reached into, so LoRA, quantised
layers and offload hooks stay in the path. Blocks return the keys and values they made instead of
writing them anywhere: they stay pure functions, which gradient checkpointing may run twice.
"""

from typing import NamedTuple

import torch
from diffusers.models.normalization import AdaLayerNormZero, AdaLayerNormZeroSingle
from diffusers.models.transformers.transformer_flux import (
    FluxSingleTransformerBlock,
    FluxTransformerBlock,
)
from torch import Tensor, nn

from cut2next.backbones.flux1.attention import Cached, Rotary, attended, follow_segments
from cut2next.conditioning import KeysValues, Pass, Stream
from cut2next.conditioning.layout import Modulated, joined


class Flux1TransformerBlock(FluxTransformerBlock):
    """Double-stream block: text and image have their own weights and meet in attention."""

    def __init__(self, width: int, heads: int, head_width: int) -> None:
        super().__init__(width, heads, head_width)
        follow_segments(self.attn)

    def forward(  # type: ignore[override]  # the weights are diffusers', the pass is not
        self, hidden_states: Tensor, modulation: Tensor, rotary: Rotary, plan: Pass, cached: Cached
    ) -> Tensor | tuple[Tensor, KeysValues]:
        """Sequence [B, L, D] and modulation rows [B, R, D] in; sequence out, see `_output`."""
        streams, stretches = plan.streams(hidden_states), plan.modulated_by_stream
        sides = {stream: self._side(stream) for stream in streams}
        rows = {stream: _chunks(side.norm1, modulation, plan, 6) for stream, side in sides.items()}
        normed = {
            stream: side.normed(streams[stream], rows[stream], stretches[stream])
            for stream, side in sides.items()
        }
        update, made = attended(self.attn, normed, rotary, plan, cached)
        finished = {
            stream: side.finished(streams[stream], update[stream], rows[stream], stretches[stream])
            for stream, side in sides.items()
        }
        return _output(plan.sequence(finished), made)

    def _side(self, stream: Stream) -> "_Side":
        if stream is Stream.IMAGE:
            return _Side(self.norm1, self.norm2, self.ff)
        return _Side(self.norm1_context, self.norm2_context, self.ff_context)


class Flux1SingleTransformerBlock(FluxSingleTransformerBlock):
    """Single-stream block: one set of weights for the whole sequence, attention beside the MLP."""

    def __init__(self, width: int, heads: int, head_width: int) -> None:
        super().__init__(width, heads, head_width)
        follow_segments(self.attn)

    def forward(  # type: ignore[override]  # as above
        self, hidden_states: Tensor, modulation: Tensor, rotary: Rotary, plan: Pass, cached: Cached
    ) -> Tensor | tuple[Tensor, KeysValues]:
        """Sequence [B, L, D] and modulation rows [B, R, D] in; sequence out, see `_output`."""
        shift, scale, gate = _chunks(self.norm, modulation, plan, 3)  # [B, R, D] each
        x = modulated(self.norm.norm(hidden_states), shift, scale, plan.modulated)  # [B, L, D]
        update, made = attended(self.attn, {Stream.IMAGE: x}, rotary, plan, cached)
        parts = [update[Stream.IMAGE], self.act_mlp(self.proj_mlp(x))]
        out = self.proj_out(torch.cat(parts, dim=2))
        return _output(_clipped(gated(hidden_states, out, gate, plan.modulated)), made)


class _Side(NamedTuple):
    """The modules one stream of a double-stream block goes through, under one set of names."""

    norm1: AdaLayerNormZero
    norm2: nn.Module
    feed_forward: nn.Module

    def normed(
        self, hidden: Tensor, rows: tuple[Tensor, ...], stretches: tuple[Modulated, ...]
    ) -> Tensor:
        """The stream [B, L_stream, D] as attention takes it."""
        shift, scale, *_ = rows
        return modulated(self.norm1.norm(hidden), shift, scale, stretches)

    def finished(
        self,
        hidden: Tensor,
        update: Tensor,
        rows: tuple[Tensor, ...],
        stretches: tuple[Modulated, ...],
    ) -> Tensor:
        """The stream [B, L_stream, D] after attention and feed-forward were added to it."""
        gate_attention, shift, scale, gate = rows[2:]
        hidden = gated(hidden, update, gate_attention, stretches)
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


def _output(sequence: Tensor, made: KeysValues | None) -> Tensor | tuple[Tensor, KeysValues]:
    """The sequence alone, as diffusers' hooks expect it; on a prefill keys and values too."""
    return sequence if made is None else (sequence, made)


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
