"""The first measure of a run: its loss on cuts of sets that none has learnt from.

Cuts, times and noise are the same for every run, so that two runs differ cut by cut.
"""

from collections.abc import Iterator

import numpy as np
import torch

from cut2next.experiments.tuning import Told, Tuning
from cut2next.generation.conditioned import cut_layout
from cut2next.training.machine import quick_attention
from cut2next.training.step import next_shot_loss

TIMES = (0.3, 0.6, 0.85, 1.0)
"""Where a cut is looked at: grain, parts, who and where, all of it."""
_TOGETHER = 20
_SEED = 1_000_000


@torch.no_grad()
def held_out_losses(tuning: Tuning, count: int) -> Iterator[dict[str, float]]:
    """By cut, the mean loss over `TIMES`: of some of `count` cuts after others."""
    model = tuning.model().eval()
    data = Told(data=tuning.laboratory.withheld, variant=tuning.variant)
    size = tuning.laboratory.shot_size
    layout = cut_layout(tuning.variant.table, data.prompt_tokens, current=size, following=size)
    network = model.transformer
    for number, first in enumerate(range(0, count, _TOGETHER)):
        groups = min(_TOGETHER, count - first)
        drawn = data.draw(np.random.default_rng((_SEED, number)), groups, each=1)
        batch = model.batch(drawn, layout)
        chance = torch.Generator().manual_seed(_SEED + number)
        noise = torch.randn(batch.clean.shape, generator=chance).to(network.device)
        errors = torch.zeros(len(batch.clean))
        for t in TIMES:
            times = torch.full((len(batch.clean),), t, device=network.device)
            with quick_attention(network.device, network.dtype):
                found = next_shot_loss(network, batch, times, noise).errors
            assert found is not None  # which has times
            errors += found.cpu() / len(TIMES)
        yield {f"{number:03d}-{row:02d}": error.item() for row, error in enumerate(errors)}
