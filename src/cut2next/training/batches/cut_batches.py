"""Micro-batches of cuts, by number: latents and prompts of the cuts that the order deals out.

It takes what the latents and texts are read from, and no network besides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from cut2next.conditioning import Segment, SegmentInputs, SegmentTable, with_earlier_shots
from cut2next.film import IndividualPrompt
from cut2next.generation.conditioned import cut_layout
from cut2next.training.batches.earlier import EarlierShots
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
    earlier_shots: int = 0
    """Before the current one: each micro-batch has some number of them, from none to so many."""

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
        earlier = self._earlier(number, rows)
        for back, shots in enumerate(earlier, start=1):
            inputs |= shots.renamed({at: at.back(back) for at in self.table.context})
        table = with_earlier_shots(self.table, len(earlier))
        return Batch(
            layout=cut_layout(
                table, self.prompt_tokens, current=height_width, following=height_width
            ),
            inputs=inputs.only(table.segments).to(self.device, self.dtype),
            clean=clean.to(self.device, self.dtype),
            weights=weights.to(self.device),
        )

    def _prompts(
        self, number: int, firsts: Sequence[SurveyedCut], cuts: Sequence[SurveyedCut]
    ) -> SegmentInputs:
        """The prompts of current shots and of cuts, parts of some left out by chance."""
        chance = np.random.default_rng((self.order.seed, number, 1))
        texts = {
            Segment.RELATIONAL_PROMPT: [cut.relational for cut in cuts],
            Segment.CURRENT_PROMPT: self._worded([cut.current_prompt for cut in firsts], chance),
            Segment.NEXT_PROMPT: self._worded([cut.next_prompt for cut in cuts], chance),
        }
        inputs = SegmentInputs()
        for segment in self.table.prompts:
            inputs |= self.texts.read(segment, texts[segment])
        return inputs

    def _worded(
        self, prompts: Sequence[IndividualPrompt], chance: np.random.Generator
    ) -> list[str]:
        left_out = (chance.random((len(prompts), 2)) < self.dropped).tolist()
        return [worded(prompt, *parts) for prompt, parts in zip(prompts, left_out, strict=True)]

    def _earlier(self, number: int, rows: Sequence[Sequence[SurveyedCut]]) -> list[SegmentInputs]:
        """The shots before the current ones, one back and more, each as a current shot.

        Drawn apart, so that all else is as without them.
        """
        if not self.earlier_shots:
            return []
        chance = np.random.default_rng((self.order.seed, number, 2))
        return [
            self._current(cuts, chance)
            for cuts in self._before.drawn(rows, self.earlier_shots, chance)
        ]

    def _current(self, cuts: Sequence[SurveyedCut], chance: np.random.Generator) -> SegmentInputs:
        """The current shots of cuts, with their prompts where the table has them."""
        latents = torch.cat([self.latents.read(cut.current, cut.size)[0] for cut in cuts])
        inputs = SegmentInputs({Segment.CURRENT_SHOT: latents})
        if Segment.CURRENT_PROMPT not in self.table.segments:
            return inputs
        texts = self._worded([cut.current_prompt for cut in cuts], chance)
        return inputs | self.texts.read(Segment.CURRENT_PROMPT, texts)

    @cached_property
    def _before(self) -> EarlierShots:
        return EarlierShots(survey=self.order.survey)
