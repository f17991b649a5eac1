import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cut2next.film import EditingPattern, InputError, parse_pattern, patterns_label

patterns = st.sampled_from(EditingPattern)


def _plain(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


@st.composite
def spellings(draw: st.DrawFn) -> tuple[str, EditingPattern]:
    """A pattern by value or label, in any case, with any signs for spaces, and signs around it."""
    pattern = draw(patterns)
    written = draw(st.sampled_from([pattern.value, pattern.label, pattern.name]))
    cased = draw(st.sampled_from([str.upper, str.lower, str.title, str.swapcase]))(written)
    signs = st.text(" -_/\t", max_size=3)
    spaced = "".join(letter if letter.isalnum() else draw(signs) for letter in cased)
    return draw(signs) + spaced + draw(signs), pattern


@given(spellings())
def test_a_pattern_is_known_however_it_is_written(spelling: tuple[str, EditingPattern]) -> None:
    text, pattern = spelling
    assert parse_pattern(text) is pattern


@given(st.text())
def test_anything_else_is_refused_and_the_five_are_named(text: str) -> None:
    assume(_plain(text) not in {_plain(pattern.value) for pattern in EditingPattern})
    with pytest.raises(InputError) as refusal:
        parse_pattern(text)
    assert repr(text) in refusal.value.got
    assert all(pattern.value in refusal.value.expected for pattern in EditingPattern)


def test_the_five_of_the_paper_in_its_order() -> None:
    assert [pattern.label for pattern in EditingPattern] == [
        "Shot/Reverse Shot",
        "Cut-In",
        "Cut-Out",
        "Cutaway",
        "Multi-Angle",
    ]


@given(patterns)
def test_a_definition_is_one_sentence(pattern: EditingPattern) -> None:
    assert pattern.definition.count(".") == 1
    assert pattern.definition.endswith(".")


@given(st.lists(patterns))
def test_a_label_lists_each_pattern_once_in_the_papers_order(chosen: list[EditingPattern]) -> None:
    listed = [parse_pattern(label) for label in patterns_label(chosen).split(", ") if label]
    assert listed == [pattern for pattern in EditingPattern if pattern in chosen]


def test_two_patterns_read_as_in_the_paper() -> None:
    both = {EditingPattern.MULTI_ANGLE, EditingPattern.CUTAWAY}
    assert patterns_label(both) == "Cutaway, Multi-Angle"
