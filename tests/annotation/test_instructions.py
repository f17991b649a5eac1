from cut2next.annotation.instructions import again, cut_instruction, shot_instruction
from cut2next.annotation.schema import Attributes, CutAnswer, NamedCharacter, ShotAnswer
from cut2next.film import EditingPattern


def test_the_question_about_a_cut_defines_every_pattern_and_names_every_field() -> None:
    instruction = cut_instruction()
    for pattern in EditingPattern:
        assert f'"{pattern.value}": {pattern.label}. {pattern.definition}' in instruction
    for field in CutAnswer.model_fields:
        assert f"- {field}: " in instruction


def test_the_question_about_a_shot_names_every_field_and_its_words() -> None:
    instruction = shot_instruction([])
    for field in (*ShotAnswer.model_fields, *Attributes.model_fields):
        assert f"- {field}: " in instruction
    assert '- lens: "ultra wide", "wide", "medium", "long"' in instruction
    assert "- color: in a few words of your own" in instruction


def test_the_people_of_a_cut_are_listed_with_their_looks() -> None:
    instruction = shot_instruction([NamedCharacter(name="Ána", look="red bob")])
    assert "\n- <Ána> (red bob)\n" in instruction
    assert "Nobody in this scene has a name" not in instruction
    assert "Nobody in this scene has a name" in shot_instruction([])


def test_a_question_that_is_asked_again_says_what_was_wrong() -> None:
    instruction = again(cut_instruction(), "no object", {}, ["scene", "patterns"])
    assert instruction.startswith(cut_instruction())
    assert "could not be read: no object." in instruction


def test_a_question_for_the_rest_of_an_answer_tells_what_is_settled() -> None:
    instruction = again(cut_instruction(), "no scene", {"transition": "Ä"}, ["scene", "patterns"])
    assert instruction.startswith(cut_instruction())
    assert 'lacked something: no scene. This is settled:\n{"transition": "Ä"}\n' in instruction
    assert instruction.endswith("only what is missing: scene, patterns.")


def test_no_placeholder_is_left() -> None:
    for instruction in (cut_instruction(), shot_instruction([])):
        assert "{" not in instruction
        assert "}" not in instruction
