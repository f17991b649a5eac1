"""What every test of a command stands on."""

import pytest


@pytest.fixture(autouse=True)
def no_work_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine must not decide what stderr holds; tests of progress say what is long."""
    monkeypatch.setattr("cut2next.cli.progress.FIRST", 600.0)
