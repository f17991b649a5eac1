"""`cut2next storyboard`: what single calls make one after the other, whatever was made before."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.running import refused, run
from tests.generation.toy import toy

from cut2next.generation.fit import ONE_SHOT, Held
from cut2next.generation.model_choice import ModelChoice
from cut2next.generation.pipeline import Cut2NextPipeline
from cut2next.generation.provenance import read_provenance, read_sheet

CUTS: list[dict[str, Any]] = [
    {"pattern": "cut-in", "next": "<Rex> (blue dog)", "seed": 3},
    {"pattern": ["cutaway", "cut-out"], "next": "green grass", "relation": "near"},
    {"relation": "far away", "next": "<Rex> from above", "seed": 1},
]
Board = Callable[..., int]


@pytest.fixture
def board(desk: Path) -> Board:
    """Writes a plan and runs it."""

    def made(*options: str, cuts: list[dict[str, Any]] = CUTS, **said: Any) -> int:
        plan = {"image": "current.png", "cuts": cuts, **said}
        (desk / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
        return run("storyboard", "plan.json", "--out", "out", *options)

    return made


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the pipeline was asked to do, in order."""
    asked: list[str] = []

    def counted(name: str) -> None:
        does = getattr(Cut2NextPipeline, name)

        def call(self: Cut2NextPipeline, *given: Any, **named: Any) -> Any:
            asked.append(name)
            return does(self, *given, **named)

        monkeypatch.setattr(Cut2NextPipeline, name, call)

    counted("prefill")
    counted("__call__")
    return asked


def test_it_is_generate_one_after_the_other(
    board: Board, capsys: pytest.CaptureFixture[str]
) -> None:
    assert board() == 0
    out, err = capsys.readouterr()
    names = [f"out/0{number}.png" for number in (1, 2, 3)]
    assert out.splitlines() == [*names, "out/sheet.png"]
    assert "reads no earlier shots: each is made from the one before it alone" in err
    before, at = "current.png", "alone.png"
    for name, cut in zip(names, CUTS, strict=True):
        ways = [cut["pattern"]] if isinstance(cut.get("pattern"), str) else cut.get("pattern", [])
        words = [word for way in ways for word in ("--pattern", way)]
        words += ["--relation", cut["relation"]] if "relation" in cut else []
        words += ["--next", cut["next"], "--seed", str(cut.get("seed", 0)), "-o", at]
        assert run("generate", before, *words) == 0
        assert Path(name).read_bytes() == Path(at).read_bytes()
        before, at = name, "alone.png"
    assert read_sheet(Path("out/sheet.png")) == [read_provenance(Path(name)) for name in names]


