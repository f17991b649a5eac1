"""Whatever a command writes has the rights of any new file: Parquet, safetensors, JSON, folders."""

import os
from functools import partial
from itertools import product
from pathlib import Path

import pytest
from tests.attack.cases import IN_TESTS, environment, make_desk, words_of
from tests.attack.invoking import Invocation
from tests.attack.killing import LONGEST
from tests.attack.smaller import make_smaller

MASKS = (0o077, 0o022, 0o002)
OFTEN = {("filter", 0o077), ("lora merge", 0o002), ("annotate", 0o022)}


def masked(mask: int) -> None:
    make_smaller()
    os.umask(mask)


@pytest.mark.parametrize(
    ("name", "mask"),
    [
        pytest.param(case.name, mask, marks=[] if (case.name, mask) in OFTEN else pytest.mark.slow)
        for case, mask in product(IN_TESTS, MASKS)
    ],
)
def test_the_umask_is_heeded(
    name: str, mask: int, inputs: Path, server: str, tmp_path: Path
) -> None:
    (case,) = (case for case in IN_TESTS if case.name == name)
    desk = make_desk(tmp_path / "desk", case, inputs)
    before = {path.stat().st_ino for path in desk.rglob("*")}
    given = words_of(case, server), desk, environment(desk), partial(masked, mask)
    with Invocation(*given) as run:
        assert run.ended(LONGEST).code == 0
    written = [path for path in desk.rglob("*") if path.stat().st_ino not in before]
    assert written
    for path in written:
        if path.parent.name != "tmp":  # a library's own
            assert path.stat().st_mode & 0o777 == (0o777 if path.is_dir() else 0o666) & ~mask, path
