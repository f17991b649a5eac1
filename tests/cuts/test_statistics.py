"""What `stats` counts, against sets whose counts are known."""

import json
from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest
from tests.curation.report.test_survey import chain
from tests.cuts.sample import found
from tests.cuts.test_validation import write

from cut2next.cli.main import main
from cut2next.curation.report.survey import survey
from cut2next.cuts.record import CutRecord
from cut2next.film import IndividualPrompt


def bare(record: CutRecord) -> CutRecord:
    """Without its annotation."""
    shots = [replace(shot, prompt=IndividualPrompt(summary="")) for shot in record.shots]
    return replace(record, current=shots[0], next=shots[1], patterns=frozenset())


def test_everything_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = [
        found(0, film="a"),  # cut-in is pattern 1, so numbers 0 and 1 have it
        found(1, film="a", rejected=("motion: 9",)),
        found(2, film="b", split="test", licence="MIT"),
        bare(found(3, film="b", split="test")),
    ]
    apart = replace(records[2], next=replace(records[2].next, scene=9))
    unknown = replace(records[3], next=replace(records[3].next, scene=None))
    folder = write(tmp_path / "cuts", *records[:2], apart, unknown)
    assert main(["data", "stats", str(folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["cuts"], told["annotated"]) == (4, 3)
    assert told["split"] == {"train": 1, "rejected": 1, "test": 2}
    assert told["film"] == {"a": 2, "b": 2}
    assert told["licence"] == {"CC0-1.0": 3, "MIT": 1}
    assert told["scene"] == {"a, 0": 2, "from scene to scene": 1, "not known": 1}
    assert told["size"] == {"24x16": 4, "40x16": 4}
    assert told["pattern"]["cut-in"] == 2
    similarity = told["scores"]["similarity"]
    assert similarity == {"count": 4, "min": 0.25, "median": (1 / 2 + 1 / 3) / 2, "max": 1.0}
    assert told["scores"]["seconds of shots"]["median"] == pytest.approx(40 / 24)
    assert told["scores"]["motion of shots"]["count"] == 8


def test_a_shot_of_two_cuts_counts_once_as_in_a_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every next shot is the current shot of the cut after it; two films call theirs the same."""
    records = [*chain(6), *chain(3, film="other")]
    folder = write(tmp_path / "cuts", *records)
    assert main(["data", "stats", str(folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    seen = survey(records)
    assert (told["cuts"], told["shots"]) == (seen.cuts, seen.shots) == (7, 9)
    assert sum(told["size"].values()) == 9
    for name, score in {"motion of shots": "motion", "seconds of shots": "duration"}.items():
        values = seen.shot_scores[score]
        assert told["scores"][name]["count"] == len(values) == 9
        assert told["scores"][name]["median"] == median(values)


def test_the_table_stays_short(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(tmp_path / "cuts", *(found(n, film=f"film {n}") for n in range(25)))
    assert main(["data", "stats", str(folder)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("25 cuts of 25 films, 50 shots, 25 annotated\n")
    assert "and 5 more" in out
    assert len([line for line in out.splitlines() if line.strip().startswith("1  film")]) == 40
    (line,) = [line for line in out.splitlines() if line.strip().startswith("similarity")]
    assert line.split() == ["similarity", "25", "0.04", "0.07692", "1"]
