"""`cut2next lora`, as typed, and `generate --lora`."""

import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.cli.running import run
from tests.generation.loras import merged, text_lora, with_lora, written
from tests.generation.toy import picture, toy

from cut2next.generation.pipeline import Cut2NextPipeline
from cut2next.generation.provenance import read_provenance


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the toy model, a LoRA for it and a current shot."""
    monkeypatch.chdir(tmp_path)
    toy().save_pretrained(tmp_path / "model")
    written(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("desk")
def test_info_tells_what_a_file_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("lora", "info", "mine.safetensors") == 0
    shown = dict(line.split(":", 1) for line in capsys.readouterr().out.splitlines())
    assert {name: text.strip() for name, text in shown.items()} == {
        "matrices": "22",
        "rank": "4",
        "scale": "1.5",
        "numbers": "8,960",
        "precision": "float32",
        "table": "closed",
        "prompt tokens": "relational prompt 5, current prompt 6, next prompt 7",
        "base": "unknown",
        "earlier shots": "0",
    }


@pytest.mark.usefixtures("desk")
def test_info_says_what_a_strangers_file_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    save_file(load_file("mine.safetensors"), "style.safetensors")
    assert run("lora", "info", "style.safetensors") == 0
    assert "it goes with any table" in capsys.readouterr().out


KINDS = {
    "LoKr": {"lora_unet_x.lokr_w1": 2, "lora_unet_x.lokr_w2": 2},
    "LoHa": {"lora_unet_x.hada_w1_a": 2, "lora_unet_x.alpha": 1},
    "LoRA": {"lora_unet_input_blocks_1.lora_down.weight": 2},
    "no LoRA": {"encoder.weight": 2},
}


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("kind", KINDS)
def test_info_tells_what_cannot_be_used_for_what_it_is(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    save_file({name: torch.ones(n) for name, n in KINDS[kind].items()}, "other.safetensors")
    assert run("lora", "info", "other.safetensors") == 0
    shown = dict(line.split(":", 1) for line in capsys.readouterr().out.splitlines())
    assert (shown["kind"].strip(), shown["precision"].strip()) == (kind, "float32")
    assert int(shown["tensors"]) == len(KINDS[kind])
    assert min(KINDS[kind]) in shown["not usable"]


@pytest.mark.usefixtures("desk")
def test_what_else_a_file_holds_is_told_and_converted(capsys: pytest.CaptureFixture[str]) -> None:
    text = "text_encoder.text_model.encoder.layers.0.mlp.fc1"
    more = {
        f"{text}.lora_A.weight": torch.ones(4, 128),
        f"{text}.lora_B.weight": torch.ones(256, 4),
        "transformer.transformer_blocks.0.attn.to_out.0.lora_B.bias": torch.ones(32),
    }
    save_file({**load_file("mine.safetensors"), **more}, "more.safetensors")
    assert run("lora", "info", "more.safetensors") == 0
    assert re.search("with: +biases, text_encoder\n", capsys.readouterr().out)
    assert run("lora", "convert", "more.safetensors", "--to", "kohya", "-o", "k.safetensors") == 0
    names = load_file("k.safetensors")
    assert "lora_te1_text_model_encoder_layers_0_mlp_fc1.lora_up.weight" in names
    assert "lora_unet_double_blocks_0_img_attn_proj.diff_b" in names


@pytest.mark.usefixtures("desk")
def test_a_lora_of_a_text_encoder_alone_is_told_converted_and_merged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    save_file(text_lora(), "text.safetensors")
    assert (
        run("lora", "convert", "text.safetensors", "--to", "diffusers", "-o", "d.safetensors") == 0
    )
    assert run("lora", "info", "d.safetensors") == 0
    assert re.search("with: +text_encoder, no transformer\n", capsys.readouterr().out)
    assert run("lora", "merge", "d.safetensors:0.5", "--model", "model", "-o", "out") == 0
    layer = "encoder.layers.0.mlp.fc1"
    before, after = (
        Cut2NextPipeline.from_pretrained(folder).text_encoder.get_submodule(layer).weight
        for folder in ("model", "out")
    )
    torch.testing.assert_close(after - before, torch.full_like(after, 0.5 * 2), rtol=0, atol=1e-6)


@pytest.mark.usefixtures("desk")
def test_convert_writes_kohyas_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("lora", "convert", "mine.safetensors", "--to", "kohya", "-o", "k.safetensors") == 0
    assert capsys.readouterr().out == "k.safetensors\n"
    assert "lora_unet_double_blocks_0_img_attn_qkv.alpha" in load_file("k.safetensors")


@pytest.mark.usefixtures("desk")
def test_merge_works_a_lora_into_the_weights() -> None:
    assert run("lora", "merge", "mine.safetensors", "--model", "model", "-o", "out") == 0
    found = Cut2NextPipeline.from_pretrained("out").transformer.state_dict()
    expected = merged(with_lora().transformer)
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        torch.testing.assert_close(found[name], tensor, rtol=0, atol=1e-6)


def test_generate_takes_loras_and_the_png_tells_them(desk: Path) -> None:
    picture().save(desk / "current.png")
    generate = ["generate", "current.png", "--pattern", "cut-in", "--next", "blue dog"]
    plain = [*generate, "--model", "model", "-o", "plain.png"]
    assert run(*plain) == 0
    assert run(*generate, "--model", "model", "--lora", "mine.safetensors:0.5", "-o", "n.png") == 0
    provenance = read_provenance(Path("n.png"))
    assert provenance is not None
    assert provenance.loras == {"mine": 0.5}
    assert Path("n.png").read_bytes() != Path("plain.png").read_bytes()


VAE = "model/vae/diffusion_pytorch_model.safetensors"
BAD = {
    "does not exist": ["lora", "info", "absent.safetensors"],
    "damaged": ["lora", "info", "model/model_index.json"],
    "no LoRA": ["lora", "convert", VAE, "--to", "kohya", "-o", "x.safetensors"],
    "no such folder": ["lora", "convert", "mine.safetensors", "--to", "kohya", "-o", "no/x.st"],
    "is not empty": ["lora", "merge", "mine.safetensors", "--model", "model", "-o", "model"],
    "made for a matrix": ["lora", "merge", "mine.safetensors", "--model", "mini", "-o", "out"],
    "invalid choice": ["lora", "convert", "mine.safetensors", "--to", "xlabs", "-o", "x.st"],
    "unknown model": ["lora", "merge", "mine.safetensors", "--model", "none", "-o", "out"],
    "second LoRA": ["lora", "merge", *["mine.safetensors"] * 2, "--model", "model", "-o", "out"],
}


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("message", BAD)
def test_what_cannot_be_done_is_refused_in_one_line(
    message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*BAD[message]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1
    assert not list(Path().glob("*.part"))
    assert not Path("out").exists() or not list(Path("out").iterdir())
