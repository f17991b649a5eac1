"""Keys and values of clean segments, computed once and read at every step.

What may be in a store is derived from the table (`SegmentTable.cacheable`), and for how long it
holds too (`SegmentTable.depends_on`). A store is a value: filling makes a new one, reading takes
nothing out, so it serves many steps, works under gradient checkpointing (which reads twice), and
carries gradients back to the pass that filled it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from cut2next.conditioning.segments import Segment, named


class KeysValues(NamedTuple):
    """Keys (normalised, with positions applied) and values, each [B, L, N, H]."""

    keys: Tensor
    values: Tensor


@dataclass(frozen=True, eq=False)
class KeyValueStore:
    """Keys and values by layer name, then by segment."""

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
        """What one layer reads; nothing, when the store is empty."""
        return self.layers[layer] if self.layers else {}

    def merged(self, other: "KeyValueStore") -> "KeyValueStore":
        """One store with the segments of both, which share no segment."""
        if not self.layers or not other.layers:
            return self if self.layers else other
        if shared := self.segments & other.segments:
            raise ValueError(f"both stores hold {named(shared)}")
        if self.layers.keys() != other.layers.keys():
            raise ValueError("the stores come from models with different layers")
        return KeyValueStore(
            {name: {**held, **other.layers[name]} for name, held in self.layers.items()}
        )

    def only(self, segments: Iterable[Segment]) -> "KeyValueStore":
        """A store of some of its segments; an empty one for none."""
        kept = frozenset(segments)
        if not kept:
            return KeyValueStore()
        return KeyValueStore(
            {
                name: {segment: kv for segment, kv in layer.items() if segment in kept}
                for name, layer in self.layers.items()
            }
        )

    def expand(self, repeats: int) -> "KeyValueStore":
        """A store for `repeats` draws of each sample, the draws of a sample being neighbours."""
        return self._map(lambda tensor: tensor.repeat_interleave(repeats, dim=0))

    def to(
        self, device: torch.device | str | None = None, dtype: torch.dtype | None = None
    ) -> "KeyValueStore":
        """The same store on a device and in a dtype."""
        return self._map(lambda tensor: tensor.to(device=device, dtype=dtype))

    def _map(self, change: Callable[[Tensor], Tensor]) -> "KeyValueStore":
        return KeyValueStore(
            {
                name: {segment: KeysValues(*map(change, kv)) for segment, kv in layer.items()}
                for name, layer in self.layers.items()
            }
        )
