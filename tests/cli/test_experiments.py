"""`cut2next experiments`, as typed."""

from pathlib import Path

import pytest
from tests.cli.running import refused


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--seeds", "9223372036854775808"], "a whole number, 1 to 1000"),
        (["--steps", "9223372036854775808"], "a whole number, 1 to 1000000000"),
        (["--cuts", "0"], "a whole number, 1 to 1000000000"),
        (["--sets", "150"], "ask for 200"),
        (["--only", "mask,nothing"], "no question is called 'nothing'"),
    ],
)
def test_what_cannot_be_asked_is_one_line_and_begins_nothing(
    words: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert said in refused(["experiments", "--list", *words], capsys)
    assert not any(tmp_path.iterdir())
