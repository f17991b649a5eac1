"""`cut2next plan`, as typed, and how `generate` loads a large model."""

import json
from pathlib import Path

import pytest
import torch
from tests.backbones.flux1.test_single_file import as_gguf
from tests.cli.running import run
from tests.generation.loras import written
from tests.generation.test_memory import flux1
from tests.generation.toy import picture, toy

from cut2next.film.keyframe import read_keyframe
from cut2next.generation.provenance import read_provenance

GENERATE = ["generate", "current.png", "--pattern", "cut-in", "--next", "blue dog"]
MODEL = ["--model", "model", "-o", "next.png"]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the toy model and a current shot."""
    monkeypatch.chdir(tmp_path)
    toy().save_pretrained(tmp_path / "model")
    picture().save("current.png")
    return tmp_path


def test_it_plans_for_full_size_without_weights(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in flux1(desk / "model").glob("*/*.safetensors"):
        path.unlink()
    index = desk / "model" / "model_index.json"
    index.write_text(json.dumps({**json.loads(index.read_text()), "table": "paper"}))
    assert run("plan", "--model", "model", "--vram", "24") == 0
    shown = capsys.readouterr().out
    assert shown.startswith("model at 1024x576, paper table, 6 + 5 + 7 tokens of prompts")
    rows = {line.split()[0]: line.split()[1:] for line in shown.splitlines()[2:6]}
    assert list(rows) == ["bf16", "int8", "fp8", "nf4"]
    assert 30 < float(rows["bf16"][0]) < 36
    assert shown.endswith(
        "for 24.0 GiB: --precision bf16 --placement released (pictures in tiles)\n"
    )
    assert any(cell.startswith("(") for cell in rows["bf16"])  # tiles make a difference


@pytest.mark.usefixtures("desk")
def test_flux1_is_planned_for_without_the_hub(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("cut2next.generation.weights.downloaded", pytest.fail)
    model = ["--model", "black-forest-labs/FLUX.1-dev", "--vram", "24"]
    assert run("plan", *model, "--count", "4", "--shots", "2") == 0
    shown = capsys.readouterr().out
    assert "tokens of prompts, 4 pictures at a time, 2 shots kept: GiB on the card" in shown
    # One picture takes 34.4; a further shot takes 1.7, four pictures that share one little more.
    assert 36.1 < float(shown.splitlines()[2].split()[1]) < 42
    assert run("plan", *model, "--earlier-shots", "3") == 0
    shown = capsys.readouterr().out
    assert "tokens of prompts, 3 earlier shots read: GiB on the card" in shown
    # Each takes 1.7, and its keys once more, turned.
    assert 34.4 + 3 * 1.5 * 1.7 < float(shown.splitlines()[2].split()[1]) < 34.4 + 3 * 1.5 * 1.9
    assert run("plan", "--model", "FLUX.1-dev") == 2
    assert "did you mean black-forest-labs/FLUX.1-dev?" in capsys.readouterr().err


@pytest.mark.usefixtures("desk")
def test_where_there_is_no_card_it_plans_for_ram_and_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a card")
    assert run("plan", "--model", "model") == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].endswith("GiB of RAM at a time")
    assert shown[-1].startswith("no GPU here: for ")
    assert "GiB of RAM: --precision bf16 --placement resident" in shown[-1]


def test_a_lora_tells_the_table(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lora = str(written(desk, "cut2next", 1))
    assert run("plan", "--model", "model", "--lora", f"{lora}:0.5") == 0
    assert "closed table" in capsys.readouterr().out


def test_gguf_stays_as_it_is(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(as_gguf(desk / "small"))
    assert run("plan", "--model", "model", "--transformer", file, "--vram", "8") == 0
    rows = capsys.readouterr().out.splitlines()[2:]
    assert rows[0].startswith("as is")
    assert rows[1].startswith("(in parentheses")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--vram", "3"], "3.0 GiB of memory; expected"),
        (["--vram", "0"], "got '0'; expected GiB"),
        (["--size", "100x100"], "multiples of 16"),
        (["--model", "nowhere"], "unknown model 'nowhere'"),
        (["--lora", "none.safetensors"], "none.safetensors: does not exist"),
        (["--transformer", "none.gguf"], "none.gguf: no such file"),
    ],
)
def test_what_cannot_be_planned_is_one_line(
    arguments: list[str], message: str, desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flux1(desk / "model")
    assert run("plan", "--model", "model", *arguments) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("precision", ["bf16", "int8", "fp8", "nf4"])
def test_a_large_model_is_loaded_as_asked(precision: str, desk: Path) -> None:
    lora = ["--lora", f"{written(desk, 'cut2next', 1)}:0.5"]
    assert run(*GENERATE, *MODEL, *lora, "--precision", precision, "--vram", "auto") == 0
    provenance = read_provenance(Path("next.png"))
    assert provenance is not None
    assert provenance.precision == precision
    assert provenance.loras == {"cut2next": 0.5}


@pytest.mark.usefixtures("desk")
def test_a_large_model_is_looked_at_before_it_is_loaded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("cut2next.generation.plan.LARGE", 1)
    assert run(*GENERATE, *MODEL) == 0
    provenance = read_provenance(Path("next.png"))
    assert provenance is not None
    assert provenance.precision == "bf16"

    monkeypatch.setattr("cut2next.generation.device.psutil.virtual_memory", Little)
    assert run(*GENERATE, *MODEL[:2], "-o", "other.png") == 2
    assert "0.0 GiB of memory; expected" in capsys.readouterr().err
    assert not Path("other.png").exists()


class Little:
    """A machine whose memory is full."""

    available = 1000


@pytest.mark.usefixtures("desk")
def test_where_there_is_no_card_nothing_can_be_placed(capsys: pytest.CaptureFixture[str]) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a card")
    assert run(*GENERATE, *MODEL, "--placement", "group") == 2
    assert "placements need a CUDA card" in capsys.readouterr().err


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
        MemoryError(),
    ],
)
def test_running_out_of_memory_is_one_line(
    error: Exception,
    desk: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def full(*_: object) -> None:
        raise error

    monkeypatch.setattr("cut2next.generation.pipeline.denoised", full)
    assert run(*GENERATE, *MODEL) == 2
    err = capsys.readouterr().err.splitlines()
    assert err[-1].startswith("cut2next: too little memory (")
    assert not (desk / "next.png").exists()


def pixels(path: str) -> bytes:
    return read_keyframe(Path(path)).tobytes()


@pytest.mark.usefixtures("desk")
def test_strengths_and_size_are_used_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*GENERATE, *MODEL) == 0
    plain = pixels("next.png")
    for changed in (["--relational-strength", "0.5"], ["--current-strength", "1.5"]):
        assert run(*GENERATE, *MODEL[:2], "-o", "other.png", *changed) == 0
        assert pixels("other.png") != plain
    changed = ["--relational-strength", "0.5", "--current-strength", "1.5", "--size", "32x64"]
    assert run(*GENERATE, *MODEL, *changed, "--guidance", "2") == 0
    assert read_keyframe(Path("next.png")).size == (32, 64)
    provenance = read_provenance(Path("next.png"))
    assert provenance is not None
    assert (provenance.relational_strength, provenance.current_strength) == (0.5, 1.5)
    assert provenance.guidance_scale is None
    assert "not distilled for guidance, and hears none" in capsys.readouterr().err
    assert run(*GENERATE, *MODEL, "--current-strength", "5") == 2
    assert "a number from 0 to 4" in capsys.readouterr().err