def test_a_run_that_was_killed_goes_on(
    board: Board, calls: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert board() == 0
    whole = {path.name: path.read_bytes() for path in Path("out").iterdir()}
    for name in ("03.png", "sheet.png"):
        (Path("out") / name).unlink()
    calls.clear()
    capsys.readouterr()
    assert board("--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["kept"] == ["out/01.png", "out/02.png"]
    assert told["outputs"] == ["out/03.png", "out/sheet.png"]
    assert calls == ["prefill", "__call__"]
    assert {path.name: path.read_bytes() for path in Path("out").iterdir()} == whole
    assert board() == 0
    assert calls == ["prefill", "__call__"]
    assert "3 made already" in capsys.readouterr().err


def test_a_changed_plan_is_made_anew_from_the_change_on(board: Board, calls: list[str]) -> None:
    assert board("--quiet") == 0
    first = Path("out/01.png").stat().st_mtime_ns
    calls.clear()
    assert board("--quiet", cuts=[CUTS[0], {**CUTS[1], "seed": 9}, CUTS[2]]) == 0
    assert calls.count("__call__") == 2
    assert Path("out/01.png").stat().st_mtime_ns == first
    calls.clear()
    assert board("--quiet", cuts=CUTS[:1], current="one fox") == 0
    assert calls.count("__call__") == 1


def test_what_a_longer_plan_has_made_is_removed_and_nothing_else(
    board: Board, capsys: pytest.CaptureFixture[str]
) -> None:
    assert board("--quiet") == 0
    out = Path("out")
    for name in ("003.png", "later.png", "3.png"):
        (out / name).write_bytes((out / "03.png").read_bytes())
    for name in ("04.png", "05.png"):  # not of ours, and no picture
        (out / name).write_bytes(Path("current.png").read_bytes()[: 9 if name > "05" else None])
    stay = {"01.png", "003.png", "later.png", "3.png", "04.png", "05.png", "sheet.png"}
    assert board(cuts=CUTS[:1]) == 0
    assert {path.name for path in out.iterdir()} == stay
    assert "out/03.png: removed, which a longer plan had made" in capsys.readouterr().err


def test_the_first_shot_is_not_of_a_longer_plan(board: Board) -> None:
    assert board("--quiet") == 0
    assert board("--quiet", cuts=CUTS[:1], image="out/03.png", current="green grass") == 0
    assert {path.name for path in Path("out").iterdir()} == {"01.png", "03.png", "sheet.png"}


def test_weights_with_earlier_shots_read_them_and_it_is_told(
    board: Board,
    weights: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fitted: list[Held] = []  # what room is looked for
    monkeypatch.setattr(ModelChoice, "fit", lambda _, size, held: fitted.append(held))
    assert board("--quiet") == 0
    naive = [Path(f"out/0{number}.png").read_bytes() for number in (1, 2, 3)]
    settings = Cut2NextPipeline.load_config(weights)["prompt_tokens"]
    more = toy(prompt_tokens=settings, knows="toys", default_steps=1, earlier_shots=3)
    more.save_pretrained(tmp_path / "more")
    capsys.readouterr()
    assert board("--model", "more") == 0
    assert fitted == [ONE_SHOT, Held(3, 2)]
    assert "reads no earlier shots" not in capsys.readouterr().err
    told = [read_provenance(Path(f"out/0{number}.png")) for number in (1, 2, 3)]
    assert all(told)
    earlier = [made.earlier for made in told if made]
    # The first beside the last; of the third Rex is named, whom the second shot shows.
    assert earlier == [(), ("red fox on grass.",), ("red fox on grass.", "<Rex> (blue dog).")]
    made = [Path(f"out/0{number}.png").read_bytes() for number in (1, 2, 3)]
    assert all(one != other for one, other in zip(made[1:], naive[1:], strict=True))


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"cuts": []}, r"plan.json, cuts: List should have at least 1 item"),
        ({"cuts": [{"pattern": "cut-in"}]}, "plan.json, cuts, 0, next: Field required"),
        ({"cuts": [{**CUTS[0], "pattern": "wipe"}]}, "cut 1: unknown editing pattern 'wipe'"),
        ({"cuts": [{**CUTS[0], "seed": -1}]}, "plan.json, cut 1: seed=-1"),
        ({"cuts": [CUTS[0], {"next": "fox"}]}, "cut 2: nothing says how the cut goes"),
        ({"cuts": [{**CUTS[0], "next": " "}]}, "plan.json, cut 1, next: "),
        ({"cuts": CUTS, "image": "gone.png"}, "gone.png: does not exist"),
        ({"cuts": CUTS, "image": ""}, "plan.json, image: "),
        ({"cuts": CUTS, "music": "yes"}, "plan.json, music: Extra inputs are not permitted"),
    ],
)
def test_what_is_no_plan_is_one_line(
    plan: dict[str, Any], message: str, desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk / "plan.json").write_text(json.dumps({"image": "current.png", **plan}))
    assert message in refused(["storyboard", "plan.json", "--out", "out"], capsys)
    assert not Path("out").exists()
    Path("plan.json").write_text("[" * 9)
    assert "is no JSON" in refused(["storyboard", "plan.json", "--out", "out"], capsys)


def test_the_first_shot_is_never_written_over(
    board: Board, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("out").mkdir()
    Path("current.png").rename("out/02.png")
    before = Path("out/02.png").read_bytes()
    assert board(image="out/02.png") == 2
    assert "out/02.png: is the first shot" in capsys.readouterr().err
    assert Path("out/02.png").read_bytes() == before
