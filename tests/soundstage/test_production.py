from itertools import pairwise

import numpy as np
import pytest
from tests.soundstage.sets import SMALL

from cut2next.film import InputError
from cut2next.soundstage.production import Production
from cut2next.soundstage.repertoire import repertoire_named
from cut2next.soundstage.shooting import CutWithTruth


def _contents(filmed: CutWithTruth) -> tuple[object, ...]:
    cut = filmed.cut
    pictures = tuple(shot.keyframe.tobytes() for shot in (cut.current, cut.next))
    ids = tuple(truth.object_ids.tobytes() for truth in (filmed.current, filmed.next))
    return cut.name, cut.patterns, cut.prompt, pictures, ids


def test_other_processes_shoot_the_same_pictures_in_the_same_order() -> None:
    production = Production(seed=7, count=5, size=SMALL, samples=2)
    alone = [_contents(filmed) for filmed in production.shoot(workers=1)]
    together = [_contents(filmed) for filmed in production.shoot(workers=2)]
    assert alone == together
    assert len({name for name, *_ in alone}) == 5


def test_a_later_seed_goes_on_where_an_earlier_one_would_come_to() -> None:
    early = Production(seed=20, count=3, size=SMALL, samples=1)
    late = Production(seed=22, count=1, size=SMALL, samples=1)
    assert _contents(early.cut(2)) == _contents(late.cut(0))


def test_scenes_of_more_shots_are_sequences_in_order() -> None:
    production = Production(seed=30, count=3, size=SMALL, samples=1, shots_a_scene=4)
    alone, together = (list(production.shoot(workers=workers)) for workers in (1, 2))
    assert [_contents(filmed) for filmed in alone] == [_contents(filmed) for filmed in together]
    assert production.cuts == len(alone) == 9
    for number, scene in enumerate((alone[:3], alone[3:6], alone[6:])):
        assert {filmed.cut.film for filmed in scene} == {f"soundstage-{30 + number}"}
        for before, after in pairwise(scene):
            assert before.cut.next.name == after.cut.current.name
            assert before.cut.next.prompt == after.cut.current.prompt


def test_pictures_have_the_size_and_the_place_asked_for() -> None:
    production = Production(
        seed=3, count=2, size=(96, 64), repertoire=repertoire_named("park"), samples=1
    )
    for filmed in production.shoot(workers=1):
        assert filmed.cut.current.keyframe.size == filmed.cut.next.keyframe.size == (96, 64)
        assert filmed.current.object_ids.shape == (64, 96)
        assert "in the park" in filmed.cut.next.prompt.summary
        assert filmed.next.words["place"]["name"] == "park"


def test_a_production_that_is_given_up_ends() -> None:
    cuts = Production(seed=0, count=50, size=SMALL, samples=1).shoot(workers=2)
    assert [next(cuts).cut.film, next(cuts).cut.film] == ["soundstage-0", "soundstage-1"]
    cuts.close()  # type: ignore[attr-defined]


def test_a_scene_of_three_shots_is_refused() -> None:
    with pytest.raises(InputError, match="expected 4 to 16"):
        Production(seed=0, count=1, size=SMALL, shots_a_scene=3)


@pytest.mark.parametrize("wrong", [{"count": 0}, {"count": -1}, {"size": (0, 40)}, {"samples": 0}])
def test_nothing_to_shoot_is_refused(wrong: dict[str, object]) -> None:
    settings = {"seed": 0, "count": 1, "size": SMALL, **wrong}
    with pytest.raises(InputError, match="expected 1 or more"):
        Production(**settings)  # type: ignore[arg-type]


def test_ids_are_small_numbers() -> None:
    filmed = Production(seed=1, count=1, size=SMALL, samples=1).cut(0)
    assert np.unique(filmed.next.object_ids).max() < len(filmed.next.parts) <= 256
