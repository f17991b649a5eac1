"""Attention by segments, in the place where diffusers' modules look for it: an attention processor.

The module's projections, norms and output layers are called, never reached into, so LoRA, quantised
layers and offload hooks stay in the path. Nothing here knows of modulation.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import torch
from diffusers.models.attention_dispatch import dispatch_attention_fn
from diffusers.models.transformers.transformer_flux import FluxAttnProcessor
from torch import Tensor

from cut2next.conditioning import KeysValues, Pass, Segment, Stream, segment_attention
from cut2next.film import InputError

Cached = Mapping[Segment, KeysValues]

_PROJECTIONS = {
    Stream.IMAGE: (("to_q", "to_k", "to_v"), "to_qkv", ("norm_q", "norm_k")),
    Stream.TEXT: (
        ("add_q_proj", "add_k_proj", "add_v_proj"),
        "to_added_qkv",
        ("norm_added_q", "norm_added_k"),
    ),
}
"""Apart, fused, and the norms, of a stream; a single-stream block has the image's."""


class Rotary(NamedTuple):
    """Rotary position embedding of the running sequence, float32 [L, 1, H] each.

    Both members of a pair have the same angle; the sine of the first is negated.
    """

    cosine: Tensor
    sine: Tensor


class SegmentAttnProcessor(FluxAttnProcessor):
    """Each segment attends to what the table lets it read, without a mask."""

    def __call__(  # type: ignore[override]  # the plan is what it is there for
        self,
        attn: Any,
        hidden_states: Tensor | None,
        encoder_hidden_states: Tensor | None,
        attention_mask: None,
        image_rotary_emb: Rotary,
        plan: Pass,
        cached: Cached,
    ) -> Any:
        """Normed [B, L, D] in; attended [B, L, D] out, on a prefill with its keys and values.

        In a single-stream block that is the whole sequence. In a double-stream block it is the
        image and the text stream, either of which may be None; those that there are come out, image
        first, through their output layers.
        """
        single, rotary = attn.added_kv_proj_dim is None, image_rotary_emb
        streams = {Stream.IMAGE: hidden_states, Stream.TEXT: encoder_hidden_states}
        projected = {s: _projected(attn, x, s) for s, x in streams.items() if x is not None}
        queries, keys, values = (  # each [B, L, N, H], in the order of the sequence
            tensors[0] if single else plan.sequence(dict(zip(projected, tensors, strict=True)))
            for tensors in zip(*projected.values(), strict=True)
        )
        made = KeysValues(rotated(keys, rotary), values)
        attended = segment_attention(rotated(queries, rotary), made, plan, cached, self._attend)
        outputs = [attended.flatten(2)]
        if not single:
            by_stream = plan.streams(outputs[0])
            layers = {Stream.IMAGE: attn.to_out[0], Stream.TEXT: attn.to_add_out}
            outputs = [layers[stream](by_stream[stream]) for stream in projected]
        if plan.keeps:
            return (*outputs, made)
        return outputs[0] if single else tuple(outputs)

    @property
    def _attend(self) -> Any:
        """The back end, and the way of parallelism, that diffusers set.

        Each stretch of queries goes to the back end on its own and without a mask: of those that
        take one, some silently read it otherwise.
        """
        return partial(
            dispatch_attention_fn,
            backend=self._attention_backend,
            parallel_config=self._parallel_config,
        )


def follow_segments(attn: Any) -> None:
    """Has a block's attention follow the segment table."""
    attn.set_processor(SegmentAttnProcessor())  # type: ignore[no-untyped-call]


def attended(
    attn: Any, streams: Mapping[Stream, Tensor], rotary: Rotary, plan: Pass, cached: Cached
) -> tuple[dict[Stream, Tensor], KeysValues | None]:
    """What an attention module makes of its streams; on a prefill, keys and values too.

    The whole sequence of a single-stream block is an image stream to it. Raises InputError for an
    attention processor that would let everything read everything.
    """
    if not isinstance(attn.processor, SegmentAttnProcessor):
        raise InputError(
            f"the attention processor {type(attn.processor).__name__}",
            expected="SegmentAttnProcessor, which follows the segment table",
            hint="leave processors as they are; set_attention_backend chooses the kernel",
        )
    image, text = streams.get(Stream.IMAGE), streams.get(Stream.TEXT)
    # By name, as diffusers does: its hooks look for tensors among the named.
    output: Any = attn(
        hidden_states=image,
        encoder_hidden_states=text,
        attention_mask=None,
        image_rotary_emb=rotary,
        plan=plan,
        cached=cached,
    )
    outputs = [output] if isinstance(output, Tensor) else list(output)
    made: Any = outputs.pop() if plan.keeps else None
    given = [stream for stream in _PROJECTIONS if stream in streams]
    return dict(zip(given, outputs, strict=True)), made


def rotated(x: Tensor, rotary: Rotary) -> Tensor:
    """Queries or keys [B, L, N, H] turned to their positions, in at least float32."""
    swapped = x.unflatten(-1, (-1, 2)).flip(-1).flatten(-2)  # (a, b) to (b, a), pair by pair
    return torch.addcmul(x * rotary.cosine, swapped, rotary.sine).to(x.dtype)


def _projected(attn: Any, x: Tensor, stream: Stream) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values [B, L_stream, N, H], before their positions are applied."""
    apart, fused, (norm_query, norm_key) = _PROJECTIONS[stream]
    # A LoRA is beside the layers that were fused, not in what they were fused into.
    if attn.fused_projections and not hasattr(getattr(attn, apart[0]), "base_layer"):
        projected = getattr(attn, fused)(x).chunk(3, dim=-1)
    else:
        projected = tuple(getattr(attn, name)(x) for name in apart)
    # The head count is left open: tensor parallelism gives each rank some of the heads.
    query, key, value = (part.unflatten(-1, (-1, attn.head_dim)) for part in projected)
    return getattr(attn, norm_query)(query), getattr(attn, norm_key)(key), value
