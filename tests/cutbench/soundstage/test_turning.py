import numpy as np
from PIL import Image
from tests.cutbench.soundstage.stage import case_of

from cut2next.cutbench.contenders import ANOTHER_SEED, MODEL, one_by_one
from cut2next.cutbench.soundstage.turning import (
    DIFFERENCE,
    TOLD,
    UNTOLD,
    curves,
    turned_shots,
    varieties,
    variety,
)

CASE = case_of("two")


def _painted(*, people: int, place: int) -> Image.Image:
    """A grey picture, brighter by so much where people and props are, and where they are not."""
    owners = [part.split(".")[0] for part in CASE.film_set.geometry.parts]
    told = np.array([owner in ("a", "b", "c", "prop0", "prop1") for owner in owners])
    there = told[CASE.shots.of["two"].object_ids]
    grey = np.where(there, 100 + people, 100 + place).astype(np.uint8)
    return Image.fromarray(grey).convert("RGB")


def test_variety_is_told_by_whether_prompts_say_what_is_there() -> None:
    same = _painted(people=0, place=0)
    assert variety(CASE, same, _painted(people=7, place=3)) == {TOLD: 7, UNTOLD: 3}


def test_a_shot_of_nobody_has_nothing_to_say_of_people() -> None:
    aside = case_of("feature0")
    grey = Image.new("RGB", aside.shots.size)
    assert variety(aside, grey, grey) == {TOLD: None, UNTOLD: 0}


def test_curves_and_varieties_are_over_the_same_cases() -> None:
    contenders = {
        MODEL: one_by_one(lambda cut: cut.next.keyframe),
        "relational 0": one_by_one(lambda cut: cut.current.keyframe),
        ANOTHER_SEED: one_by_one(lambda cut: cut.next.keyframe),
    }
    turned = list(turned_shots([CASE, case_of("close up a")], contenders))
    camera = {name: figures["camera"] for name, figures in curves(turned).items()}
    assert {name: mean and (mean.mean, mean.count) for name, mean in camera.items()} == {
        MODEL: (1, 2),
        "relational 0": (0, 2),
        ANOTHER_SEED: (1, 2),
    }
    apart = [figures[DIFFERENCE] for figures in varieties(turned).values()]
    assert [mean and mean.mean for mean in apart] == [0, 0]
