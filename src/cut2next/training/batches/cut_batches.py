"""Micro-batches of cuts, by number: latents and prompts of the cuts that the order deals out.

It takes what the latents and texts are read from, and no network besides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from cut2next.conditioning import Segment, SegmentInputs, SegmentTable
from cut2next.film import IndividualPrompt
from cut2next.generation.conditioned import cut_layout
from cut2next.training.batches.latents import Latents
from cut2next.training.batches.order import CutOrder
from cut2next.training.batches.survey import SurveyedCut
from cut2next.training.batches.texts import Texts, worded
from cut2next.training.step import Batch

DROPPED = 0.2
"""The share of individual prompts without their description, and the share without their
attributes, as in the paper (section 3.2); the summary is never left out."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CutBatches:
    """`batches(number)` is a micro-batch, the same each time and in every process."""

    order: CutOrder
    """Of the cuts of a survey."""
    latents: Latents
    """Filled with the pictures of those cuts."""
    texts: Texts
    table: SegmentTable
    prompt_tokens: Mapping[Segment, int]
    device: torch.device | str
    dtype: torch.dtype
    dropped: float = DROPPED

    def __len__(self) -> int:
        """Micro-batches in an epoch."""
        return len(self.order)

    def __call__(self, number: int) -> Batch:
        """Micro-batch `number`, from 0 on, without end.

        Raises InputError for latents or texts that were kept on disk and have gone.
        """
        rows = [[self.order.survey.cuts[at] for at in row] for row in self.order(number)]
        firsts, cuts = [row[0] for row in rows], [cut for row in rows for cut in row]
        height_width = firsts[0].size.in_tokens(self.latents.step)
        following = [self.latents.read(cut.next, cut.size) for cut in cuts]
        clean, weights = (torch.cat(parts) for parts in zip(*following, strict=True))
        current = torch.cat([self.latents.read(cut.current, cut.size)[0] for cut in firsts])
        inputs = self._prompts(number, firsts, cuts)
        inputs |= SegmentInputs({Segment.CURRENT_SHOT: current})
        return Batch(
            layout=cut_layout(
                self.table, self.prompt_tokens, current=height_width, following=height_width
            ),
            inputs=inputs.only(self.table.segments).to(self.device, self.dtype),
            clean=clean.to(self.device, self.dtype),
            weights=weights.to(self.device),
        )

    def _prompts(
        self, number: int, firsts: Sequence[SurveyedCut], cuts: Sequence[SurveyedCut]
    ) -> SegmentInputs:
        """The prompts of current shots and of cuts, parts of some left out by chance."""
        chance = np.random.default_rng((self.order.seed, number, 1))

        def wording(prompts: Sequence[IndividualPrompt]) -> list[str]:
            left_out = (chance.random((len(prompts), 2)) < self.dropped).tolist()
            return [worded(prompt, *parts) for prompt, parts in zip(prompts, left_out, strict=True)]

        texts = {
            Segment.RELATIONAL_PROMPT: [cut.relational for cut in cuts],
            Segment.CURRENT_PROMPT: wording([cut.current_prompt for cut in firsts]),
            Segment.NEXT_PROMPT: wording([cut.next_prompt for cut in cuts]),
        }
        inputs = SegmentInputs()
        for segment in self.table.prompts:
            inputs |= self.texts.read(segment, texts[segment])
        return inputs
