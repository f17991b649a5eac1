"""How a variant reads the prompts of a cut."""

import torch

from cut2next.conditioning import Segment
from cut2next.experiments.variants import VARIANTS


def test_one_prompt_is_the_three_one_behind_the_other_for_every_cut() -> None:
    ids = {
        Segment.RELATIONAL_PROMPT: torch.tensor([[1], [2], [3], [4]]),
        Segment.CURRENT_PROMPT: torch.tensor([[10, 11], [20, 21]]),
        Segment.NEXT_PROMPT: torch.tensor([[5, 5], [6, 6], [7, 7], [8, 8]]),
    }
    told = VARIANTS["one-prompt"].told(ids)
    assert {*told} == {Segment.NEXT_PROMPT}
    assert told[Segment.NEXT_PROMPT].tolist() == [
        [1, 10, 11, 5, 5],
        [2, 10, 11, 6, 6],
        [3, 20, 21, 7, 7],
        [4, 20, 21, 8, 8],
    ]


def test_lengths_are_those_of_what_is_told() -> None:
    lengths = {
        Segment.RELATIONAL_PROMPT: 26,
        Segment.CURRENT_PROMPT: 44,
        Segment.NEXT_PROMPT: 40,
    }
    assert VARIANTS["paper"].lengths(lengths) == lengths
    assert VARIANTS["one-prompt"].lengths(lengths) == {Segment.NEXT_PROMPT: 110}
