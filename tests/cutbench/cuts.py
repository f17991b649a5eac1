"""Cuts between plain colours, for tests that need no film set."""

from PIL import Image

from cut2next.film import Cut, EditingPattern, IndividualPrompt, RelationalPrompt, Shot

SIZE = (32, 16)


def cut(number: int = 0, *patterns: EditingPattern) -> Cut:
    """From a red picture to a blue one."""
    return Cut(
        film=f"film-{number}",
        current=_shot("a", "red"),
        next=_shot("b", "blue"),
        patterns=frozenset(patterns or (EditingPattern.CUT_IN,)),
        relational=RelationalPrompt(scene="A wall", transition="The transition is a cut-in"),
    )


def _shot(name: str, color: str) -> Shot:
    prompt = IndividualPrompt(summary=f"A {color} wall")
    return Shot(name=name, keyframe=Image.new("RGB", SIZE, color), prompt=prompt)
