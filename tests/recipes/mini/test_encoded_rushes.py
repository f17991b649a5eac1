"""Encoded rushes: what is drawn from them are cuts that an editor would make."""

import numpy as np

from cut2next.conditioning import Segment
from cut2next.film import EditingPattern
from cut2next.recipes.mini.encoded_rushes import EncodedRushes
from cut2next.soundstage.camera import patterns_between
from cut2next.soundstage.rushes import Rushes


def test_drawn_cuts_are_cuts_an_editor_would_make(rushes: Rushes, data: EncodedRushes) -> None:
    for number in rushes.reels:
        setups = rushes.setups(rushes.build(number))
        for row, current in enumerate(setups):
            for column, following in enumerate(setups):
                bits = int(data.joins[number, row, column])
                joined = {p for bit, p in enumerate(EditingPattern) if bits >> bit & 1}
                assert joined == patterns_between(current, following)
    drawn = data.draw(np.random.default_rng(3), 5, 4)
    assert drawn.latents[Segment.CURRENT_SHOT].shape == (5, 18, 64)
    assert drawn.latents[Segment.NEXT_SHOT].shape == (20, 18, 64)
    assert (
        (drawn.ids[Segment.RELATIONAL_PROMPT] != 0).any(dim=1).all()
    )  # no cut without a relational prompt
