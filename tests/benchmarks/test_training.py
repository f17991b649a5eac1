"""The benchmark of training runs at a tiny width; what it finds there means nothing but that."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TINY = ["--toy", "--size", "64x48", "--repeats", "1", "--rank", "2", "--peak-side", "64"]


def told(project: Path, report: Path, *options: str) -> Any:
    script = project / "benchmarks" / "training.py"
    command = [sys.executable, str(script), *TINY, "--json", str(report), *options]
    subprocess.run(command, check=True, capture_output=True)
    return json.loads(report.read_text())


@pytest.mark.slow
def test_both_loops_are_measured_at_every_k(project: Path, tmp_path: Path) -> None:
    found = told(project, tmp_path / "report.json", "--variant", "bf16", "fp8", "--each", "1", "3")
    rows = [(row["variant"], row["each"], row["name"]) for row in found["rows"]]
    both = [("bf16", each, name) for each in (1, 3) for name in ("plain", "ours")]
    assert rows == [*both, ("fp8", 1, "ours"), ("fp8", 3, "ours")]
    plain = {row["each"]: row["seconds"] for row in found["rows"] if row["name"] == "plain"}
    for row in found["rows"]:
        assert row["samples"] == pytest.approx(row["each"] / row["seconds"])
        assert row["ratio"] == pytest.approx(plain[row["each"]] / row["seconds"])
        assert row["rate_share"] == pytest.approx(row["teraflops"] / found["rate"])
        assert row["trained"] > 0


@pytest.mark.slow
def test_a_run_within_so_much_memory_says_what_it_took(project: Path, tmp_path: Path) -> None:
    found = told(project, tmp_path / "report.json", "--within", "24", "--each", "2")["within"]
    assert found["fit"]["precision"] == "bf16"
    assert found["estimated"] > 0
    assert found["seconds"] > 0
