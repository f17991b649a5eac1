from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cut2next.film import (
    Character,
    HierarchicalPrompt,
    IndividualPrompt,
    InputError,
    RelationalPrompt,
    mentions,
)

phrases = st.text(
    st.characters(codec="ascii", categories=["L", "N", "Zs"]), min_size=1, max_size=20
).filter(str.strip)


def test_a_character_is_written_by_name_and_look() -> None:
    assert str(Character(name="Anna", look="red coat, grey hair")) == "<Anna> (red coat, grey hair)"


def test_a_character_without_a_look_is_only_a_name() -> None:
    assert str(Character(name="Anna")) == "<Anna>"


signs = st.characters(exclude_characters="<>()", exclude_categories=["Cs"])
names = st.text(signs, min_size=1, max_size=20)
people = st.builds(Character, name=names, look=st.text(signs, max_size=20))
between = st.text(signs, min_size=1, max_size=20).filter(str.strip)


@given(everyone=st.lists(people, max_size=4), last=between, words=between)
def test_characters_are_read_as_they_were_written(
    everyone: list[Character], last: str, words: str
) -> None:
    text = words.join(["", *map(str, everyone), last])
    read = list(mentions(text))
    assert [Character(name=who.name, look=who.look or "") for who in read] == everyone
    assert [text[who.start : who.end] for who in read] == [f"<{who.name}>" for who in everyone]
    assert [who.bare for who in read] == [not who.look for who in everyone]
    assert not any(who.in_look for who in read)


@given(text=st.text(st.sampled_from("<>() ab\n"), max_size=30))
def test_any_text_can_be_read(text: str) -> None:
    for who in mentions(text):
        assert text[who.start : who.end] == f"<{who.name}>"
        assert who.name
        behind = text[who.end :].lstrip()
        assert who.bare == (not behind.startswith("("))
        assert who.look is None or behind.startswith(f"({who.look})")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("<Anna> (red coat) sees <Ben>", [("Anna", "red coat"), ("Ben", None)]),
        ("<Anna>(red coat)", [("Anna", "red coat")]),
        ("<Anna>\n (red coat)", [("Anna", "red coat")]),
        ("<Anna> ()", [("Anna", "")]),
        ("<Anna> (a coat (red))", [("Anna", None)]),
        ("<Anna> (behind <Ben>)", [("Anna", "behind <Ben>"), ("Ben", None)]),
        ("<> (nobody), <<Anna>>, <Ben", [("Anna", None)]),
        ("1 < 2 and 3 > 2", [(" 2 and 3 ", None)]),
    ],
)
def test_people_are_read_where_they_are_named(
    text: str, read: list[tuple[str, str | None]]
) -> None:
    assert [(who.name, who.look) for who in mentions(text)] == read


def test_parentheses_that_hold_others_are_there_though_they_are_no_look() -> None:
    assert [who.bare for who in mentions("<Anna> (a coat (red)) <Ben> (")] == [False, False]
    assert [who.in_look for who in mentions("<Anna> (by <Ben> (his coat) <Eva>")] == [False] * 3
    assert [who.in_look for who in mentions("<Anna> (by <Ben>) <Eva>")] == [False, True, False]


def test_a_relational_prompt_says_who_is_where_then_how_the_cut_goes() -> None:
    prompt = RelationalPrompt(
        transition="A reverse shot answers her look",
        scene="<Anna> and <Ben> in a café",
        scene_consistency="The same lamp light!",
        character_consistency="Both keep their coats on.",
    )
    assert prompt.text == (
        "<Anna> and <Ben> in a café. A reverse shot answers her look. The same lamp light! "
        "Both keep their coats on."
    )


def test_an_individual_prompt_ends_with_its_attributes_in_their_order() -> None:
    prompt = IndividualPrompt(
        summary="<Ben> at the window",
        description="He turns away. ",
        attributes={"Shot Size": "close up", "Camera Angle": "low"},
    )
    assert prompt.text == (
        "<Ben> at the window. He turns away. Shot Size: close up; Camera Angle: low."
    )


@given(summary=phrases, description=phrases)
def test_fields_left_out_leave_no_trace(summary: str, description: str) -> None:
    whole = IndividualPrompt(summary=summary, description=description)
    alone = IndividualPrompt(summary=summary)
    assert alone.text == f"{summary.strip()}."
    assert whole.text == f"{summary.strip()}. {description.strip()}."


@pytest.mark.parametrize("nothing", ["", "  ", "\n"])
def test_a_prompt_of_nothing_is_empty(nothing: str) -> None:
    assert IndividualPrompt(summary=nothing).text == ""
    assert RelationalPrompt(transition=nothing).text == ""


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        (
            HierarchicalPrompt,
            {"relational": "a cut-in"},
            "HierarchicalPrompt.relational='a cut-in'; expected a RelationalPrompt; "
            "for example RelationalPrompt(transition=…)",
        ),
        (
            HierarchicalPrompt,
            {"next": None},
            "HierarchicalPrompt.next=None; expected an IndividualPrompt; "
            "for example IndividualPrompt(summary=…)",
        ),
        (
            RelationalPrompt,
            {"transition": None},
            "RelationalPrompt.transition=None; expected text;",
        ),
        (RelationalPrompt, {"scene": 5}, "RelationalPrompt.scene=5; expected text;"),
        (IndividualPrompt, {"summary": ["a fox"]}, "IndividualPrompt.summary=['a fox']; expected"),
        (
            IndividualPrompt,
            {"attributes": {"Lens": 35}},
            "IndividualPrompt.attributes={'Lens': 35}; expected a mapping from text to text;",
        ),
        (IndividualPrompt, {"attributes": "low"}, "IndividualPrompt.attributes='low'; expected"),
    ],
)
def test_what_is_no_prompt_is_told_where_it_is_made(
    kind: Callable[..., object], fields: dict[str, Any], said: str
) -> None:
    whole: dict[Any, dict[str, Any]] = {
        RelationalPrompt: {"transition": "a cut"},
        IndividualPrompt: {"summary": "a fox"},
    }
    parts = {
        "relational": RelationalPrompt(transition="a cut"),
        "current": IndividualPrompt(summary="a fox"),
        "next": IndividualPrompt(summary="a dog"),
    }
    with pytest.raises(InputError) as refusal:
        kind(**{**whole.get(kind, parts), **fields})
    assert str(refusal.value).startswith(said)
