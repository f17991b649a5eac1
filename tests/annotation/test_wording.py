import json

from tests.annotation.scripted import CUT_ANSWER, SHOT_ANSWER

from cut2next.annotation.schema import CutAnswer, ShotAnswer
from cut2next.annotation.wording import (
    characters_of,
    hierarchical_prompt,
    individual_prompt,
    relational_prompt,
)

CUT = CutAnswer.model_validate_json(CUT_ANSWER)
SHOT = ShotAnswer.model_validate_json(SHOT_ANSWER)


def _cut(**fields: object) -> CutAnswer:
    return CutAnswer.model_validate({**json.loads(CUT_ANSWER), **fields})


def test_a_prompt_says_what_the_answer_says() -> None:
    prompt = hierarchical_prompt(CUT, SHOT, SHOT)
    assert prompt.relational.scene == "<Anna> (red bob) reads"
    assert prompt.relational.transition == "The transition between shots is a cut-in on <Anna>"
    assert prompt.relational.scene_consistency == "The same room"
    assert prompt.current == prompt.next == individual_prompt(SHOT, characters_of(CUT))
    assert prompt.current.summary == "Close up of <Anna> (red bob)"
    assert dict(prompt.current.attributes) == {"Color": "warm"}


def test_a_look_follows_the_first_mention_only_wherever_that_is() -> None:
    cut = _cut(scene="Nobody is seen", character_consistency="<Anna> and <Anna> again")
    prompt = relational_prompt(cut)
    assert prompt.transition.endswith("on <Anna> (red bob)")
    assert prompt.character_consistency == "<Anna> and <Anna> again"


def test_a_look_is_taken_letter_by_letter() -> None:
    characters = [{"name": "A.", "look": "\\1 \\g<0>".replace("<0>", "0")}]
    prompt = relational_prompt(_cut(characters=characters, scene="<A.> and <AB>"))
    assert prompt.scene == "<A.> (\\1 \\g0) and <AB>"


def test_what_the_model_wrote_in_parentheses_itself_stays() -> None:
    scene = "<Anna> (in black) reads"
    assert relational_prompt(_cut(scene=scene)).scene == scene


def test_strangers_get_no_look() -> None:
    assert relational_prompt(_cut(scene="<Ben> waits")).scene == "<Ben> waits"
