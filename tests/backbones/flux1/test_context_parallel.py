"""Shares of a picture: together they are all of it. `test_kernels.py` runs two processes."""

from typing import Any

import pytest
import torch

from cut2next.backbones.flux1.context_parallel import Share, SharedLayout, shared
from cut2next.conditioning import CLOSED, Layout, Segment

SIZES: dict[str, Any] = {
    "table": CLOSED,
    "prompt_tokens": dict.fromkeys(CLOSED.prompts, 6),
    "shot_sizes": {Segment.CURRENT_SHOT: (3, 4), Segment.NEXT_SHOT: (2, 3)},
}


def test_shares_of_a_segment_are_all_of_it() -> None:
    whole = Layout(**SIZES)
    thirds = [SharedLayout(**SIZES, share=Share(index, 3)) for index in range(3)]
    for segment in CLOSED.segments:
        together = torch.cat([third.positions(segment) for third in thirds])
        assert torch.equal(together, whole.positions(segment))
        assert {third.tokens(segment) * 3 for third in thirds} == {whole.tokens(segment)}
    with pytest.raises(ValueError, match="6 tokens cannot be shared evenly by 4"):
        SharedLayout(**SIZES, share=Share(0, 4))


def test_a_shared_pass_runs_and_keeps_the_same_segments() -> None:
    layout = Layout(**SIZES)
    for plan in (layout.step(), layout.prefill(CLOSED.lasting)):
        half = shared(plan, Share(1, 3))
        assert (half.running, half.cached, half.keeps) == (plan.running, plan.cached, plan.keeps)
        assert [reads.length * 3 for reads in half.readings] == [x.length for x in plan.readings]
