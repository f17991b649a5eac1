import importlib.util
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest
from tests.soundstage.sets import setup_of

from cut2next.cutbench.geometry.rules import main
from cut2next.cutbench.geometry.sight import Sight
from cut2next.cutbench.soundstage.true_sights import true_sight
from cut2next.soundstage.film_set import FilmSet, build_set
from cut2next.soundstage.repertoire import repertoire_named

SIZE = (192, 80)


@pytest.fixture(scope="module")
def film_set() -> FilmSet:
    return build_set(3, repertoire=repertoire_named("café,2"))


def seen(film_set: FilmSet, name: str) -> Sight:
    setup = setup_of(film_set, name)
    return true_sight(film_set, setup, film_set.light(setup, SIZE, 1)[1])


def who(sight: Sight) -> list[int]:
    return [int(face.who.argmax()) for face in main(sight) if face.who is not None]


def test_a_single_is_of_one_person_and_a_two_shot_of_two(film_set: FilmSet) -> None:
    assert who(seen(film_set, "close up a")) == [0]
    assert who(seen(film_set, "over shoulder b")) == [1]
    assert sorted(who(seen(film_set, "two"))) == [0, 1]


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


def test_nine_in_ten_true_cuts_are_judged_rightly(benchmark: ModuleType) -> None:
    counts = Counter(true == found for true, found in benchmark.judged(60, 2_000_000))
    assert counts[True] >= 0.9 * counts.total()
