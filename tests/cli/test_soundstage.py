import json
import shlex
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image
from tests.cli.running import run

from cut2next.cli import main as cli
from cut2next.cuts.dataset import read_cuts
from cut2next.film.png_prompt import read_png_prompt
from cut2next.soundstage.action import in_action
from cut2next.soundstage.film_set import build_set


def test_it_shoots_a_data_set_and_says_how_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a set"
    asked = ["--count", "2", "--seed", "5", "--only", "Cafe, park", "--images", "--workers", "1"]
    assert cli.main(["soundstage", str(out), *asked]) == 0
    first, second = read_cuts(out)
    assert [first.film, second.film] == ["soundstage-5", "soundstage-6"]
    assert first.current.keyframe.size == (384, 160)
    with Image.open(out / "images" / "000-current.png") as picture:
        assert read_png_prompt(picture) == first.current.prompt
    assert len(list((out / "images").iterdir())) == 4
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == f"{out}: 2 cuts at 384x160"
    command = shlex.split(shown[1].removeprefix("try: cut2next "))
    args = cli._parser().parse_args(command)
    assert args.image == out / "images" / "000-current.png"
    assert args.relation == first.relational.text
    assert args.next == [first.next.prompt.text]


def test_pictures_may_be_16_to_9(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--count", "1", "--size", "256x144", "--only", "office"]
    assert cli.main(["soundstage", str(tmp_path / "out"), *asked]) == 0
    (cut,) = read_cuts(tmp_path / "out")
    assert cut.next.keyframe.size == (256, 144)
    assert "office" in cut.relational.scene
    card = (tmp_path / "out" / "README.md").read_text()
    assert json.dumps([256, 144]) in card.replace("\\", "")  # as Markdown shows it
    assert "--images" in capsys.readouterr().out


def test_a_set_may_be_shot_as_a_sequence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--count", "1", "--seed", "5", "--shots", "5", "--action", "--size", "192x80"]
    assert cli.main(["soundstage", str(tmp_path / "out"), *asked]) == 0
    cuts = list(read_cuts(tmp_path / "out"))
    assert len(cuts) == 4
    for before, after in pairwise(cuts):
        assert before.film == after.film
        assert before.next.name == after.current.name
        assert before.next.keyframe.tobytes() == after.current.keyframe.tobytes()
    assert "4 cuts at 192x80" in capsys.readouterr().out
    card = (tmp_path / "out" / "README.md").read_text()
    assert '"shots": 5' in card
    assert '"action": true' in card
    acting = in_action(build_set(5))
    assert acting.cast[0].doing in " ".join(cut.next.prompt.text for cut in cuts)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["--shots", "3"], "expected 4 to 16"),
        (["--shots", "17"], "expected 4 to 16"),
        (["--count", "0"], "expected a whole number, 1 to 1000000000"),
        (["--count", "-3"], "expected a whole number, 1 to 1000000000"),
        (["--count", "1000000001"], "expected a whole number, 1 to 1000000000"),
        (["--count", "many"], "expected a whole number, 1 to 1000000000"),
        (["--seed", "-1"], "expected a whole number, 0 to"),
        (["--workers", "0"], "expected a whole number, 1 or more"),
        (["--size", "190x80"], "from 192x80 to 1024x576"),
        (["--size", "96x40"], "from 192x80 to 1024x576"),
        (["--size", "2048x1152"], "from 192x80 to 1024x576"),
        (["--size", "0x0"], "from 192x80 to 1024x576"),
        (["--size", "wide"], "WIDTHxHEIGHT"),
        (["--size", "192x192"], "from 16:9 to 2.4:1"),
        (["--size", "1024x80"], "from 16:9 to 2.4:1"),
        (["--only", "moon"], "expected one of café"),
        (["--only", "park,"], "expected one of café"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], asked: list[str], message: str
) -> None:
    assert run("soundstage", str(tmp_path / "out"), *asked) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("taken", "exists and is not empty"),
        ("taken/file", "is a file"),
        ("missing/out", "no such folder"),
        ("taken/file/out", "no such folder"),
        ("/proc/out", "cannot be written"),
        ("/", "is the root of all"),
    ],
)
def test_an_output_that_cannot_be_is_refused_before_anything_is_shot(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], out: str, message: str
) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").write_text("mine")
    assert run("soundstage", str(tmp_path / out), "--count", "1") == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "taken"]
