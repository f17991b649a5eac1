"""`cut2next generate`, as typed: what it makes, and what it says."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image, ImageOps
from safetensors.torch import load_file, save_file
from tests.cli.running import PROMPT, refused, run
from tests.generation.toy import toy

from cut2next.film import IndividualPrompt
from cut2next.film.keyframe import read_keyframe
from cut2next.generation.model_choice import ModelChoice
from cut2next.generation.provenance import read_provenance

GENERATE = ["generate", "current.png", "--pattern", "cut-in", "--next", "<Rex> (blue dog)"]


@pytest.mark.usefixtures("desk")
def test_a_next_shot_is_made_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*GENERATE, "--seed", "5", "-o", "next.png") == 0
    out, err = capsys.readouterr()
    assert out == "next.png\n"
    assert err.splitlines() == [
        "cut2next: current prompt, from current.png: red fox on grass.",
        "cut2next: relational prompt: With <Rex> (blue dog). The transition between shots is a "
        "cut-in: the camera goes closer to <Rex>. Background, light and color stay the same. "
        "Faces and clothes stay the same.",
    ]
    assert read_keyframe(Path("next.png")).size == (48, 32)
    provenance = read_provenance(Path("next.png"))
    assert provenance is not None
    assert provenance.prompt.current == PROMPT
    assert provenance.prompt.next == IndividualPrompt(summary="<Rex> (blue dog)")
    assert (provenance.model, provenance.table, provenance.seed, provenance.steps) == (
        "mini",
        "closed",
        5,
        1,
    )


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(("seconds", "words"), [(59.0, None), (7200.0, "2.0 h"), (None, None)])
def test_what_takes_long_is_told_before_it_is_begun(
    seconds: float | None,
    words: str | None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(ModelChoice, "seconds", lambda *_: seconds)
    assert run(*GENERATE, "-o", "next.png") == 0
    first = capsys.readouterr().err.splitlines()[0]
    line = f"cut2next: without a CUDA card a picture takes at the very least {words}"
    assert (first == line) == (words is not None)


def test_a_broken_autoencoder_makes_no_black_picture(
    desk: Path, weights: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = desk / "broken"
    shutil.copytree(weights, broken)
    file = broken / "vae/diffusion_pytorch_model.safetensors"
    tensors = load_file(file)
    tensors["decoder.conv_out.bias"].fill_(torch.nan)
    save_file(tensors, file, metadata={"format": "pt"})
    monkeypatch.setattr("cut2next.generation.weights.SHIPPED", {"mini": lambda: broken})
    assert run(*GENERATE, "-o", "next.png") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "a next shot that is not of finite numbers, made by the autoencoder" in err
    assert not Path("next.png").exists()


def test_several_are_what_each_alone_would_be(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*GENERATE, "--count", "2", "--seed", "5", "-o", "next.png") == 0
    assert capsys.readouterr().out == "next-1.png\nnext-2.png\n"
    assert run(*GENERATE, "--seed", "6", "-o", "alone.png") == 0
    assert Path("next-2.png").read_bytes() == Path("alone.png").read_bytes()
    assert Path("next-1.png").read_bytes() != Path("alone.png").read_bytes()
    assert {path.name for path in desk.iterdir()} == {
        "current.png", "next-1.png", "next-2.png", "alone.png"
    }  # fmt: skip


@pytest.mark.usefixtures("desk")
def test_the_next_shot_may_be_the_current_one_of_another(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(*GENERATE, "-o", "next.png") == 0
    again = ["generate", "next.png", "--pattern", "cutaway", "--next", "grass", "-o", "third.png"]
    assert run(*again) == 0
    assert "current prompt, from next.png: <Rex> (blue dog).\n" in capsys.readouterr().err


@pytest.mark.usefixtures("desk")
def test_what_is_said_is_used_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    said = ["--relation", "same grass", "--current", "one fox", "--steps", "2"]
    assert run(*GENERATE, *said, "--pattern", "Multi-Angle", "-o", "next.png") == 0
    assert capsys.readouterr().err == ""
    provenance = read_provenance(Path("next.png"))
    assert provenance is not None
    assert provenance.steps == 2
    assert provenance.prompt.current == IndividualPrompt(summary="one fox")
    assert provenance.prompt.relational.scene == "same grass"
    assert "a cut-in" in provenance.prompt.relational.transition
    assert "a multi-angle cut" in provenance.prompt.relational.transition


@pytest.mark.usefixtures("desk")
def test_a_relation_alone_says_how_the_cut_goes() -> None:
    said = ["--next", "grass", "--relation", "back to the wide shot"]
    assert run("generate", "current.png", *said, "-o", "next.png") == 0
    provenance = read_provenance(Path("next.png"))
    assert provenance is not None
    assert provenance.prompt.relational.text == "back to the wide shot."


def test_a_picture_from_elsewhere_gets_one_honest_line(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.effect_noise((64, 50), 80).convert("CMYK").save(desk / "photo.jpg")
    said = ["--pattern", "cut-in", "--relation", "near", "--next", "grass", "-o", "next.png"]
    assert run("generate", "photo.jpg", *said) == 0
    out, err = capsys.readouterr()
    assert out == "next.png\n"
    assert err.splitlines() == [
        "cut2next: photo.jpg, 64x50, was cropped to 64x48 around its centre",
        "cut2next: mini knows only toys; photo.jpg seems to come from elsewhere",
    ]
    assert read_keyframe(desk / "next.png").size == (64, 48)
    # What is made of a stranger's picture is as strange.
    said[-1] = "after.png"
    assert run("generate", "next.png", *said) == 0
    assert "next.png seems to come from elsewhere" in capsys.readouterr().err


@pytest.fixture
def one_size(desk: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The desk, where the mini model knows pictures of 64x32 alone."""
    counts = {"relational prompt": 40, "current prompt": 12, "next prompt": 12}
    folder = desk / "one-size"
    pipe = toy(prompt_tokens=counts, default_steps=1, knows="toys", default_size=[64, 32])
    pipe.save_pretrained(folder)
    monkeypatch.setattr("cut2next.generation.weights.SHIPPED", {"mini": lambda: folder})
    Image.effect_noise((256, 144), 80).convert("RGB").save(desk / "wide.png")
    return desk


