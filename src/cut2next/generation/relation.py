"""The relational prompt that patterns alone imply, for whoever does not write one."""

import re
from collections.abc import Collection

from cut2next.film import (
    Character,
    EditingPattern,
    IndividualPrompt,
    RelationalPrompt,
    mentions,
    transition_caption,
)

_SIZE = re.compile(r"^(?:[\w-]+ ){0,3}?(?:insert|shot|close[- ]up|view|detail) of ", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:A|An|The|His|Her|Their|Two|Some) ")
_FOREGROUND = "over the shoulder of "


def implied_relation(
    patterns: Collection[EditingPattern], current: IndividualPrompt, following: IndividualPrompt
) -> RelationalPrompt:
    """Who is there, how the cut goes, and that all else stays the same.

    People are those written `<Name> (look)` in the two prompts; the cut is to those of the next, or
    to what its summary says where it names nobody.
    """
    shown = _characters(following.text)
    present = _characters(f"{current.text} {following.text}")
    present |= {name: character for name, character in shown.items() if character.look}
    aside = {  # people over whose shoulders others are seen
        person.name
        for person in mentions(following.text)
        if following.text[: person.start].casefold().endswith(_FOREGROUND)
    }
    subjects = [name for name in shown if name not in aside] or list(shown)
    subject = " and ".join(f"<{name}>" for name in subjects) or _unclosed(following)
    people = " and ".join(str(character) for character in present.values())
    return RelationalPrompt(
        scene=f"With {people}" if people else "",
        transition=transition_caption(patterns, subject),
        scene_consistency="Background, light and color stay the same",
        character_consistency="Faces and clothes stay the same",
    )


def _unclosed(prompt: IndividualPrompt) -> str:
    """What a summary shows, as part of a sentence: of "Insert of a mug." it is "a mug"."""
    summary = _SIZE.sub("", prompt.summary.strip().rstrip(".!?"))
    return _ARTICLE.sub(lambda article: article[0].lower(), summary)


def _characters(text: str) -> dict[str, Character]:
    """The people of a prompt by name, with the first look that is told of each."""
    people: dict[str, Character] = {}
    for person in mentions(text):
        known = person.name in people and (people[person.name].look or not person.look)
        if not person.in_look and not known:
            people[person.name] = Character(name=person.name, look=person.look or "")
    return people
