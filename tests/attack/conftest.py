"""What attacks on commands that write stand on: their inputs, and what nobody disturbed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.annotation.server import LoopbackServer
from tests.attack.cases import Case, make_inputs
from tests.attack.killing import Whole, whole


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once, and only read."""
    return make_inputs(tmp_path_factory.mktemp("inputs"))


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of one that annotates."""
    with LoopbackServer() as running:
        yield running.url


@pytest.fixture(scope="session")
def wholes(
    inputs: Path, server: str, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Case], Whole]:
    """What a case leaves when nobody disturbs it, found out once."""
    known: dict[str, Whole] = {}

    def found(case: Case) -> Whole:
        if case.name not in known:
            folder = tmp_path_factory.mktemp("whole")
            known[case.name] = whole(case, folder, inputs, server)
        return known[case.name]

    return found
