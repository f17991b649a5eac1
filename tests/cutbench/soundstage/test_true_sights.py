import importlib.util
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.soundstage.sets import setup_of

from cut2next.cutbench.features.features import picture_key
from cut2next.cutbench.geometry.metrics import identity_kept, pattern_adherence
from cut2next.cutbench.geometry.rules import main
from cut2next.cutbench.geometry.sight import Sight
from cut2next.cutbench.metrics.metric import Metric
from cut2next.cutbench.soundstage.held_out import HeldOut, SetCase
from cut2next.cutbench.soundstage.true_sights import true_sight, who_is
from cut2next.soundstage.film_set import FilmSet, build_set
from cut2next.soundstage.repertoire import repertoire_named

SIZE = (192, 80)


@pytest.fixture(scope="module")
def film_set() -> FilmSet:
    return build_set(3, repertoire=repertoire_named("café,2"))


def seen(film_set: FilmSet, name: str) -> Sight:
    setup = setup_of(film_set, name)
    return true_sight(film_set, setup, film_set.light(setup, SIZE, 1)[1])


def who(film_set: FilmSet, sight: Sight) -> list[int]:
    """Of the cast, by number, those that a shot is of."""
    looks = [who_is(person.look).tolist() for person in film_set.cast]
    return [looks.index(face.who.tolist()) for face in main(sight) if face.who is not None]


def test_a_single_is_of_one_person_and_a_two_shot_of_two(film_set: FilmSet) -> None:
    assert who(film_set, seen(film_set, "close up a")) == [0]
    assert who(film_set, seen(film_set, "over shoulder b")) == [1]
    assert sorted(who(film_set, seen(film_set, "two"))) == [0, 1]


def test_faces_are_as_large_as_the_setup_frames_them(film_set: FilmSet) -> None:
    close, medium = (seen(film_set, f"{size} a") for size in ("close up", "medium close up"))
    grown = main(close)[0].size / main(medium)[0].size
    assert grown == pytest.approx(0.86 / 0.50, rel=0.05)


def test_in_a_two_shot_the_leads_look_at_each_other(film_set: FilmSet) -> None:
    left, right = sorted(main(seen(film_set, "two")), key=lambda face: face.box[0])
    assert left.yaw > 20
    assert right.yaw < -20


def test_an_insert_is_of_its_thing(film_set: FilmSet) -> None:
    sight = seen(film_set, "insert 0")
    assert sight.of == "prop0"
    assert sight.things is not None
    assert "prop0" in sight.things


@pytest.fixture(scope="module")
def benchmark(project: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("geometry", project / "benchmarks/geometry.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_nine_in_ten_true_cuts_are_judged_rightly(benchmark: ModuleType) -> None:
    counts = Counter(true == found for true, found in benchmark.judged(60, 2_000_000))
    assert counts[True] >= 0.9 * counts.total()


class Truth:
    """A watcher of true pictures."""

    facts = None

    def __init__(self) -> None:
        self._seen: dict[bytes, Sight] = {}

    def learn(self, case: SetCase) -> SetCase:
        """The case, whose two shots are known from here on."""
        shots = (case.current, case.cut.current), (case.following, case.cut.next)
        for setup, shot in shots:
            ids = case.film_set.light(setup, SIZE, 1)[1]
            self._seen[picture_key(shot.keyframe)] = true_sight(case.film_set, setup, ids)
        return case

    def sight(self, picture: Image.Image) -> Sight:
        return self._seen[picture_key(picture)]


def test_controls_behave() -> None:
    """The truth is right, other people are not kept, and who copies makes no cut."""
    watcher, held_out = Truth(), HeldOut(count=24, size=SIZE, samples=1)
    cases = [watcher.learn(case) for case in held_out.cases()]
    pattern, identity = pattern_adherence(watcher), identity_kept(watcher)
    others = cases[1:] + cases[:1]

    def mean(metric: Metric[Any], made: Callable[[int], Image.Image]) -> float:
        told = [metric.of(case, made(at)) for at, case in enumerate(cases)]
        return float(np.mean([value for value in told if value is not None]))

    assert mean(pattern, lambda at: cases[at].true_next) >= 0.9
    assert mean(pattern, lambda at: others[at].true_next) < 0.4
    assert mean(pattern, lambda at: cases[at].cut.current.keyframe) == 0
    assert mean(identity, lambda at: cases[at].true_next) == 1
    assert mean(identity, lambda at: others[at].true_next) == 0
    assert mean(identity, lambda at: cases[at].cut.current.keyframe) == 1
