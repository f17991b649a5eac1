"""Prompts as captions."""

import pytest

from cut2next.recipes.cut_sheet import readable


@pytest.mark.parametrize(
    ("prompt", "caption"),
    [
        ("Close up of <Anna> (red bob, hat) in the café", "Close up of Anna in the café"),
        ("<Zoë> and <Ben> (grey curls) talk", "Zoë and Ben talk"),
        ("<Anna> (beside <Ben>, red bob) talks", "Anna talks"),
        ("<Anna> (red (dark) bob) talks", "Anna (red (dark) bob) talks"),
        ("the clock (large)", "the clock (large)"),
    ],
)
def test_a_caption_has_names_without_looks(prompt: str, caption: str) -> None:
    assert readable(prompt) == caption
