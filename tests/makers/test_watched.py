"""Our own maker, watched: it tells each step, stops between two, and reads a current shot once."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.generation.toy import picture, prompt, seeded, toy

from cut2next.film import EditingPattern, HierarchicalPrompt, IndividualPrompt, RelationalPrompt
from cut2next.generation import Cut2NextPipeline
from cut2next.generation.model_choice import ModelChoice
from cut2next.makers.cut2next_model import Cut2NextMaker
from cut2next.makers.maker import Brief, EarlierShot
from cut2next.makers.named import maker_named
from cut2next.makers.settings import OurSettings
from cut2next.makers.watched import How, KeptShots, WatchedMaker

PROMPT = HierarchicalPrompt(
    relational=RelationalPrompt(transition="a cut-in on <Noah>"),
    current=IndividualPrompt(summary="two people in the café"),
    next=IndividualPrompt(summary="<Noah> in the café"),
)
BRIEF = Brief(
    name="a cut",
    current=Image.new("RGB", (384, 160), "teal"),
    prompt=PROMPT,
    patterns=frozenset({EditingPattern.CUT_IN}),
    size=(384, 160),
    seed=7,
)


class _Shot:
    def __init__(self, size: int) -> None:
        self.bytes = size


def _kept(kept: KeptShots, key: str, size: int) -> Any:
    return kept.get(key, lambda: _Shot(size))  # type: ignore[arg-type, return-value]


def test_as_many_shots_are_kept_as_there_is_room_for_and_always_one() -> None:
    kept = KeptShots(lambda: 10)
    first = _kept(kept, "a", 4)
    _kept(kept, "b", 4)
    assert _kept(kept, "a", 4) is first
    _kept(kept, "c", 4)  # b, which was used least lately, makes room
    assert len(kept) == 2
    assert _kept(kept, "a", 4) is first
    _kept(kept, "d", 100)
    assert len(kept) == 1


@pytest.fixture(scope="module")
def maker() -> WatchedMaker:
    return WatchedMaker(ModelChoice(name="mini"), OurSettings(steps=2))


def test_it_makes_what_the_unwatched_one_does_and_reads_a_shot_once(maker: WatchedMaker) -> None:
    steps: list[tuple[int, int]] = []
    made = maker.watched(BRIEF, How(), lambda *far: steps.append(far) or True)  # type: ignore[func-returns-value]
    assert made is not None
    assert steps == [(1, 2), (2, 2)]
    (plain,) = Cut2NextMaker(ModelChoice(name="mini"), OurSettings(steps=2)).make([BRIEF])
    assert made.picture.tobytes() == plain.picture.tobytes()
    assert made.asked.steps == 2
    other = replace(BRIEF, seed=8)
    again = maker.watched(other, How(steps=1, current_strength=0.5), lambda *_: True)
    assert again is not None
    assert again.asked.steps == 1
    assert again.asked.settings["current strength"] == 0.5
    assert len(maker.kept) == 1


def test_the_relational_prompt_counts_as_much_as_the_settings_say(maker: WatchedMaker) -> None:
    pictures = {}
    for strength in (0.5, 1.0):
        settings = OurSettings(steps=2, relation=strength)
        (plain,) = Cut2NextMaker(ModelChoice(name="mini"), settings).make([BRIEF])
        turned = maker.watched(BRIEF, How(relational_strength=strength), lambda *_: True)
        own = WatchedMaker(ModelChoice(name="mini"), settings).watched(
            BRIEF, How(), lambda *_: True
        )
        assert turned is not None
        assert own is not None
        pictures[strength] = plain.picture.tobytes()
        assert turned.picture.tobytes() == own.picture.tobytes() == pictures[strength]
        assert own.asked.settings["relational strength"] == strength
    assert pictures[0.5] != pictures[1.0]


def test_it_stops_between_two_steps(maker: WatchedMaker) -> None:
    steps: list[int] = []

    def step(done: int, of: int) -> bool:
        steps.append(done)
        return False

    assert maker.watched(BRIEF, How(steps=8), step) is None
    assert steps == [1]
    assert maker.watched(BRIEF, How(), lambda *_: True) is not None


def test_a_choice_knows_which_weights_are_ours() -> None:
    ours = maker_named("mini?steps=3").ours()
    assert ours is not None
    assert (ours[0].name, ours[1].steps) == ("mini", 3)
    assert maker_named("command:true").ours() is None
    assert maker_named("https://example.com/v1").ours() is None


def test_an_earlier_shot_of_another_shape_is_brought_to_the_current_one_s(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    toy(earlier_shots=2).save_pretrained(folder)
    maker = WatchedMaker(ModelChoice(name=str(folder)), OurSettings())
    words = IndividualPrompt(summary="red")
    for size in ((48, 48), (320, 16)):  # the second is wider than any model's own pictures
        before = [EarlierShot(picture=picture(1, size), prompt=words)]
        brief = replace(BRIEF, current=picture(0, (64, 48)), prompt=prompt(), earlier=before)
        made = maker.watched(brief, How(), lambda *_: True)
        assert made is not None
        assert made.picture.size == (64, 48)
        assert made.asked.settings["earlier shots"] == 1


def test_strengths_end_where_the_model_s_do(maker: WatchedMaker) -> None:
    loud = WatchedMaker(ModelChoice(name="mini"), OurSettings(steps=1, relation=3.0))
    made = loud.watched(BRIEF, How(relational_strength=3.0), lambda *_: True)
    assert made is not None
    assert made.asked.settings["relational strength"] == 4.0


@pytest.mark.parametrize("known", [0, 2])
def test_it_reads_as_many_earlier_shots_as_the_weights_do(known: int, tmp_path: Path) -> None:
    """The first, and the latest of who is named: those that a chain reads."""
    folder, pictures = tmp_path / "model", [picture(number) for number in range(4)]
    toy(earlier_shots=known, default_size=[64, 48]).save_pretrained(folder)
    maker = WatchedMaker(ModelChoice(name=str(folder)), OurSettings())
    words = [IndividualPrompt(summary=words) for words in ("red", "<blue> dog", "a fox")]
    before = [EarlierShot(picture=p, prompt=w) for p, w in zip(pictures, words, strict=False)]
    cut = prompt("<blue> dog")
    brief = replace(BRIEF, current=pictures[3], prompt=cut, size=(64, 48), earlier=before)
    made = maker.watched(brief, How(), lambda *_: True)
    assert made is not None
    pipe = Cut2NextPipeline.from_pretrained(folder)
    shot, *others = (
        pipe.prefill(pictures[at], told)
        for at, told in ((3, cut.current), (0, words[0]), (1, words[1]))
    )
    expected = pipe(shot.after(*others[:known]), cut, generator=seeded(7)).images[0]
    assert made.picture.tobytes() == expected.tobytes()
    assert made.asked.settings["earlier shots"] == known
