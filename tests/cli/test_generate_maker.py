"""`cut2next generate --maker` and `--maker-url`, as typed."""

import json
from pathlib import Path

import pytest
from PIL import Image
from tests.cli.running import PROMPT, refused, run
from tests.makers.edits_server import EditsServer, as_asked, png, refusal

from cut2next.film import EditingPattern
from cut2next.film.keyframe import read_keyframe
from cut2next.film.png_prompt import read_png_prompt
from cut2next.generation.provenance import read_provenance
from cut2next.makers.requested import read_made

GENERATE = ["generate", "current.png", "--pattern", "cut-in", "--next", "<Rex> (blue dog)"]
MAKER = """
from PIL import Image
from cut2next.makers import Asked, Brief, Made

def grey(brief: Brief) -> Image.Image:
    return Image.new("RGB", brief.size, (brief.seed, 0, 0))

def small(brief: Brief) -> Image.Image:
    return Image.new("RGB", (16, 16))

def broken(brief: Brief) -> Image.Image:
    raise RuntimeError("no" + chr(10) + "more")

def black(brief: Brief) -> Made:
    asked = Asked(words="black", size=(8, 8), steps=3, guidance=2.5, settings={"by": "hand"})
    return Made(picture=Image.new("RGB", brief.size), asked=asked)
"""


@pytest.fixture(autouse=True)
def at_the_desk(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (desk / "mine.py").write_text(MAKER)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def test_a_function_makes_the_next_shot_and_the_picture_tells_of_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(*GENERATE, "--seed", "5", "--maker", "mine.py:grey", "-o", "next.png") == 0
    assert capsys.readouterr().out == "next.png\n"
    picture = read_keyframe(Path("next.png"))
    assert picture.size == (48, 32)
    assert picture.getpixel((0, 0)) == (5, 0, 0)
    told = read_made(Path("next.png"))
    assert told is not None
    assert (told.maker, told.asked.seed) == ("grey", 5)
    assert told.prompt.current == PROMPT
    assert told.patterns == {EditingPattern.CUT_IN}
    assert told.asked.words == told.prompt.text
    assert read_provenance(Path("next.png")) is None  # which is of our own models


def test_its_picture_may_be_the_current_shot_of_another(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(*GENERATE, "--maker", "mine.py:black", "-o", "next.png") == 0
    shown = read_png_prompt(read_keyframe(Path("next.png")))
    assert shown is not None
    assert shown.summary == "<Rex> (blue dog)"
    with Image.open("next.png") as file:
        assert file.info["parameters"].startswith("black\nSteps: 3, CFG scale: 2.5, Size: 48x32")
        assert "trainedAlgorithmicMedia" in file.info["XML:com.adobe.xmp"]


def test_several_are_made_by_seeds_at_the_size_that_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = ["--count", "2", "--seed", "7", "--size", "33x17", "--maker", "mine.py:grey"]
    assert run(*GENERATE, *said, "-o", "next.png") == 0
    assert capsys.readouterr().out == "next-1.png\nnext-2.png\n"
    second = read_keyframe(Path("next-2.png"))
    assert (second.size, second.getpixel((0, 0))) == ((33, 17), (8, 0, 0))


def test_a_server_is_named_by_its_url_and_its_model() -> None:
    with EditsServer() as server:
        url = ["--maker-url", f"{server.url}/v1?api-version=3", "--maker-model", "a b"]
        assert run(*GENERATE, "--relation", "same grass", *url, "-o", "next.png") == 0
    (request,) = server.came
    assert request.path == "/v1/images/edits?api-version=3"
    assert request.fields["model"] == b"a b"
    assert b"same grass" in request.fields["prompt"]
    assert b"Rex (blue dog)" in request.fields["prompt"]
    told = read_made(Path("next.png"))
    assert told is not None
    assert told.asked.settings["url"] == f"{server.url}/v1/images/edits"
    assert "api-version" not in Path("next.png").read_bytes().decode(errors="replace")


def test_a_batch_goes_on_where_it_was_cut_off(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        {"image": "current.png", "output": f"{number}.png", "next": f"dog {number}"}
        for number in range(3)
    ]
    Path("all.jsonl").write_text("\n".join(map(json.dumps, lines)))
    batch = ["generate", "--batch", "all.jsonl", "--pattern", "cut-in"]
    with EditsServer() as server:
        typed = [*batch, "--maker-url", server.url, "--maker-model", "x"]
        server.always = lambda _: refusal(401, "no")
        assert run(*typed) == 2
        assert "401 (no)" in capsys.readouterr().err
        server.came.clear()
        server.always = as_asked
        assert run(*typed) == 0
        Path("1.png").unlink()
        assert run(*typed) == 0
        assert len(server.came) == 4
        assert "2 made already, and left as they are" in capsys.readouterr().err
        assert run(*batch, "--maker-url", server.url, "--maker-model", "y") == 0
        assert len(server.came) == 7


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--maker", "mine.py:none"], "mine.py: has no function none"),
        (["--maker", "none.py:grey"], "none.py: does not exist"),
        (["--maker", "no such"], "unknown model 'no such'"),
        (["--maker", "mine.py:broken"], "current.png, seed 0: RuntimeError: no more"),
        (["--maker", "mine.py:small"], "a picture of 16x16; expected 48x32"),
        (["--maker", "mine.py:grey", "--maker-url", "http://host"], "--maker and --maker-url"),
        (["--maker-model", "x"], "--maker-model alone; expected --maker-url with it"),
        (["--maker", "mine.py:grey", "--model", "other"], "--model with another maker"),
        (["--maker", "mine.py:grey", "--steps", "3"], "--steps with another maker"),
        (["--maker", "mine.py:grey", "--guidance", "3"], "--guidance with another maker"),
        (["--maker", "mine.py:grey", "--lora", "x.safetensors"], "--lora with another maker"),
        (["--maker", "mine.py:grey", "--relational-strength", "0"], "--relational-strength with"),
        (["--maker", "mine.py:grey", "--vram", "24"], "--vram with another maker"),
        (["--maker-url", "ftp://host"], "unknown model 'ftp://host'"),
        (["--maker-url", "http://u:secret@host/v1"], "a URL with a password"),
        (["--maker", "mine.py:grey", "--sheet"], "--sheet by a maker"),
        (["--maker", "comfyui:none.json"], "none.json: does not exist"),
        (["--maker", "comfyui:mine.py"], "mine.py: is no JSON"),
        (["--maker", "comfyui:mine.py?server=http://u:secret@host"], "mine.py: is no JSON"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_and_leaves_nothing(
    more: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line = refused([*GENERATE, *more, "-o", "next.png"], capsys)
    assert said in line
    assert "secret" not in line
    assert not Path("next.png").exists()


def test_in_a_batch_the_line_is_told_that_asks_for_what_a_maker_does_not_hear(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("all.jsonl").write_text(
        '{"image": "current.png", "output": "1.png", "next": "dog", "steps": 3}'
    )
    typed = ["generate", "--batch", "all.jsonl", "--pattern", "cut-in", "--maker", "mine.py:grey"]
    assert "all.jsonl, line 1: --steps with another maker" in refused(typed, capsys)


def test_a_picture_of_somebody_else_is_not_taken_for_made() -> None:
    Path("next.png").write_bytes(png((48, 32)))
    assert read_made(Path("next.png")) is None
