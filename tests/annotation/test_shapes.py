"""The shapes in which models wrap and bend an answer, and what each costs: one answer, or a second.

Servers that hold an answer to a schema send the first shape alone; all others were seen of those
that do not.
"""

import asyncio
import json
from typing import Any

import pytest
from tests.annotation.scripted import ScriptedAnnotator, said
from tests.annotation.stills import cuts

from cut2next.annotation.asking import Asker
from cut2next.annotation.cache import AnswerCache
from cut2next.annotation.limits import Limits
from cut2next.annotation.question import Question, cut_question, shot_questions
from cut2next.annotation.schema import Attributes, CutAnswer, ShotAnswer

ANNA = {"name": "Anna", "look": "red bob, green sweater"}
CUT: dict[str, Any] = {
    "characters": [ANNA, {"name": "Ben", "look": "grey curls"}],
    "scene": "<Anna> waits for <Ben>. <Anna> reads.",
    "scene_consistency": 'The same café, "Chez Nous"',
    "character_consistency": "<Ben> keeps his coat",
    "transition": "The transition between shots is a cut-in on <Ben>",
    "patterns": ["cut-in"],
}
SHOT: dict[str, Any] = {
    "summary": "Close up of <Ben>",
    "description": "<Ben> smiles; {sic}",
    "attributes": {"shot_size": "close up", "lens": None, "color": "warm"},
}
RIGHT_CUT, RIGHT_SHOT = CutAnswer.model_validate(CUT), ShotAnswer.model_validate(SHOT)
EXACT = json.dumps(CUT)
DRAFT = json.dumps({**CUT, "scene": "<Anna> sleeps"})
ALONE = RIGHT_CUT.model_copy(update={"characters": ()})
CONVERSE = RIGHT_CUT.model_copy(update={"patterns": ("shot-reverse-shot",)})
NO_SIZE = {"color": "warm"}


def _cut(**changed: Any) -> str:
    return json.dumps({**CUT, **changed})


def _shot(**changed: Any) -> str:
    return json.dumps({**SHOT, **changed})


def _with_attributes(**given: str) -> ShotAnswer:
    return RIGHT_SHOT.model_copy(update={"attributes": Attributes.model_validate(given)})


ONE_ANSWER: dict[str, tuple[str, CutAnswer | ShotAnswer]] = {
    "exact": (EXACT, RIGHT_CUT),
    "fence": (f"```json\n{EXACT}\n```", RIGHT_CUT),
    "fence without a language": (f"```\n{EXACT}\n```", RIGHT_CUT),
    "fence in capitals": (f"```JSON\n{EXACT}\n```", RIGHT_CUT),
    "prose around": (f"Sure! {{Here}} you are:\n{EXACT}\nShall I go on?", RIGHT_CUT),
    "thoughts": (f'<think>\nTwo people: "A" and {{B}}.\n</think>\n{EXACT}', RIGHT_CUT),
    "thoughts with a draft": (f"<think>{DRAFT}, or</think>```{EXACT}```", RIGHT_CUT),
    "list of one": (f"[{EXACT}]", RIGHT_CUT),
    "in a field of another": (json.dumps({"answer": CUT}), RIGHT_CUT),
    "trailing commas": (EXACT.replace("}]", "},]").replace('"]}', '",],}'), RIGHT_CUT),
    "raw line break": (EXACT.replace("waits for", "waits\nfor"), RIGHT_CUT),
    "raw tab": (EXACT.replace("waits for", "waits\tfor"), RIGHT_CUT),
    "extra field": (_cut(mood={"scene": "tense"}), RIGHT_CUT),
    "extra field of a person": (
        _cut(characters=[{**ANNA, "age": 30}, CUT["characters"][1]]),
        RIGHT_CUT,
    ),
    "list where a text is asked": (
        _cut(scene=["<Anna> waits for <Ben>.", "<Anna> reads."]),
        RIGHT_CUT,
    ),
    "text where a list is asked": (_cut(patterns="cut-in"), RIGHT_CUT),
    "null characters": (_cut(characters=None), ALONE),
    "names in brackets": (
        _cut(characters=[{**ANNA, "name": "<Anna>"}, CUT["characters"][1]]),
        RIGHT_CUT,
    ),
    "Cut-In": (_cut(patterns=["Cut-In"]), RIGHT_CUT),
    "cut in": (_cut(patterns=["cut in"]), RIGHT_CUT),
    "Shot/Reverse Shot": (_cut(patterns=["Shot/Reverse Shot"]), CONVERSE),
    "names of fields in capitals": (
        json.dumps({name.replace("_", " ").title(): value for name, value in CUT.items()}),
        RIGHT_CUT,
    ),
    "attribute outside the vocabulary": (
        _shot(attributes={"shot_size": "cowboy shot", "color": "warm"}),
        _with_attributes(color="warm"),
    ),
    "attribute spelt in another way": (
        _shot(attributes={"Shot Size": "Close-Up", "color": "warm"}),
        RIGHT_SHOT,
    ),
    "null attributes": (_shot(attributes=None), _with_attributes()),
}
SECOND_ANSWER: dict[str, tuple[str, tuple[str, ...]]] = {
    "Python's quotes": (str(CUT), tuple(CUT)),
    "an end in the middle of a list": (EXACT[: EXACT.index('cut-in"]')], ("patterns",)),
}


def _answers(
    raw: str, answer: CutAnswer | ShotAnswer, cache: AnswerCache
) -> tuple[CutAnswer | ShotAnswer, list[Question[Any]]]:
    """What comes of a model that sends `raw` first, and the questions that it took."""
    annotator = ScriptedAnnotator(said(raw), said(answer.model_dump_json()))
    asker = Asker(annotator, cache, Limits())
    if isinstance(answer, CutAnswer):
        return asyncio.run(asker.answer(cut_question(cuts(1)[0], None))), annotator.questions
    about_shot = shot_questions(cuts(1)[0], RIGHT_CUT, None)[0]
    return asyncio.run(asker.answer(about_shot)), annotator.questions


@pytest.mark.parametrize("shape", ONE_ANSWER)
def test_one_answer_is_enough(shape: str, cache: AnswerCache) -> None:
    raw, right = ONE_ANSWER[shape]
    answer, questions = _answers(raw, right, cache)
    assert answer == right
    assert len(questions) == 1


@pytest.mark.parametrize("shape", SECOND_ANSWER)
def test_a_second_answer_is_asked_for_what_is_missing_alone(shape: str, cache: AnswerCache) -> None:
    raw, missing = SECOND_ANSWER[shape]
    answer, (first, second) = _answers(raw, RIGHT_CUT, cache)
    assert answer == RIGHT_CUT
    assert (first.fields, second.fields) == (None, missing)
