"""The demonstration: all ways to cut from one current shot, and a sequence, beside what is true."""

import pytest
from tests.generation.toy import toy

from cut2next.film import EditingPattern
from cut2next.recipes.demo import Demo, MadeShot


@pytest.fixture(scope="module")
def demo() -> Demo:
    return Demo(pipeline=toy(default_size=[96, 48], repertoire="café,day"), name="toy")


@pytest.fixture(scope="module")
def shots(demo: Demo) -> list[MadeShot]:
    return list(demo.shots())


def test_five_cuts_from_one_shot_come_first_one_for_each_pattern(
    demo: Demo, shots: list[MadeShot]
) -> None:
    assert len(shots) == demo.total == 11
    assert [shot.label for shot in shots[:5]] == [pattern.label for pattern in EditingPattern]
    for shot in shots[:5]:
        assert shot.provenance.prompt.current == demo.first.prompt


def test_then_six_shots_that_editing_patterns_join(demo: Demo, shots: list[MadeShot]) -> None:
    sequence = shots[5:]
    for number, shot in enumerate(sequence, 1):
        assert shot.label.startswith(f"{number} · ")
        before = sequence[number - 2].take.prompt if " from " in shot.label else demo.first.prompt
        assert shot.provenance.prompt.current == before
    assert len({shot.take.setup.name for shot in sequence}) == 6


def test_what_is_made_is_of_the_size_of_the_truth_and_not_the_truth(
    demo: Demo, shots: list[MadeShot]
) -> None:
    for shot in shots:
        assert shot.picture.size == shot.take.picture.size == demo.size == (96, 48)
        assert shot.picture.tobytes() != shot.take.picture.tobytes()


def test_the_sheet_holds_every_picture_at_full_size(demo: Demo, shots: list[MadeShot]) -> None:
    sheet = demo.sheet(shots)
    assert sheet.width >= 3 * 384
    assert sheet.height >= 9 * 192  # the title beside the first two, then three rows of pairs
    assert sheet.tobytes() == demo.sheet(shots).tobytes()
