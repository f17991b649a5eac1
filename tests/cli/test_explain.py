import os
import subprocess
import sys

import pytest

from cut2next.cli.main import main
from cut2next.conditioning import PAPER, TABLES, grid


def test_without_a_name_it_is_the_papers_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    assert capsys.readouterr() == (grid(PAPER) + "\n", "")


@pytest.mark.parametrize("name", TABLES)
def test_every_table_can_be_shown(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--table", name]) == 0
    assert capsys.readouterr() == (grid(TABLES[name]) + "\n", "")


@pytest.mark.parametrize("name", ["", "Paper", "no-such-table"])
def test_an_unknown_table_is_refused_and_the_known_are_named(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "--table", name]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert all(known in err for known in [repr(name), *TABLES])


def test_a_terminal_without_its_signs_still_gets_the_grid() -> None:
    shown = subprocess.run(
        [sys.executable, "-c", "from cut2next.cli.main import main; main(['explain'])"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        check=True,
    )
    assert b"current prompt" in shown.stdout
