"""Two runs of a command at once on one output: one is refused in a line, or both are right."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.attack.cases import IN_TESTS, OFTEN, Case
from tests.attack.killing import Whole
from tests.attack.pairs import faults_of_pairs

PAIRS = 5


@pytest.mark.parametrize("case", OFTEN, ids=lambda case: case.name)
def test_one_of_two_is_refused_or_both_are_right(
    case: Case, inputs: Path, server: str, wholes: Callable[[Case], Whole], tmp_path: Path
) -> None:
    faults, _ = faults_of_pairs(case, tmp_path, inputs, server, wholes(case), pairs=1)
    assert not faults


@pytest.mark.slow
@pytest.mark.parametrize("case", IN_TESTS, ids=lambda case: case.name)
def test_one_of_two_is_refused_or_both_are_right_whenever_the_second_comes(
    case: Case, inputs: Path, server: str, wholes: Callable[[Case], Whole], tmp_path: Path
) -> None:
    faults, _ = faults_of_pairs(case, tmp_path, inputs, server, wholes(case), pairs=PAIRS)
    assert not faults
