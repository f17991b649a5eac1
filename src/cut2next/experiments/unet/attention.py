"""Attention by segments in the transformer blocks of a U-Net, in the place of their processors.

A block has two attentions: one in which a picture reads pictures, and one in which it reads words.
The first follows those readings of a shot that are shots, the second those that are prompts. Shots
stand one behind the other in the batch, for convolutions must not join them. Nothing here knows of
time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from diffusers.models.attention import BasicTransformerBlock
from torch import Tensor, nn

from cut2next.conditioning import KeysValues, Segment, SegmentTable
from cut2next.conditioning.attention import plain_attention
from cut2next.conditioning.layout import joined

Held = dict[Segment, KeysValues]
"""What one block may read."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Given:
    """What all blocks of one pass get."""

    table: SegmentTable
    shots: Sequence[Segment]
    """Those that run, in the order in which they stand in the batch, [S·B, ...]."""
    held: Mapping[str, Held]
    """By block, keys and values of prompts and of what is cached; each adds those of the shots."""


class _ReadingProcessor:
    """What both kinds of attention do; `block` is the name that its keys are held under."""

    of_prompts: bool

    def __init__(self, block: str) -> None:
        self.block = block

    def __call__(
        self,
        attn: Any,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        *,
        given: Given,
    ) -> Tensor:
        """Each running shot [B, L, D] of [S·B, L, D] attends to what its row reads: [S·B, L, D]."""
        held, count = given.held[self.block], len(given.shots)
        if not self.of_prompts:
            made = keys_values(attn, hidden_states)
            by_shot = zip(
                given.shots, made.keys.chunk(count), made.values.chunk(count), strict=True
            )
            # diffusers' blocks hand on what comes out alone, so keys are left here.
            held.update({shot: KeysValues(*kv) for shot, *kv in by_shot})
        queries = _in_heads(attn, attn.to_q(hidden_states)).chunk(count)
        read = [
            _read(one, [held[key] for key in self._keys(given.table, shot)])
            for shot, one in zip(given.shots, queries, strict=True)
        ]
        projection, dropout = attn.to_out
        attended: Tensor = dropout(projection(torch.cat(read).flatten(2)))
        return attended

    def _keys(self, table: SegmentTable, shot: Segment) -> Iterable[Segment]:
        reads = table[shot].reads
        return (s for s in table.segments if s in reads and s.is_prompt == self.of_prompts)


class ShotsProcessor(_ReadingProcessor):
    """Self-attention: a shot reads the shots that its row reads, itself always."""

    of_prompts = False


class PromptsProcessor(_ReadingProcessor):
    """Cross-attention: a shot reads the prompts that its row reads."""

    of_prompts = True


def blocks_of(network: nn.Module) -> dict[str, Any]:
    """The transformer blocks of a U-Net by name, in the order of the network."""
    modules = network.named_modules()
    return {name: module for name, module in modules if isinstance(module, BasicTransformerBlock)}


def follow_segments(network: nn.Module) -> None:
    """Has the attention of all blocks of a U-Net follow the segment table of a pass."""
    for name, block in blocks_of(network).items():
        block.attn1.set_processor(ShotsProcessor(name))
        block.attn2.set_processor(PromptsProcessor(name))


def keys_values(attn: Any, states: Tensor) -> KeysValues:
    """What is read of states [B, L, C] in an attention: [B, L, N, H] each."""
    return KeysValues(_in_heads(attn, attn.to_k(states)), _in_heads(attn, attn.to_v(states)))


def _in_heads(attn: Any, x: Tensor) -> Tensor:
    heads: Tensor = x.unflatten(-1, (attn.heads, -1))
    return heads


def _read(queries: Tensor, sources: Sequence[KeysValues]) -> Tensor:
    """Queries [B, L, N, H] on all sources, which may have fewer samples; nothing of none."""
    if not sources:
        return torch.zeros_like(queries)
    keys, values = zip(*(source.of_batch(len(queries)) for source in sources), strict=True)
    return plain_attention(queries, joined([*keys]), joined([*values]))
