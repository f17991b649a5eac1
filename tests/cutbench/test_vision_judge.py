import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from tests.annotation.runs import QUICK
from tests.annotation.server import MODEL, Fault, LoopbackServer, openai_compatible
from tests.cutbench.geometry.faces import Told, sight

from cut2next.annotation.judging import digest_of_instructions
from cut2next.cutbench.metrics.metric import read_ahead
from cut2next.cutbench.vision_judge import VisionJudge, judge_metrics
from cut2next.film import EditingPattern, InputError

SHOTS = Told(dict.fromkeys(("current", "true", "made", "other"), sight()))
CURRENT, TRUE, MADE, OTHER = (SHOTS.pictures[name] for name in ("current", "true", "made", "other"))
CASE = SHOTS.case(EditingPattern.CUT_IN)
GOODNESS = {"true": 3, "made": 2, "other": 1}
SAID = {
    "true": {"patterns": ["cut-in"], "people": "same", "place": "same"},
    "made": {"patterns": ["Cut-In", "multi-angle"], "people": "Same", "place": "same"},
    "other": {"patterns": ["cutaway"], "people": "other", "place": "same"},
}


def name_of(still: bytes) -> str:
    with Image.open(BytesIO(still)) as picture:
        shown = picture.convert("RGB").tobytes()
    return next(name for name, one in SHOTS.pictures.items() if one.tobytes() == shown)


def eyes(stills: list[bytes], text: str, identity: str) -> str:
    """A judge who sees which picture is which."""
    _, *made = map(name_of, stills)
    if len(made) == 1:
        return json.dumps(SAID[made[0]])
    return json.dumps({"better": "A" if GOODNESS[made[0]] >= GOODNESS[made[1]] else "B"})


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer() as running:
        running.answer = eyes
        yield running


def told(server: LoopbackServer, answers: Path, made: Image.Image) -> list[float | None]:
    """Pattern, people and place as in the truth, preferred to the truth."""
    with VisionJudge(openai_compatible(server), answers, QUICK) as judge:
        metrics = judge_metrics(judge)
        read_ahead(metrics, [(CASE, made)])
        return [metric.of(CASE, made) for metric in metrics]


@pytest.mark.parametrize(
    ("made", "values"),
    [(TRUE, [1, 1, 1, 0.5]), (MADE, [0.5, 1, 1, 0]), (OTHER, [0, 0, 1, 0])],
)
def test_what_the_judge_sees_is_told(
    server: LoopbackServer, tmp_path: Path, made: Image.Image, values: list[float]
) -> None:
    assert told(server, tmp_path / "answers.jsonl", made) == values


def test_a_judge_who_always_takes_the_first_prefers_neither(
    server: LoopbackServer, tmp_path: Path
) -> None:
    server.answer = lambda stills, text, identity: json.dumps(
        {"better": "A"} if len(stills) == 3 else SAID["true"]
    )
    assert told(server, tmp_path / "answers.jsonl", OTHER)[3] == 0.5


def test_what_was_judged_once_is_not_asked_again_and_kept_as_it_was_said(
    server: LoopbackServer, tmp_path: Path
) -> None:
    answers = tmp_path / "answers.jsonl"
    first = told(server, answers, MADE)
    asked = len(server.asked)
    assert asked == 4  # of the made cut, of the true one, and two orders
    assert told(server, answers, MADE) == first
    assert len(server.asked) == asked
    raws = [json.loads(line)["raw"] for line in answers.read_text().splitlines()[1:]]
    assert json.dumps(SAID["made"]) in raws


def test_the_judge_is_not_told_what_was_asked_for(server: LoopbackServer, tmp_path: Path) -> None:
    told(server, tmp_path / "answers.jsonl", MADE)
    prompt = CASE.cut.prompt
    secrets = (prompt.relational.scene, prompt.relational.transition, prompt.next.summary)
    assert not [text for text in server.texts for secret in secrets if secret in text]
    about_cuts = {text for text in server.texts if "patterns" in text}
    assert len(about_cuts) == 1  # the same words for every cut


def test_model_and_words_are_pinned_in_the_result(server: LoopbackServer, tmp_path: Path) -> None:
    with VisionJudge(openai_compatible(server), tmp_path / "answers.jsonl", QUICK) as judge:
        (facts, *others) = [metric.facts for metric in judge_metrics(judge)]
    assert facts is not None
    assert others == [facts] * 3
    assert facts.preprocessing["model"] == MODEL
    assert facts.preprocessing["instructions"] == digest_of_instructions()


def test_what_it_will_not_say_is_nothing_and_a_wrong_key_stops_all(
    server: LoopbackServer, tmp_path: Path
) -> None:
    server.always = Fault(refused="said")
    assert told(server, tmp_path / "answers.jsonl", MADE) == [None, None, None, None]
    judge = VisionJudge(openai_compatible(server, key="wrong"), tmp_path / "b.jsonl", QUICK)
    with judge, pytest.raises(InputError, match="key"):
        judge.cut(CURRENT, MADE)
