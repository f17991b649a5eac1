"""What a pass reads, by segment: tokens, and pooled vectors where a backbone has them.

Samples of segments may differ in number: G current shots, and G·K cuts, the K cuts of a current
shot being neighbours. What has fewer samples is shared by neighbours.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from cut2next.conditioning.table import Segment

Tensors = Mapping[Segment, Tensor]


@dataclass(frozen=True, eq=False)
class SegmentInputs:
    """Tokens and pooled vectors by segment. A value: every change makes another."""

    tokens: Tensors = field(default_factory=dict)
    """[B, L, C]: states of a text encoder for prompts, packed latents for shots."""
    pooled: Tensors = field(default_factory=dict)
    """[B, P], of prompts alone; none for a backbone without pooled vectors."""

    @property
    def segments(self) -> frozenset[Segment]:
        """The segments that tokens are given of."""
        return frozenset(self.tokens)

    @property
    def batch(self) -> int:
        """The largest number of samples."""
        return max(map(len, (*self.tokens.values(), *self.pooled.values())), default=0)

    @property
    def bytes(self) -> int:
        """Size of all tensors."""
        return sum(tensor.nbytes for tensor in (*self.tokens.values(), *self.pooled.values()))

    def __or__(self, other: "SegmentInputs") -> "SegmentInputs":
        """Both together; of a segment that both have, the other's."""
        return SegmentInputs({**self.tokens, **other.tokens}, {**self.pooled, **other.pooled})

    def only(
        self, segments: Collection[Segment], pooled: Collection[Segment] | None = None
    ) -> "SegmentInputs":
        """Tokens of some segments, and vectors pooled of those in `pooled`, by default the same."""
        pooled = segments if pooled is None else pooled
        return SegmentInputs(
            {segment: x for segment, x in self.tokens.items() if segment in segments},
            {segment: x for segment, x in self.pooled.items() if segment in pooled},
        )

    def renamed(self, names: Mapping[Segment, Segment]) -> "SegmentInputs":
        """The same, of segments by other names."""

        def of(tensors: Tensors) -> Tensors:
            return {names.get(segment, segment): x for segment, x in tensors.items()}

        return SegmentInputs(of(self.tokens), of(self.pooled))

    def of_batch(self, batch: int) -> "SegmentInputs":
        """Every segment with `batch` samples; what has fewer is repeated, neighbours being equal.

        Raises ValueError for a number of samples that does not divide it.
        """

        def repeated(tensors: Tensors) -> Tensors:
            return {segment: of_batch(x, batch) for segment, x in tensors.items()}

        return SegmentInputs(repeated(self.tokens), repeated(self.pooled))

    def to(
        self, device: torch.device | str | None = None, dtype: torch.dtype | None = None
    ) -> "SegmentInputs":
        """The same on a device and in a dtype."""

        def moved(tensors: Tensors) -> Tensors:
            return {segment: x.to(device=device, dtype=dtype) for segment, x in tensors.items()}

        return SegmentInputs(moved(self.tokens), moved(self.pooled))

    @staticmethod
    def cat(samples: Sequence["SegmentInputs"]) -> "SegmentInputs":
        """Several as one batch; one that all of them are stays alone, to be shared."""
        if all(sample is samples[0] for sample in samples):
            return samples[0]

        def joined(tensors: Sequence[Tensors]) -> Tensors:
            return {segment: torch.cat([x[segment] for x in tensors]) for segment in tensors[0]}

        tokens, pooled = zip(*((sample.tokens, sample.pooled) for sample in samples), strict=True)
        return SegmentInputs(joined(tokens), joined(pooled))


def of_batch(x: Tensor, batch: int) -> Tensor:
    """[G, ...] as [G·K, ...], the K samples of each being neighbours: a view where G is 1.

    Raises ValueError when G does not divide the batch.
    """
    if batch % len(x):
        raise ValueError(f"{len(x)} samples cannot be shared evenly by a batch of {batch}")
    if len(x) == batch:
        return x
    if len(x) == 1:
        return x.expand(batch, *x.shape[1:])
    return x.repeat_interleave(batch // len(x), dim=0)
