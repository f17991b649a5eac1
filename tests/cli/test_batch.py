"""`cut2next generate --batch`: what single calls make, by one model, whatever was made before."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.cli.running import refused, run

from cut2next.generation.pipeline import Cut2NextPipeline

CLOSER = {"image": "current.png", "pattern": "cut-in", "next": "<Rex> (blue dog)"}
AWAY = {"image": "current.png", "pattern": ["cutaway"], "next": "grass", "output": "away.png"}
OTHER = {"image": "other.png", "relation": "near", "next": "one fox", "output": "other-next.png"}
Batch = Callable[..., int]


@pytest.fixture
def batch(desk: Path) -> Batch:
    """Writes lines and runs them as a batch."""
    Image.effect_noise((64, 48), 80).convert("RGB").save("other.png")

    def made(*lines: dict[str, Any] | str, options: tuple[str, ...] = ()) -> int:
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        (desk / "requests.jsonl").write_text("\n".join(texts) + "\n", encoding="utf-8")
        return run("generate", "--batch", "requests.jsonl", *options)

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


def test_each_picture_is_bit_for_bit_what_its_own_call_makes(
    batch: Batch, capsys: pytest.CaptureFixture[str]
) -> None:
    several = {**CLOSER, "seed": 5, "count": 2, "current-strength": 1.5, "output": "next.png"}
    sized = {**CLOSER, "size": "32x64", "steps": 2, "current": "one fox", "output": "sized.png"}
    assert batch(several, OTHER, AWAY, sized) == 0
    outputs = ["next-1.png", "next-2.png", "away.png", "sized.png", "other-next.png"]
    assert capsys.readouterr().out.splitlines() == outputs
    in_batch = {name: Path(name).read_bytes() for name in outputs}
    for path in map(Path, outputs):
        path.unlink()
    cut_in = ["--pattern", "cut-in", "--next", "<Rex> (blue dog)"]
    twice = ["--seed", "5", "--count", "2", "--current-strength", "1.5", "-o", "next.png"]
    others = ["--size", "32x64", "--steps", "2", "--current", "one fox", "-o", "sized.png"]
    away = ["--pattern", "cutaway", "--next", "grass", "-o", "away.png"]
    near = ["--relation", "near", "--next", "one fox", "-o", "other-next.png"]
    for image, said in (
        ("current.png", [*cut_in, *twice]),
        ("current.png", [*cut_in, *others]),
        ("current.png", away),
        ("other.png", near),
    ):
        assert run("generate", image, *said) == 0
    assert {name: Path(name).read_bytes() for name in outputs} == in_batch


def test_a_current_shot_is_read_once_for_all_that_share_it(batch: Batch, calls: list[str]) -> None:
    again = {**CLOSER, "output": "again.png", "seed": 1}
    assert batch({**CLOSER, "output": "first.png"}, OTHER, AWAY, again) == 0
    assert calls == ["prefill", "__call__", "__call__", "__call__", "prefill", "__call__"]


def test_what_is_made_is_not_made_again(
    batch: Batch, calls: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    several = {**CLOSER, "count": 3, "output": "next.png"}
    assert batch(several, AWAY) == 0
    Path("next-2.png").unlink()
    Path("away.png").write_bytes(Path("away.png").read_bytes()[:200])  # as no kill leaves it
    before = {path: path.stat().st_mtime_ns for path in Path().glob("next-?.png")}
    calls.clear()
    capsys.readouterr()
    assert batch(several, AWAY, options=("--json",)) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"outputs": ["next-2.png", "away.png"], "kept": ["next-1.png", "next-3.png"]}
    assert calls.count("__call__") == 2
    assert {path: path.stat().st_mtime_ns for path in before} == before
    calls.clear()
    assert batch(several, AWAY) == 0
    assert calls == []
    assert "4 made already" in capsys.readouterr().err


@pytest.mark.parametrize(
    "change",
    [
        {"next": "grass"},
        {"seed": 1},
        {"steps": 2},
        {"size": "32x32"},
        {"relational_strength": 0.5},
        {"current": "one fox"},
        {"pattern": "cut-out"},
    ],
    ids=str,
)
def test_another_request_for_the_same_file_is_made(
    change: dict[str, Any], batch: Batch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = {**CLOSER, "output": "next.png"}
    assert batch(line) == 0
    before = Path("next.png").read_bytes()
    assert batch({**line, **change}, options=("--quiet",)) == 0
    assert Path("next.png").read_bytes() != before
    assert capsys.readouterr().out == "next.png\nnext.png\n"


def test_another_current_shot_of_the_same_name_is_another_request(
    batch: Batch, calls: list[str]
) -> None:
    assert batch({**OTHER, "current": "fox"}) == 0
    Image.effect_noise((64, 48), 99).convert("RGB").save("other.png")
    assert batch({**OTHER, "current": "fox"}) == 0
    assert calls.count("__call__") == 2


def test_what_a_line_does_not_say_is_as_on_the_command_line(
    batch: Batch, capsys: pytest.CaptureFixture[str]
) -> None:
    usual = ("current.png", "--pattern", "cut-in", "--next", "<Rex>", "--seed", "7")
    assert batch({"output": "a.png"}, "", {"output": "b.png", "seed": None}, options=usual) == 0
    assert run("generate", *usual, "-o", "c.png") == 0
    assert capsys.readouterr().out == "a.png\nb.png\nc.png\n"
    assert len({Path(name).read_bytes() for name in ("a.png", "b.png", "c.png")}) == 1


WHOLE = {**CLOSER, "output": "next.png"}
BAD: dict[str, tuple[list[dict[str, Any] | str], str]] = {
    "no JSON": ([WHOLE, "{"], "line 2: is no JSON"),
    "no object": ([WHOLE, "[1]"], "line 2: Input should be a valid dictionary"),
    "nested without end": (["[" * 100_000], "line 1: is no JSON"),
    "an unknown word": ([{**WHOLE, "patern": "cut-in"}], "line 1, patern: Extra inputs"),
    "a word of the model": ([{**WHOLE, "model": "mini"}], "line 1, model: Extra inputs"),
    "a seed in words": ([{**WHOLE, "seed": "7"}], "line 1, seed: Input should be a valid integer"),
    "a seed below zero": ([{**WHOLE, "seed": -1}], "line 1, seed: got '-1'; expected a whole"),
    "a truth for a number": ([{**WHOLE, "count": True}], "line 1, count: Input should be"),
    "no number": ([{**WHOLE, "guidance": float("nan")}], "line 1, guidance: got 'nan'"),
    "a size of no tokens": (
        [WHOLE, {**AWAY, "size": "17x17"}],
        "line 2: a size of 17x17; expected",
    ),
    "an unknown pattern": ([WHOLE, {**AWAY, "pattern": "jump"}], "line 2, pattern: "),
    "empty words": ([{**WHOLE, "next": " "}], "line 1, next: got ' '"),
    "no next": ([{"image": "current.png", "output": "a.png"}], "line 1: required: --next"),
    "no output": ([CLOSER], "line 1: required: -o/--output"),
    "no way to cut": ([{**WHOLE, "pattern": []}], "line 1: nothing says how the cut goes"),
    "a missing picture": ([WHOLE, {**AWAY, "image": "none.png"}], "line 2: none.png: does not"),
    "another kind of output": ([{**WHOLE, "output": "a.jpg"}], "line 1: a.jpg: is no name"),
    "one file twice": ([WHOLE, {**AWAY, "output": "./next.png"}], "next.png is also of requests"),
    "onto a current shot": ([{**OTHER, "output": "current.png"}, AWAY], "current.png is also of"),
    "nothing": ([" "], "requests.jsonl: holds no request"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_line_that_cannot_be_used_is_named_before_any_work(
    case: str, batch: Batch, desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines, said = BAD[case]
    assert batch(*lines) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert said in err
    assert {path.name for path in desk.iterdir()} == {"current.png", "other.png", "requests.jsonl"}


@pytest.mark.usefixtures("desk")
def test_a_file_that_cannot_be_read_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    for name, said in (("none.jsonl", "none.jsonl: does not exist"), (".", ": is a folder")):
        assert said in refused(["generate", "--batch", name], capsys)
