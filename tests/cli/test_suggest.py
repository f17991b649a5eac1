"""`cut2next suggest` tells three prompts to begin with."""

import json
from pathlib import Path

import pytest
from tests.cli.running import run
from tests.studio.jobs.boards import png

from cut2next.film import IndividualPrompt
from cut2next.film.keyframe import read_keyframe, write_png
from cut2next.film.png_prompt import png_text


@pytest.fixture
def still(tmp_path: Path) -> Path:
    (path := tmp_path / "still.png").write_bytes(png())
    return path


def test_a_picture_that_says_what_it_shows_is_cut_from(
    still: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = IndividualPrompt(summary="<Anna> (red bob) and <Ben> (hat) at a table")
    write_png(read_keyframe(still), still, png_text(shown))
    assert run("suggest", str(still), "--pattern", "shot-reverse-shot", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["current"]["summary"] == shown.summary
    assert told["next"]["summary"] == "Medium close up of <Ben> (hat)"
    assert "shot/reverse shot" in told["relational"]["transition"]
    assert told["by"] == "templates"


def test_any_other_picture_is_cut_from_as_well(
    still: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for pattern in ("cut-in", "cut-out", "cutaway", "multi-angle"):
        assert run("suggest", str(still), "--pattern", pattern) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split(":")[0] for line in lines] == ["relational", "current", "next"]


@pytest.mark.parametrize(
    "words", [["--annotator", "openai"], ["--pattern", "jump"], ["--annotator", "nobody"]]
)
def test_what_cannot_be_suggested_is_refused(
    still: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert run("suggest", str(still), *words) == 2
    assert capsys.readouterr().err.count("\n") == 1
