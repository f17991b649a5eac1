"""The two questions of the paper (section 4), as our own instructions.

The paper's instruction is not published. Whoever changes a word of a question raises VERSION;
answers to the old words stay in the cache under the old version. The words of `again` are free:
answers to it are kept under the question that it repeats. Patterns are defined by `EditingPattern`,
the vocabulary of the attributes by `schema`; neither is written twice.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any, get_args

from cut2next.annotation.schema import Attributes, NamedCharacter
from cut2next.film import Character, EditingPattern

VERSION = 2
"""Goes up with any change of wording."""

_PEOPLE = """\
Wherever you speak of one of these people, write the name in angle brackets, as in <Anna>, and \
nothing in parentheses after it. Do not call them "the man" or "she" where the name fits."""

_CUT = """\
You are an assistant editor. The two pictures are stills from two neighbouring shots of one film: \
the first is the current shot, the second is the next shot, right after the cut. Say what holds \
across the cut and how the cut goes. Say only what can be seen.

Answer with one JSON object and nothing else, with these fields:
- characters: everyone who matters in either still, each with "name" and "look". Names are short \
given names that you make up (if you recognise an actor, do not use the actor's or the role's \
name), a different one for each person. The look is a few words that tell the person from the \
others in both stills: hair, then clothes, such as "red bob, green sweater"; no brackets in it. \
The same person in both stills is one character. An empty list if there are no people.
- scene: one sentence on who is where and does what.
- scene_consistency: one sentence on what of place, time of day, light, color and style stays the \
same across the cut.
- character_consistency: one sentence on what of appearance and attire stays the same; where there \
are no people, say so.
- transition: one sentence that begins "The transition between shots is", names each technique \
that you list in "patterns", and says what it does for the next shot: what the camera leaves and \
what it comes to.
- patterns: the editing techniques of this cut, one or more of these:
{patterns}

{people}"""

_SHOT = """\
You are a director of photography. The picture is a still from one shot of a film. Say what it \
shows, so that somebody who has never seen it could film it again. Say only what can be seen.

{cast}

Answer with one JSON object and nothing else, with these fields:
- summary: one sentence: the size of the shot, the subject and the setting.
- description: two to four sentences: appearance, posture, expression and gaze of each person, \
costume, props, background, light.
- attributes: an object with these fields, each null where you cannot tell or no word fits (a \
camera at eye level has no camera_angle):
{attributes}"""


def cut_instruction() -> str:
    """The question about both stills of a cut."""
    return _CUT.format(patterns=pattern_lines(), people=_PEOPLE)


def pattern_lines() -> str:
    """The five patterns, a line each, as a model is told them."""
    return "\n".join(
        f'  - "{pattern.value}": {pattern.label}. {pattern.definition}'
        for pattern in EditingPattern
    )


def shot_instruction(characters: Iterable[NamedCharacter]) -> str:
    """The question about one still, with the people whom the question about the cut named."""
    known = [str(Character(name=person.name, look=person.look)) for person in characters]
    cast = "Nobody in this scene has a name."
    if known:
        listed = "\n".join(f"- {person}" for person in known)
        cast = f"The people of this scene, some of whom may not be in this still:\n{listed}\n\n"
        cast += _PEOPLE
    return _SHOT.format(cast=cast, attributes="\n".join(_attribute_lines()))


def again(instruction: str, fault: str, known: Mapping[str, Any], fields: Collection[str]) -> str:
    """The same question, after answers that lacked some fields; about those alone."""
    if not known:
        return (
            f"{instruction}\n\nAn earlier answer could not be read: {fault}. Answer again, with "
            "one JSON object that holds exactly the fields above."
        )
    return (
        f"{instruction}\n\nAn earlier answer lacked something: {fault}. This is settled:\n"
        f"{json.dumps(known, ensure_ascii=False)}\nAnswer now with one JSON object that holds only "
        f"what is missing: {', '.join(fields)}."
    )


def _attribute_lines() -> Iterable[str]:
    """One line for each attribute, with its words."""
    for name, about in Attributes.model_fields.items():
        words = [word for part in get_args(about.annotation) for word in get_args(part)]
        choice = ", ".join(f'"{word}"' for word in words if isinstance(word, str))
        yield f"  - {name}: {choice or 'in a few words of your own'}"
