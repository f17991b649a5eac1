"""The demonstration: all ways to cut from one current shot, and a sequence, beside what is true."""

from itertools import pairwise

import pytest
from tests.generation.toy import toy

from cut2next.film import EditingPattern
from cut2next.recipes.demo import FIRST_SEED, Demo, MadeShot, cut_by, sequence_from
from cut2next.soundstage.camera import patterns_between
from cut2next.soundstage.film_set import FilmSet, build_set


@pytest.fixture(scope="module")
def demo() -> Demo:
    return Demo(pipeline=toy(default_size=[96, 48], repertoire="café,day"), name="toy")


@pytest.fixture(scope="module")
def shots(demo: Demo) -> list[MadeShot]:
    return list(demo.shots())


@pytest.fixture(params=range(3))
def film_set(request: pytest.FixtureRequest) -> FilmSet:
    return build_set(FIRST_SEED + request.param)


@pytest.mark.parametrize("pattern", EditingPattern)
def test_a_cut_by_a_pattern_is_one(film_set: FilmSet, pattern: EditingPattern) -> None:
    cut = cut_by(film_set, pattern)
    assert cut.current.name == "medium close up a"
    assert pattern in cut.patterns == patterns_between(cut.current, cut.next)


def test_a_sequence_never_stands_twice_in_one_place_and_patterns_join_it(film_set: FilmSet) -> None:
    cuts = sequence_from(film_set)
    assert cuts[0].next.size == "wide"
    assert len({cut.next.name for cut in cuts} | {"medium close up a"}) == 7
    for before, cut in pairwise(cuts):
        assert cut.current.name in ("medium close up a", before.next.name)
    assert all(cut.patterns == patterns_between(cut.current, cut.next) for cut in cuts)
    assert all(cut.patterns for cut in cuts)


def test_five_cuts_from_one_shot_come_first_one_for_each_pattern(
    demo: Demo, shots: list[MadeShot]
) -> None:
    assert len(shots) == demo.total == 11
    assert [shot.label for shot in shots[:5]] == [pattern.label for pattern in EditingPattern]
    for shot in shots[:5]:
        assert shot.provenance.prompt.current == demo.current.prompt


def test_then_six_shots_each_from_the_first_or_from_the_shot_before(
    demo: Demo, shots: list[MadeShot]
) -> None:
    sequence = shots[5:]
    for number, shot in enumerate(sequence, 1):
        assert shot.label.startswith(f"{number} · ")
        before = demo.current if " from " not in shot.label else sequence[number - 2].truth
        assert shot.provenance.prompt.current == before.prompt
    assert any(f" from {number}" in shot.label for number, shot in enumerate(sequence))


def test_what_is_made_is_of_the_size_of_the_truth_and_not_the_truth(
    demo: Demo, shots: list[MadeShot]
) -> None:
    for shot in shots:
        assert shot.picture.size == shot.truth.keyframe.size == demo.size == (96, 48)
        assert shot.picture.tobytes() != shot.truth.keyframe.tobytes()


def test_the_sheet_holds_every_picture_at_full_size(demo: Demo, shots: list[MadeShot]) -> None:
    sheet = demo.sheet(shots)
    assert sheet.width >= 3 * 384
    assert sheet.height >= 9 * 192  # the title beside the first two, then three rows of pairs
    assert sheet.tobytes() == demo.sheet(shots).tobytes()


def test_weights_that_read_earlier_shots_read_the_first_picture_beside_the_one_before(
    demo: Demo, shots: list[MadeShot]
) -> None:
    pipe = toy(default_size=[96, 48], repertoire="café,day", earlier_shots=1)
    reads = Demo(pipeline=pipe, name="toy")
    made = list(reads.shots())
    assert reads.sections(made)[1].about.endswith("or from the shot before and it.")
    assert demo.sections(shots)[1].about.endswith("or from the shot before.")
    for alone, beside in zip(shots, made, strict=True):
        same = alone.picture.tobytes() == beside.picture.tobytes()
        assert same == (" from " not in alone.label)
