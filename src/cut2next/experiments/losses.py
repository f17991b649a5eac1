"""The first measure of a run: its loss on cuts of sets that none has learnt from.

Cuts, times and noise are the same for every run, so that two runs differ set by set. Cuts of one
set are not told apart: they say much the same.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from cut2next.conditioning import Layout
from cut2next.experiments.laboratory import Laboratory
from cut2next.experiments.variants import Variant
from cut2next.generation.conditioned import cut_layout
from cut2next.recipes.mini.encoded_rushes import DrawnCuts
from cut2next.recipes.mini.transformer import MiniModel
from cut2next.training.machine import quick_attention
from cut2next.training.step import next_shot_loss

TIMES = (0.3, 0.6, 0.85, 1.0)
"""Where a cut is looked at: grain, parts, who and where, all of it."""
CUTS_A_SET = 4
LOOKED_AT = 30
"""Withheld sets, of all, on which a run's loss is looked at along the way."""
_TOGETHER = 5
"""Sets."""
_SEED = 1_000_000


def held_out_losses(
    model: MiniModel, variant: Variant, laboratory: Laboratory, sets: int | None = None
) -> Iterator[dict[str, float]]:
    """By withheld set, the mean loss over `TIMES` of its cuts: of some sets after others.

    Of the first so many sets, or of all.
    """
    size = laboratory.shot_size
    layout = cut_layout(variant.table, laboratory.prompt_tokens, current=size, following=size)
    drawn = [
        data.draw(np.random.default_rng((_SEED, number)), CUTS_A_SET, each=1)
        for number, data in enumerate(laboratory.withheld(sets))
    ]
    for first in range(0, len(drawn), _TOGETHER):
        some = _joined(drawn[first : first + _TOGETHER])
        errors = _errors(model, layout, some, seed=_SEED + first)
        yield {str(number): error for number, error in enumerate(errors, start=first)}


@torch.no_grad()
def _errors(model: MiniModel, layout: Layout, drawn: DrawnCuts, seed: int) -> list[float]:
    """Of each set, the mean."""
    batch, network = model.batch(drawn, layout), model.transformer
    chance = torch.Generator().manual_seed(seed)
    noise = torch.randn(batch.clean.shape, generator=chance).to(network.device)
    errors = torch.zeros(len(batch.clean))
    for t in TIMES:
        times = torch.full((len(batch.clean),), t, device=network.device)
        with quick_attention(network.device, network.dtype):
            found = next_shot_loss(network, batch, times, noise).errors
        assert found is not None  # which has times
        errors += found.cpu() / len(TIMES)
    of_sets: list[float] = errors.view(-1, CUTS_A_SET).mean(dim=1).tolist()
    return of_sets


def _joined(drawn: Sequence[DrawnCuts]) -> DrawnCuts:
    """The cuts of several, one after the other."""
    first, *_ = drawn
    return DrawnCuts(
        ids={segment: torch.cat([each.ids[segment] for each in drawn]) for segment in first.ids},
        latents={
            segment: torch.cat([each.latents[segment] for each in drawn])
            for segment in first.latents
        },
        weights=torch.cat([each.weights for each in drawn]),
    )
