from pathlib import Path

from tests.attack.invoking import Invocation, invoke


def test_a_run_is_one_from_a_shell(tmp_path: Path) -> None:
    told = invoke(["explain", "--table", "closed"], tmp_path)
    refused = invoke(["lora", "info", "nothing"], tmp_path)
    assert (told.code, told.err) == (0, "")
    assert "closed" in told.out
    assert (refused.code, refused.out, refused.err.count("\n")) == (2, "", 1)


def test_a_run_is_killed_when_its_time_is_over(tmp_path: Path) -> None:
    assert invoke(["soundstage", "cuts", "--count", "50"], tmp_path, within=1).code is None


def test_a_run_can_be_killed_at_any_moment(tmp_path: Path) -> None:
    with Invocation(["soundstage", "cuts", "--count", "50"], tmp_path) as run:
        run.kill()
        assert run.ended(within=10).code == -9
