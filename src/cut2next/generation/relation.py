"""The relational prompt that patterns alone imply, for whoever does not write one."""

import re
from collections.abc import Collection

from cut2next.film import (
    Character,
    EditingPattern,
    IndividualPrompt,
    RelationalPrompt,
    transition_caption,
)

_CHARACTER = re.compile(r"<([^<>]+)>(?:\s*\(([^()]*)\))?")


def implied_relation(
    patterns: Collection[EditingPattern], current: IndividualPrompt, following: IndividualPrompt
) -> RelationalPrompt:
    """Who is there, how the cut goes, and that all else stays the same.

    People are those written `<Name> (look)` in the two prompts; the cut is to those of the next, or
    to what its summary says where it names nobody.
    """
    shown = _characters(following.text)
    present = {**_characters(current.text), **shown}
    subject = " and ".join(f"<{name}>" for name in shown) or _unclosed(following)
    people = " and ".join(str(character) for character in present.values())
    return RelationalPrompt(
        scene=f"With {people}" if people else "",
        transition=transition_caption(patterns, subject),
        scene_consistency="Background, light and color stay the same",
        character_consistency="Faces and clothes stay the same",
    )


def _unclosed(prompt: IndividualPrompt) -> str:
    """A summary as part of a sentence: "Insert of a mug." as "insert of a mug"."""
    summary = prompt.summary.strip().rstrip(".!?")
    return summary[:1].lower() + summary[1:]


def _characters(text: str) -> dict[str, Character]:
    """The people of a prompt by name, with the first look that is told of each."""
    found: dict[str, Character] = {}
    for name, look in _CHARACTER.findall(text):
        if name not in found or (look and not found[name].look):
            found[name] = Character(name=name, look=look)
    return found
