"""All that the steps of making next shots share, worked out once: what is read, what is kept of it.

Generation and training both come through here. What may be computed once, and once for which
samples, is derived from the table; any sampler can drive what comes out.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from cut2next.conditioning import KVCache, Layout, Pass, Segment, SegmentInputs


class SegmentTransformer(Protocol):
    """A diffusion transformer that follows a pass over segments."""

    @property
    def dtype(self) -> torch.dtype:
        """What it computes in."""

    def __call__(
        self,
        inputs: SegmentInputs,
        timestep: Tensor,
        plan: Pass,
        guidance: Tensor | None,
        cache: KVCache,
    ) -> Any:
        """One pass; `.velocity` of what it returns is the next shot's, packed latents [B, L, C]."""

    def prefill(self, inputs: SegmentInputs, plan: Pass, cache: KVCache) -> KVCache:
        """The keys and values of what runs, beside those of `cache`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Prepared:
    """Next shots about to be made: with noisy latents and a time it tells their velocity."""

    transformer: SegmentTransformer
    inputs: SegmentInputs
    """Of all that runs at every step but the next shot itself; samples may be fewer, and shared."""
    plan: Pass
    cache: KVCache
    guidance: float | None
    """The scale, for weights that guidance was distilled into; what is kept holds for any."""

    def velocity(self, latents: Tensor, t: Tensor) -> Tensor:
        """Of noisy next shots, packed latents [B, L, C], at t in 0 .. 1 [B]: [B, L, C]."""
        noisy = {Segment.NEXT_SHOT: latents.to(self.transformer.dtype)}
        inputs = self.inputs.of_batch(len(latents)) | SegmentInputs(noisy)
        guidance = _guidance(self.guidance, latents)
        velocity: Tensor = self.transformer(inputs, t, self.plan, guidance, self.cache).velocity
        return velocity


def prepare(
    transformer: SegmentTransformer,
    inputs: SegmentInputs,
    layout: Layout,
    *,
    keep: Collection[Segment],
    cache: KVCache | None = None,
    guidance: float | None = None,
) -> Prepared:
    """Next shots of a layout, with the keys and values of the segments `keep` computed once.

    `inputs` are of all segments but the next shot, save those that `cache` holds already. There may
    be G current shots and G·K of the rest; generation keeps what is cacheable, training what is
    lasting. Raises ValueError where they do not fit together.
    """
    cache = cache or KVCache()
    if first := frozenset(keep) - cache.segments:
        plan = layout.prefill(first, cache.segments)
        read = inputs.only(plan.running, plan.pooled_from)
        read = read.of_batch(read.batch)
        cache = transformer.prefill(read, plan, cache)
    plan = layout.step(cache.segments)
    return Prepared(
        transformer=transformer,
        inputs=inputs.only(plan.running, plan.pooled_from),
        plan=plan,
        cache=cache,
        guidance=guidance,
    )


def _guidance(scale: float | None, samples: Tensor) -> Tensor | None:
    """Of each of the samples [B, ...], float32 [B]; None for weights it is not distilled into."""
    if scale is None:
        return None
    return torch.full((len(samples),), scale, device=samples.device, dtype=torch.float32)
