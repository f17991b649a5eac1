"""Briefs that need no film set and no model."""

from PIL import Image

from cut2next.film import (
    EditingPattern,
    HierarchicalPrompt,
    IndividualPrompt,
    RelationalPrompt,
)
from cut2next.makers import Brief

SIZE = (48, 32)


def brief(number: int = 0, size: tuple[int, int] = SIZE) -> Brief:
    """From a red wall to a blue one."""
    prompt = HierarchicalPrompt(
        relational=RelationalPrompt(transition="The transition is a cut-in", scene="A wall"),
        current=IndividualPrompt(summary="A red wall", attributes={"Angle": "high"}),
        next=IndividualPrompt(summary="A blue wall"),
    )
    return Brief(
        name=f"case-{number}",
        current=Image.new("RGB", (64, 48), "red"),
        prompt=prompt,
        patterns=frozenset({EditingPattern.CUT_IN}),
        size=size,
        seed=number,
    )
