"""`cut2next generate --sheet`: several cuts from one current shot, on one picture."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.cli.running import refused, run

from cut2next.film import EditingPattern
from cut2next.film.keyframe import read_keyframe
from cut2next.generation.pipeline import Cut2NextPipeline
from cut2next.generation.provenance import read_provenance, read_sheet
from cut2next.generation.several_cuts import next_shot_of

REX = "<Rex> (blue dog)"
SHEET = ["generate", "current.png", "--sheet", "--next", REX]


@pytest.mark.usefixtures("desk")
def test_a_sheet_tells_of_all_five_patterns_how_they_were_made(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(*SHEET, "--seed", "5") == 0
    assert capsys.readouterr().out == "sheet.png\n"
    assert {path.name for path in Path().glob("*")} == {"current.png", "sheet.png"}
    made = read_sheet(Path("sheet.png"))
    shown = [next_shot_of(REX, pattern) for pattern in EditingPattern]
    assert [each.prompt.next.summary for each in made] == shown
    assert {each.seed for each in made} == {5}
    transitions = [each.prompt.relational.transition for each in made]
    for transition, words in zip(
        transitions, ("shot/reverse", "cut-in", "cut-out", "cutaway", "multi-angle"), strict=True
    ):
        assert words in transition


@pytest.mark.usefixtures("desk")
def test_each_picture_is_what_it_would_be_alone() -> None:
    patterns = ["--pattern", "cutaway", "--pattern", "cut-in"]
    assert run(*SHEET, *patterns, "--next", "grass", "--count", "2", "-o", "s.png") == 0
    made = read_sheet(Path("s.png"))
    assert [each.seed for each in made] == [0, 1, 0, 1]
    sheet = read_keyframe(Path("s.png"))
    for number, each in enumerate(made):
        words = "grass" if "cut-in" in each.prompt.relational.transition else REX
        alone = ["--pattern", patterns[1 if number < 2 else 3], "--seed", str(each.seed)]
        shown = next_shot_of(words, EditingPattern(alone[1]))
        assert run("generate", "current.png", *alone, "--next", shown, "-o", "alone.png") == 0
        assert read_provenance(Path("alone.png")) == each
        assert holds(sheet, read_keyframe(Path("alone.png")))


def holds(sheet: Image.Image, picture: Image.Image) -> bool:
    """Whether a picture is on a sheet, eight times as large (48 pixels are a small tile)."""
    large = picture.resize((384, 256), Image.Resampling.LANCZOS)
    rows = [large.crop((0, row, 384, row + 1)).tobytes() for row in (0, 255)]
    across, data = 3 * sheet.width, sheet.tobytes()
    at = data.find(rows[0])
    while at >= 0:
        if data[at + 255 * across :].startswith(rows[1]):
            return True
        at = data.find(rows[0], at + 1)
    return False


@pytest.mark.usefixtures("desk")
def test_the_current_shot_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read, prefill = [], Cut2NextPipeline.prefill

    def counted(*given: Any) -> Any:
        read.append(given)
        return prefill(*given)

    monkeypatch.setattr(Cut2NextPipeline, "prefill", counted)
    assert run(*SHEET, "--count", "2") == 0
    assert len(read) == 1


@pytest.mark.usefixtures("desk")
def test_json_tells_where_the_sheet_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*SHEET, "--json", "--quiet") == 0
    assert json.loads(capsys.readouterr().out) == {"outputs": ["sheet.png"]}


def test_a_picture_from_elsewhere_may_be_of_any_shape(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.effect_noise((64, 150), 80).convert("RGB").save(desk / "photo.jpg")
    assert run("generate", "photo.jpg", "--sheet", "--next", "<Zoë>", "-o", "s.png") == 0
    assert capsys.readouterr().err.count("photo.jpg, 64x150, was cropped") == 1
    assert len(read_sheet(Path("s.png"))) == 5


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--batch", "requests.jsonl"], "--sheet and --batch; expected one of them"),
        (["--next", "a", "--next", "b"], "--next 3 times, for 5 patterns"),
        (["--count", "13"], "65 pictures on a sheet; expected 60 at most"),
        (["-o", "current.png"], "is the current shot"),
        (["-o", "sheet.jpg"], "a name ending in .png"),
    ],
)
def test_what_no_sheet_can_be_is_one_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in refused([*SHEET, *arguments], capsys)
    assert [path.name for path in Path().glob("*")] == ["current.png"]


@pytest.mark.usefixtures("desk")
def test_several_next_shots_belong_on_a_sheet(capsys: pytest.CaptureFixture[str]) -> None:
    said = ["generate", "current.png", "--pattern", "cut-in", "--next", "a", "--next", "b"]
    assert "--next 2 times; expected it once" in refused([*said, "-o", "next.png"], capsys)
