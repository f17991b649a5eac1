"""Checks of one annotated cut: do its prompts agree with each other, and its patterns with them?

A fault here is no error: the answers fit the schema, but a person or a filter should look again.
"""

import re
from collections.abc import Iterator
from typing import get_args

from cut2next.annotation.outcome import Annotation
from cut2next.annotation.schema import ShotSize
from cut2next.film import Character, EditingPattern, mentions

_SIZES: tuple[str, ...] = get_args(ShotSize)
"""From the widest to the closest."""
_SIMILAR = 2
"""Steps of size within which two shots of the same subject count as similar."""
# How captions name the techniques, in lower case.
_TECHNIQUES = {
    EditingPattern.SHOT_REVERSE_SHOT: r"\breverse[ -](?:angle|shot)\b",
    EditingPattern.CUT_IN: r"\bcut(?:s|ting)?[ -]in\b",
    EditingPattern.CUT_OUT: r"\bcut(?:s|ting)?[ -]out\b",
    EditingPattern.CUTAWAY: r"\bcut(?:s|ting)?[ -]?away\b",
    EditingPattern.MULTI_ANGLE: r"\bmulti(?:ple)?[ -]?angles?\b",
}


def inconsistencies(annotation: Annotation) -> tuple[str, ...]:
    """What is wrong with an annotated cut, each in plain English; nothing where all agrees."""
    return (*_of_names(annotation), *_of_patterns(annotation), *_of_sizes(annotation))


def _of_names(annotation: Annotation) -> Iterator[str]:
    prompt = annotation.prompt
    texts = {
        "relational prompt": prompt.relational.text,
        "current prompt": prompt.current.text,
        "next prompt": prompt.next.text,
    }
    known = {person.name: person for person in annotation.characters}
    for where, text in texts.items():
        yield from _strangers(where, text, known)
    seen = {*_names(prompt.current.text), *_names(prompt.next.text)}
    for name in _names(prompt.relational.text):
        if name in known and name not in seen:
            yield f"<{name}> is in the relational prompt but in neither shot"


def _strangers(where: str, text: str, known: dict[str, Character]) -> Iterator[str]:
    """Names that nobody has, and looks that are another's."""
    for name in _names(text):
        if name not in known:
            yield f"<{name}> of the {where} is none of the characters"
    for name, look in dict.fromkeys((person.name, person.look) for person in mentions(text)):
        if name in known and look not in (None, known[name].look):
            yield f"<{name}> has the look ({look}) in the {where}, not ({known[name].look})"


def _names(text: str) -> list[str]:
    """Each once, as they first come."""
    return list(dict.fromkeys(person.name for person in mentions(text)))


def _of_patterns(annotation: Annotation) -> Iterator[str]:
    transition = annotation.prompt.relational.transition.casefold()
    for pattern, words in _TECHNIQUES.items():
        named = re.search(words, transition) is not None
        if named and pattern not in annotation.patterns:
            yield f"the transition names the {pattern.label}, which is not among the patterns"
        if not named and pattern in annotation.patterns:
            yield f"the transition does not name the {pattern.label}, a pattern of the cut"
    if {EditingPattern.CUT_IN, EditingPattern.CUT_OUT} <= annotation.patterns:
        yield "a Cut-In and a Cut-Out at once"
    people = len(annotation.characters)
    if EditingPattern.SHOT_REVERSE_SHOT in annotation.patterns and people < 2:
        yield f"a Shot/Reverse Shot with {people or 'no'} characters"


def _of_sizes(annotation: Annotation) -> Iterator[str]:
    prompt = annotation.prompt
    current, following = (
        shot.attributes.get("Shot Size", "") for shot in (prompt.current, prompt.next)
    )
    if current not in _SIZES or following not in _SIZES:
        return
    closer = _SIZES.index(following) - _SIZES.index(current)
    change = f"goes from {current} to {following}"
    if EditingPattern.CUT_IN in annotation.patterns and closer < 0:
        yield f"a Cut-In that {change}, which is wider"
    if EditingPattern.CUT_OUT in annotation.patterns and closer > 0:
        yield f"a Cut-Out that {change}, which is closer"
    if annotation.patterns == {EditingPattern.MULTI_ANGLE} and abs(closer) > _SIMILAR:
        yield f"a Multi-Angle cut that {change}, which is no similar size"
