"""How strongly the relational prompt and the current shot count: guidance by what is left out.

A velocity moves away from the one without a segment, or part of the way towards it, as classifier
free guidance does with a prompt. The paper found the relational prompt to cost fidelity to the next
prompt; here it can be turned down, or the current shot up, without training anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from cut2next.backbones.fingerprint import fingerprint
from cut2next.backbones.prepared import Prepared
from cut2next.conditioning import Segment, SegmentTable
from cut2next.film import InputError
from cut2next.generation.framing import Size


class WeighedPass(NamedTuple):
    """One pass of a step: what its table leaves out, and its share of the velocity."""

    left_out: frozenset[Segment]
    weight: float


def weighed_passes(
    table: SegmentTable, *, relational: float = 1.0, current: float = 1.0
) -> Sequence[WeighedPass]:
    """The passes of a step; one alone at full strengths, none that would count for nothing.

    With v the velocity under everything and w those without a segment, their sum is
    v + (strength - 1) · (v - w) for each: at 1 nothing is changed, at 0 the segment is not heard,
    above 1 it is stressed.
    """
    relation = frozenset({Segment.RELATIONAL_PROMPT})
    without = [
        WeighedPass(left_out, 1 - strength)
        for left_out, strength in ((relation, relational), (table.context, current))
    ]
    whole = WeighedPass(frozenset(), 1 - sum(weighed.weight for weighed in without))
    return [weighed for weighed in (whole, *without) if weighed.weight]


@dataclass(frozen=True, eq=False)
class PreparedShots:
    """Next shots about to be made, strengths included: any sampler can drive them."""

    size: Size
    """Of the next shots, pixels."""
    passes: Sequence[tuple[float, Prepared]]
    """With their weights."""
    weights: bytes | None
    """The fingerprint of those that they were prepared with; None where nothing of it was kept."""

    def velocity(self, latents: Tensor, t: Tensor) -> Tensor:
        """Of noisy packed latents [B, L, C] at t in 0 .. 1 [B]: that of each pass, by its weight.

        B is the number of prompts, or a multiple: neighbours are draws of one prompt. Looks at the
        weights first, which takes some 15 ms at FLUX.1's size: raises InputError as `check` does.
        """
        self.check()
        return self.unchecked_velocity(latents, t)

    def check(self) -> None:
        """Raises InputError when the transformer is another by now, or its LoRAs."""
        if self.weights and fingerprint(_transformer(self.passes)) != self.weights:
            raise InputError(
                "next shots that were prepared under another transformer",
                expected="the same weights throughout, LoRAs and their strengths included",
                hint="prepare them again",
            )

    @torch.no_grad()
    def unchecked_velocity(self, latents: Tensor, t: Tensor) -> Tensor:
        """As `velocity`, by weights that nobody has touched since."""
        with _transformer(self.passes).cache_context("step"):
            parts = [weight * prepared.velocity(latents, t) for weight, prepared in self.passes]
        return torch.stack(parts).sum(dim=0) if len(parts) > 1 else parts[0]


def prepared_shots(size: Size, passes: Sequence[tuple[float, Prepared]]) -> PreparedShots:
    """Next shots to be made from their first step on.

    Raises InputError for several passes where the transformer has a cache of steps: it would take
    for one what it kept of another.
    """
    transformer = _transformer(passes)
    if len(passes) > 1 and transformer.is_cache_enabled:
        raise InputError(
            "relational_strength or current_strength beside a cache of steps",
            expected="both at 1, or no cache",
            hint="call pipe.transformer.disable_cache()",
        )
    transformer._reset_stateful_cache()
    kept = any(prepared.cache.layers for _, prepared in passes)
    return PreparedShots(size, passes, fingerprint(transformer) if kept else None)


def _transformer(passes: Sequence[tuple[float, Prepared]]) -> Any:
    """As diffusers' caches of steps know it."""
    return passes[0][1].transformer
