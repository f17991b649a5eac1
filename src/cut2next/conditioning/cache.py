"""The KV cache: keys and values of clean segments, computed once and read at every step.

What may be in it is derived from the table (`SegmentTable.cacheable`), and for how long it holds
too (`SegmentTable.depends_on`). A cache is a value: a prefill makes a new one, reading takes
nothing out, so it serves many steps, works under gradient checkpointing (which reads twice), and
carries gradients back to the pass that made it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from cut2next.conditioning.inputs import of_batch
from cut2next.conditioning.table import Segment, listed


class KeysValues(NamedTuple):
    """Keys (normalised, with positions applied) and values, each [B, L, N, H]."""

    keys: Tensor
    values: Tensor

    def of_batch(self, batch: int) -> "KeysValues":
        """For `batch` samples, neighbours sharing one."""
        return KeysValues(of_batch(self.keys, batch), of_batch(self.values, batch))


@dataclass(frozen=True, eq=False)
class KVCache:
    """Keys and values by layer name, then by segment.

    A cache of G samples serves G·K that run, K neighbours each: several draws of one shot share
    what is kept of it.
    """

    layers: Mapping[str, Mapping[Segment, KeysValues]] = field(default_factory=dict)

    @property
    def segments(self) -> frozenset[Segment]:
        """The segments it holds; every layer holds the same."""
        return frozenset(next(iter(self.layers.values()), {}))

    @property
    def bytes(self) -> int:
        """Size of all keys and values."""
        return sum(
            tensor.nbytes
            for layer in self.layers.values()
            for keys_values in layer.values()
            for tensor in keys_values
        )

    def at(self, layer: str) -> Mapping[Segment, KeysValues]:
        """What one layer reads; nothing, when the cache is empty."""
        return self.layers[layer] if self.layers else {}

    def merged(self, other: "KVCache") -> "KVCache":
        """One cache with the segments of both, which share no segment."""
        if not self.layers or not other.layers:
            return self if self.layers else other
        if shared := self.segments & other.segments:
            raise ValueError(f"both caches hold {listed(shared)}")
        if self.layers.keys() != other.layers.keys():
            raise ValueError("the caches come from models with different layers")
        return KVCache({name: {**held, **other.layers[name]} for name, held in self.layers.items()})

    def only(self, segments: Iterable[Segment]) -> "KVCache":
        """A cache of some of its segments; an empty one for none."""
        kept = frozenset(segments)
        if not kept:
            return KVCache()
        return KVCache(
            {
                name: {segment: kv for segment, kv in layer.items() if segment in kept}
                for name, layer in self.layers.items()
            }
        )

    def to(
        self, device: torch.device | str | None = None, dtype: torch.dtype | None = None
    ) -> "KVCache":
        """The same cache on a device and in a dtype."""
        return self._map(lambda tensor: tensor.to(device=device, dtype=dtype))

    @staticmethod
    def cat(caches: Sequence["KVCache"]) -> "KVCache":
        """Several as one batch; one that all of them are stays alone, to be shared."""
        if all(cache is caches[0] for cache in caches):
            return caches[0]
        return KVCache(
            {
                name: {
                    segment: _cat([cache.at(name)[segment] for cache in caches])
                    for segment in layer
                }
                for name, layer in caches[0].layers.items()
            }
        )

    def _map(self, change: Callable[[Tensor], Tensor]) -> "KVCache":
        return KVCache(
            {
                name: {segment: KeysValues(*map(change, kv)) for segment, kv in layer.items()}
                for name, layer in self.layers.items()
            }
        )


def _cat(several: Sequence[KeysValues]) -> KeysValues:
    keys, values = zip(*several, strict=True)
    return KeysValues(torch.cat(keys), torch.cat(values))