CROPPED = "wide.png, 256x144, was cropped to 256x128 around its centre and scaled to 64x32, "


@pytest.mark.usefixtures("one_size")
def test_a_picture_of_another_size_than_the_model_knows_is_cropped_and_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = ["--pattern", "cut-in", "--relation", "near", "--next", "grass", "-o", "next.png"]
    assert run("--json", "generate", "wide.png", *said) == 0
    out, err = capsys.readouterr()
    assert f"cut2next: {CROPPED}the one size that mini knows" in err.splitlines()
    crop = {"image": "wide.png", "size": [256, 144], "crop": [0, 8, 256, 136], "to": [64, 32]}
    assert json.loads(out) == {"outputs": ["next.png"], "kept": [], "framed": [crop]}
    provenance = read_provenance(Path("next.png"))
    assert provenance is not None
    assert provenance.crop == (0, 8, 256, 136)
    assert read_keyframe(Path("next.png")).size == (64, 32)
    # As if it had been cropped by hand.
    by_hand = ImageOps.fit(read_keyframe(Path("wide.png")), (64, 32), Image.Resampling.LANCZOS)
    by_hand.save("by.png")
    assert run("generate", "by.png", *said[:-1], "hand.png") == 0
    assert "cropped" not in capsys.readouterr().err
    assert read_keyframe(Path("hand.png")).tobytes() == read_keyframe(Path("next.png")).tobytes()
    # Once, of several requests.
    Path("many.jsonl").write_text('{"output": "a.png"}\n{"output": "b.png", "seed": 1}')
    assert run("--json", "generate", "wide.png", *said[:-2], "--batch", "many.jsonl") == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["framed"] == [crop]
    assert err.count(CROPPED) == 1


def test_a_size_that_the_model_does_not_know_is_refused(
    one_size: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (one_size / "batch.jsonl").write_text(
        '{"output": "a.png"}\n{"output": "b.png", "size": "96x48"}'
    )
    for asked, where in (
        (["--size", "96x48"], ""),
        (["--batch", "batch.jsonl"], "batch.jsonl, line 2: "),
    ):
        error = refused([*GENERATE, "-o", "next.png", *asked], capsys)
        assert error == (
            f"cut2next: {where}a size of 96x48; expected 64x32, the only one that the model knows; "
            "leave it out\n"
        )
    assert not {"next.png", "a.png", "b.png"} & {path.name for path in one_size.iterdir()}
    assert run(*GENERATE, "--size", "64x32", "-o", "next.png") == 0


@pytest.mark.usefixtures("desk")
def test_words_that_the_model_does_not_know_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    said = ["--relation", "near", "--next", "<Zorro> (green alien), dog, alien", "-o", "next.png"]
    assert run("generate", "current.png", *said) == 0
    assert "the model does not know, and reads over: alien\n" in capsys.readouterr().err


@pytest.mark.usefixtures("desk")
def test_what_is_cut_off_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    long = "red fox one blue dog green grass far away near above below red fox blue dog"
    said = ["--next", long, "--current", long, "--relation", "near", "-o", "next.png"]
    assert run("generate", "current.png", *said) == 0
    assert capsys.readouterr().err == (
        "cut2next: too long for the model, left out of the "
        "current prompt: 'below red fox blue dog.'; next prompt: 'below red fox blue dog.'\n"
    )
    provenance = read_provenance(Path("next.png"))
    assert provenance is not None
    assert provenance.prompt.next.text == f"{long.partition(' below')[0]}."
