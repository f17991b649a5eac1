"""The benchmark of FLUX.1 runs at a tiny width; what it finds there means nothing but that."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROWS = [
    "stock",
    "stock, dense mask",
    "paper table",
    "closed table, first picture",
    "closed table, each further",
    "floor: text to image",
]


@pytest.mark.slow
def test_every_row_is_measured(project: Path, tmp_path: Path) -> None:
    script, report = project / "benchmarks" / "flux1.py", tmp_path / "report.json"
    tiny = ["--toy", "--size", "64x48", "--rank", "2", "--repeats", "1", "--json", str(report)]
    variants = ["--variant", "bf16", "merged", "lora", "fp8"]
    subprocess.run([sys.executable, script, *tiny, *variants], check=True, capture_output=True)
    told = json.loads(report.read_text())
    assert [row["name"] for row in told["rows"]] == 2 * ROWS + 2 * ROWS[2:5]
    for row in told["rows"]:
        assert row["step"] > 0
        assert row["picture"] == pytest.approx(row["fill"] + told["steps"] * row["step"])
        assert row["ratio"] > 0
        assert row["memory"] > 0
        assert (row["fill"] > 0) == (row["name"] == "closed table, first picture")
