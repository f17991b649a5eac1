import json
from pathlib import Path

import pytest
from tests.cli.running import refused, run


def test_the_list_tells_what_is_there_and_whose_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("weights", "list", "--cache", str(tmp_path), "--json") == 0
    told = json.loads(capsys.readouterr().out)["weights"]
    assert {each["name"]: each["there"] for each in told} == {
        "faces": False,
        "identity": False,
        "nsfw": False,
    }
    assert all(each["licence"] and each["source"] for each in told)


def test_a_name_that_is_none_is_refused_before_anything_is_fetched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = refused(["weights", "fetch", "depth", "--cache", str(tmp_path)], capsys)
    assert "no weights are called 'depth'" in line
    assert not list(tmp_path.iterdir())
