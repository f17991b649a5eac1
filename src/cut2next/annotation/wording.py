"""From answers to prompts: film's three prompts, with people written `<Name> (short look)`."""

from collections.abc import Iterable

from cut2next.annotation.schema import CutAnswer, ShotAnswer
from cut2next.film import (
    Character,
    HierarchicalPrompt,
    IndividualPrompt,
    RelationalPrompt,
    mentions,
)


def characters_of(answer: CutAnswer) -> tuple[Character, ...]:
    """The people of a cut, in film's words."""
    return tuple(Character(name=person.name, look=person.look) for person in answer.characters)


def hierarchical_prompt(
    cut: CutAnswer, current: ShotAnswer, following: ShotAnswer
) -> HierarchicalPrompt:
    """The three prompts of a cut; in each, a name's first mention carries the look."""
    people = characters_of(cut)
    return HierarchicalPrompt(
        relational=relational_prompt(cut),
        current=individual_prompt(current, people),
        next=individual_prompt(following, people),
    )


def relational_prompt(answer: CutAnswer) -> RelationalPrompt:
    """What holds across the cut, and how it goes."""
    fields = ("scene", "transition", "scene_consistency", "character_consistency")  # as read
    sentences = _with_looks((getattr(answer, name) for name in fields), characters_of(answer))
    return RelationalPrompt(**dict(zip(fields, sentences, strict=True)))


def individual_prompt(answer: ShotAnswer, people: Iterable[Character]) -> IndividualPrompt:
    """What one shot shows."""
    summary, description = _with_looks((answer.summary, answer.description), people)
    return IndividualPrompt(
        summary=summary, description=description, attributes=answer.attributes.named()
    )


def _with_looks(texts: Iterable[str], people: Iterable[Character]) -> list[str]:
    """Texts that are read one after the other; whoever comes up first comes with a look.

    Where the model wrote something in parentheses itself it stays, for `consistency` to judge.
    """
    written = list(texts)
    for person in people:
        for number, text in enumerate(written):
            here = [mention for mention in mentions(text) if mention.name == person.name]
            for bare in [mention for mention in here if mention.bare][:1]:
                written[number] = f"{text[: bare.start]}{person}{text[bare.end :]}"
            if here:
                break
    return written
