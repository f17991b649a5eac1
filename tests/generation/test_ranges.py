"""What the command line takes, Python takes, and nothing else."""

from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cut2next.cli import arguments
from cut2next.film import InputError
from cut2next.generation.ranges import GUIDANCE, SEED, STEPS, STRENGTH, Range

BOTH: list[tuple[Range[Any], Callable[[str], float]]] = [
    (STEPS, arguments.step_count),
    (SEED, arguments.seed),
    (STRENGTH, arguments.strength),
    (GUIDANCE, arguments.guidance),
]


@pytest.mark.parametrize(("allowed", "typed"), BOTH, ids=["steps", "seed", "strength", "guidance"])
def test_the_command_line_and_python_take_the_same(
    allowed: Range[Any], typed: Callable[[str], float]
) -> None:
    for number in (allowed.least, allowed.most, allowed.example):
        assert typed(str(number)) == allowed.taken(number, "it") == number
    for number in (allowed.least - 1, allowed.most + 1):
        with pytest.raises(ArgumentTypeError, match=f"expected {allowed}"):
            typed(str(number))
        with pytest.raises(InputError, match=f"it={number}; expected {allowed}"):
            allowed.taken(number, "it")


def test_numbers_of_numpy_become_pythons_own() -> None:
    assert type(STEPS.taken(np.int16(4), "it")) is int
    assert type(STRENGTH.taken(np.float32(0.5), "it")) is float
    assert type(STRENGTH.taken(1, "it")) is float
