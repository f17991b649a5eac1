import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.cutbench.frozen import entry, frozen

from cut2next.cutbench.benchmark import Benchmark
from cut2next.cutbench.entry import open_entry
from cut2next.film import InputError

Lines = list[dict[str, Any]]


@pytest.fixture
def benchmark(tmp_path: Path) -> Benchmark:
    return frozen(tmp_path / "walls")


def test_pictures_and_a_manifest_are_enough(benchmark: Benchmark, tmp_path: Path) -> None:
    opened = open_entry(entry(tmp_path / "mine", benchmark), benchmark)
    assert (opened.maker, opened.faults) == ("me", 0)
    for case in benchmark.cases:
        (line,) = opened.of(case.name)
        picture = opened.picture(line, case)
        assert picture is not None
        assert picture.getpixel((0, 0)) == (0, 0, 255)


def _without_one(lines: Lines) -> Lines:
    return lines[:-1]


def _one_twice(lines: Lines) -> Lines:
    return [*lines, lines[0]]


def _a_second_picture(lines: Lines) -> Lines:
    return [*lines, {**lines[0], "number": 2}]


def _of_no_case(lines: Lines) -> Lines:
    return [*lines, {"case": "9999", "fault": "none"}]


def _no_number(lines: Lines) -> Lines:
    return [{**lines[0], "seconds": float("nan")}, *lines[1:]]


def _outside(lines: Lines) -> Lines:
    return [{**lines[0], "shot": {**lines[0]["shot"], "file": "../../secret.png"}}, *lines[1:]]


def _no_digest(lines: Lines) -> Lines:
    return [{**lines[0], "shot": {"file": "shots/0000.png"}}, *lines[1:]]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (_without_one, "lacks case 0004, number 1"),
        (_one_twice, "case 0000, number 1 twice"),
        (_a_second_picture, "number 2 of case 0000"),
        (_of_no_case, "shots.jsonl: case 9999; expected cases of the benchmark"),
        (_no_number, "line 1: seconds: Input should be a finite number"),
        (_outside, "line 1: shot.file: should be a file in this folder"),
        (_no_digest, "line 1: shot.sha256: Field required"),
        (lambda lines: [], "lacks case 0000, number 1 and 4 more"),
    ],
)
def test_lines_that_are_missing_double_or_lie_are_told(
    benchmark: Benchmark, tmp_path: Path, change: Callable[[Lines], Lines], fault: str
) -> None:
    folder = entry(tmp_path / "mine", benchmark)
    path = folder / "shots.jsonl"
    lines = change([json.loads(line) for line in path.read_text().splitlines()])
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(InputError, match=fault):
        open_entry(folder, benchmark)


def test_pictures_that_are_not_those_of_the_lines_are_told(
    benchmark: Benchmark, tmp_path: Path
) -> None:
    opened = open_entry(entry(tmp_path / "mine", benchmark), benchmark)
    altered, missing, *_ = benchmark.cases
    Image.new("RGB", altered.line.size, "green").save(opened.folder / "shots/0000.png")
    (opened.folder / "shots/0001.png").unlink()
    for case, fault in ((altered, "is not the file that was frozen"), (missing, "does not exist")):
        (line,) = opened.of(case.name)
        with pytest.raises(InputError, match=fault):
            opened.picture(line, case)


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({"maker": "a\x1b[31m"}, "maker: should be letters that can be printed"),
        ({"maker": "a\n| b |"}, "maker: should be letters that can be printed"),
        ({"about": {"loss": float("inf")}}, "about: Out of range float"),
    ],
)
def test_a_manifest_that_would_spoil_a_report_is_told(
    benchmark: Benchmark, tmp_path: Path, told: dict[str, Any], fault: str
) -> None:
    path = entry(tmp_path / "mine", benchmark) / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | told))
    with pytest.raises(InputError, match=fault):
        open_entry(tmp_path / "mine", benchmark)


def test_of_some_cases_only_their_lines_count(benchmark: Benchmark, tmp_path: Path) -> None:
    opened = open_entry(entry(tmp_path / "mine", benchmark), benchmark.first(2))
    assert [case for case, _ in opened.shots] == ["0000", "0001"]


def test_an_entry_for_other_cases_is_told(benchmark: Benchmark, tmp_path: Path) -> None:
    other = frozen(tmp_path / "other", 6)
    with pytest.raises(InputError, match="expected one for Walls"):
        open_entry(entry(tmp_path / "mine", other), benchmark)
