"""Annotated cuts that contradict themselves."""

import pytest

from cut2next.annotation.consistency import _TECHNIQUES, inconsistencies
from cut2next.annotation.outcome import Annotation
from cut2next.film import (
    Character,
    EditingPattern,
    HierarchicalPrompt,
    IndividualPrompt,
    RelationalPrompt,
    transition_caption,
)

ANNA = Character(name="Anna", look="red bob")
BEN = Character(name="Ben", look="grey curls")


def _annotation(
    *patterns: EditingPattern,
    transition: str | None = None,
    scene: str = f"{ANNA} and {BEN} talk",
    current: str = f"{ANNA} reads",
    following: str = f"{BEN} listens to <Anna>",
    sizes: tuple[str, str] = ("medium", "medium"),
    people: tuple[Character, ...] = (ANNA, BEN),
) -> Annotation:
    shots = [
        IndividualPrompt(summary=summary, attributes={"Shot Size": size} if size else {})
        for summary, size in zip((current, following), sizes, strict=True)
    ]
    caption = transition_caption(patterns, "<Ben>") if transition is None else transition
    relational = RelationalPrompt(transition=caption, scene=scene)
    return Annotation(
        characters=people,
        prompt=HierarchicalPrompt(relational=relational, current=shots[0], next=shots[1]),
        patterns=frozenset(patterns),
    )


@pytest.mark.parametrize("pattern", EditingPattern)
def test_a_cut_that_agrees_with_itself_has_no_faults(pattern: EditingPattern) -> None:
    assert inconsistencies(_annotation(pattern)) == ()


CUT_IN, CUT_OUT = EditingPattern.CUT_IN, EditingPattern.CUT_OUT
MULTI, REVERSE = EditingPattern.MULTI_ANGLE, EditingPattern.SHOT_REVERSE_SHOT


@pytest.mark.parametrize(
    ("annotation", "fault"),
    [
        (
            _annotation(CUT_IN, following="<Cleo> and <Ben>"),
            "<Cleo> of the next prompt is none of the characters",
        ),
        (
            _annotation(CUT_IN, scene=f"{ANNA}, {BEN}", current=f"{ANNA}", following="The door"),
            "<Ben> is in the relational prompt but in neither shot",
        ),
        (
            _annotation(CUT_IN, current="<Anna> (blond plait)"),
            "<Anna> has the look (blond plait) in the current prompt, not (red bob)",
        ),
        (
            _annotation(CUT_IN, transition="A cut-in that cuts away to <Ben>"),
            "the transition names the Cutaway, which is not among the patterns",
        ),
        (
            _annotation(CUT_IN, transition="The camera goes to <Ben>"),
            "the transition does not name the Cut-In, a pattern of the cut",
        ),
        (_annotation(CUT_IN, CUT_OUT), "a Cut-In and a Cut-Out at once"),
        (
            _annotation(CUT_IN, sizes=("close up", "wide")),
            "a Cut-In that goes from close up to wide, which is wider",
        ),
        (
            _annotation(CUT_OUT, sizes=("medium", "extreme close up")),
            "a Cut-Out that goes from medium to extreme close up, which is closer",
        ),
        (
            _annotation(MULTI, sizes=("extreme wide", "close up")),
            "a Multi-Angle cut that goes from extreme wide to close up, which is no similar size",
        ),
        (
            _annotation(
                REVERSE,
                people=(),
                transition="A shot/reverse shot",
                scene="A dog",
                current="A dog",
                following="A cat",
            ),
            "a Shot/Reverse Shot with no characters",
        ),
    ],
)
def test_each_contradiction_is_told(annotation: Annotation, fault: str) -> None:
    assert inconsistencies(annotation) == (fault,)


def test_sizes_that_are_not_told_contradict_nothing() -> None:
    assert inconsistencies(_annotation(CUT_IN, sizes=("close up", ""))) == ()
    assert inconsistencies(_annotation(CUT_IN, sizes=("close up", "a view of all"))) == ()


def test_every_pattern_has_words_that_captions_name_it_by() -> None:
    assert _TECHNIQUES.keys() == set(EditingPattern)
