"""A share of the odd invocations; `python -m tests.attack odd --count 5000` tries them all."""

from pathlib import Path
from random import Random
from shutil import rmtree

import pytest
from tests.attack.odd import USUAL, _options, case, commands, tried
from tests.attack.stock import fill


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return fill(tmp_path_factory.mktemp("attack") / "stock")


def test_of_every_command_it_is_known_how_it_works() -> None:
    assert {name for name, _ in commands()} == USUAL.keys()


def test_nothing_is_compiled_which_takes_minutes(tmp_path: Path) -> None:
    parser = dict(commands())["train rawcuts"]
    given = [_options(parser, Random(seed), tmp_path) for seed in range(300)]
    drawn = {word for words in given for word in words if word.startswith("--")}
    assert {"--checkpointed", "--at-noise"} < drawn  # as often as the one that is left out
    assert "--compiled" not in drawn


@pytest.mark.slow
def test_an_odd_invocation_works_or_is_refused_in_one_line(
    stock: dict[str, Path], tmp_path: Path
) -> None:
    place = stock["model"].parent
    for number in range(40):
        folder = tmp_path / "work"
        assert (fault := tried(case(number, 1, stock, folder), place)) is None, str(fault)
        rmtree(folder)
