import pytest
from hypothesis import given
from hypothesis import strategies as st

from cut2next.film import Character, IndividualPrompt, RelationalPrompt

phrases = st.text(
    st.characters(codec="ascii", categories=["L", "N", "Zs"]), min_size=1, max_size=20
).filter(str.strip)


def test_a_character_is_written_by_name_and_look() -> None:
    assert str(Character(name="Anna", look="red coat, grey hair")) == "<Anna> (red coat, grey hair)"


def test_a_character_without_a_look_is_only_a_name() -> None:
    assert str(Character(name="Anna")) == "<Anna>"


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
