"""Commands killed at random moments, begun again, leave what undisturbed ones do, and no more."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.attack.cases import IN_TESTS, OFTEN, Case
from tests.attack.killing import Whole, differing, survived

SOME, MANY = 2, 30


@pytest.mark.parametrize("case", OFTEN, ids=lambda case: case.name)
def test_a_few_kills_change_nothing(
    case: Case, inputs: Path, server: str, wholes: Callable[[Case], Whole], tmp_path: Path
) -> None:
    told = survived(case, tmp_path, inputs, server, wholes(case), kills=SOME)
    assert not told.faults
    assert told.kills == SOME


@pytest.mark.slow
@pytest.mark.parametrize("case", IN_TESTS, ids=lambda case: case.name)
def test_thirty_kills_change_nothing(
    case: Case, inputs: Path, server: str, wholes: Callable[[Case], Whole], tmp_path: Path
) -> None:
    told = survived(case, tmp_path, inputs, server, wholes(case), kills=MANY, seed=1)
    assert not told.faults
    assert told.kills == MANY


def test_what_differs_is_named() -> None:
    one, other = {"a": "1", "b": "1", "c": "1"}, {"a": "1", "b": "2", "d": "1"}
    assert differing(one, other) == ["b differs", "c is missing", "d is left over"]
