import numpy as np
import pytest
from PIL import Image
from tests.cutbench.features.stand_in import mean_colour
from tests.cutbench.metrics.colours import BLUE, CASE, RED, coloured

from cut2next.cutbench.cases import CaseWithTruth
from cut2next.cutbench.metrics.failures import Identity, failures, likeness_of_strangers

GREEN, NEAR_RED, NEAR_BLUE = coloured(0, 255, 0), coloured(200, 50, 90), coloured(90, 50, 200)


def told(
    made: Image.Image, strangers: float | None = 0.3, identity: Identity | None = None
) -> list[float | None]:
    """Static cut, identity drift, incoherence."""
    return [one.of(CASE, made) for one in failures(mean_colour(), strangers, identity)]


def people(share: float | None) -> Identity:
    """A judge who always sees so many people kept."""

    def identity(case: CaseWithTruth, made: Image.Image) -> float | None:
        return share

    return identity


def test_the_input_is_a_static_cut_and_the_truth_no_failure() -> None:
    assert told(RED, identity=people(0.0)) == [1, 0, 0]
    assert told(NEAR_RED, identity=people(0.0)) == [1, 0, 0]
    assert told(BLUE, identity=people(1.0)) == [0, 0, 0]


def test_what_is_like_neither_is_incoherent() -> None:
    assert told(GREEN, identity=people(0.0)) == [0, 0, 1]
    barely_nearer_the_input = coloured(50, 255, 20)
    assert told(barely_nearer_the_input, identity=people(0.0)) == [0, 0, 1]
    assert told(barely_nearer_the_input, strangers=None) == [1, None, None]


def test_the_right_shot_with_other_people_drifts() -> None:
    assert told(NEAR_BLUE, identity=people(0.0)) == [0, 1, 0]
    assert told(NEAR_BLUE, identity=people(0.5)) == [0, 0, 0]


def test_where_nobody_can_tell_nothing_is_said() -> None:
    assert told(NEAR_BLUE) == [0, None, 0]
    assert told(NEAR_BLUE, identity=people(None)) == [0, None, 0]
    assert told(GREEN, strangers=None) == [0, None, None]


def test_strangers_are_shots_of_other_films_only() -> None:
    draw = np.random.default_rng(0)
    films = [f"film-{number // 4}" for number in range(40)]
    currents, truths = (draw.normal(size=(40, 8)).astype(np.float32) for _ in range(2))
    cosines = [
        float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
        for a, film in zip(currents.astype(np.float64), films, strict=True)
        for b, other in zip(truths.astype(np.float64), films, strict=True)
        if film != other
    ]
    assert len(cosines) == 40 * 36
    bound = likeness_of_strangers(currents, truths, films)
    assert bound == pytest.approx(np.quantile(cosines, 0.95))
    assert likeness_of_strangers(currents, truths, ["one"] * 40) is None
