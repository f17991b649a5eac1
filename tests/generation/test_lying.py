"""A model's folder and a LoRA's file from a stranger: refused in a line, or they do no harm."""

import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.attack.invoking import Outcome, invoke
from tests.cli.conftest import weights as weights
from tests.generation.loras import written
from tests.generation.lying import Lie, chosen, header_of, lying, reheaded, within
from tests.generation.toy import picture
from tests.recipes.folders import film_folder
from tests.recipes.lora.flux import flux_folder

from cut2next.backbones.lora_reading import PeftConfig
from cut2next.film import Cut2NextError, WeightsError, word_trial
from cut2next.film.paths import refused
from cut2next.generation.lora_file import read_lora
from cut2next.generation.pipeline import Cut2NextPipeline
from cut2next.generation.weights import check_weights, framing_in


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder to work in, with a current shot."""
    picture().save(tmp_path / "current.png")
    return tmp_path


def changed(folder: Path, file: str, **settings: Any) -> Path:
    path = folder / file
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **settings}))
    return folder


def line_of(folder: Path) -> str:
    """The one line by which a folder is refused before anything is built by it."""
    with pytest.raises(Cut2NextError) as refused:
        check_weights(folder)
    return one_line(refused.value)


def one_line(error: object) -> str:
    assert str(error).isprintable(), error
    return str(error)


def test_every_setting_is_read_or_refused_in_a_line(saved: Path, tmp_path: Path) -> None:
    refusals = list[str]()
    for number, lie in enumerate(chosen(saved, 120, seed=18)):
        folder = lying(saved, lie, tmp_path / str(number))
        try:
            with within():
                check_weights(folder)
                framing_in(folder)
        except Cut2NextError as error:
            refusals.append(one_line(error))
        shutil.rmtree(folder)
    assert len(refusals) > 40


@pytest.mark.parametrize(
    ("file", "settings", "said"),
    [
        ("model_index.json", {"default_size": [-1, 0, 3]}, "default_size"),
        ("model_index.json", {"default_size": [16, 10**9]}, "default_size.1=1000000000"),
        ("model_index.json", {"default_size": [8192, 8192]}, "up to 4,194,304 pixels"),
        ("model_index.json", {"default_steps": 10**9}, "default_steps=1000000000"),
        ("model_index.json", {"repertoire": 7}, "repertoire=7"),
        ("model_index.json", {"knows": "\033[2J"}, "one line without control"),
        ("model_index.json", {"prompt_tokens": {"next prompt": 10**9}}, "prompt_tokens.next"),
        ("transformer/config.json", {"axes_dims_rope": [4, 5, 7]}, "axes_dims_rope of even"),
        ("transformer/config.json", {"num_layers": 10**9}, "num_layers=1000000000"),
        ("transformer/config.json", {"num_attention_heads": "2"}, "num_attention_heads='2'"),
        ("transformer/config.json", {"in_channels": 32}, "in_channels=32, its vae makes 64"),
        ("transformer/config.json", {"joint_attention_dim": 64}, "its text_encoder_2 makes 128"),
        ("vae/config.json", {"scaling_factor": float("nan")}, "scaling_factor=nan"),
        ("vae/config.json", {"scaling_factor": 0}, "scaling_factor=0"),
        ("vae/config.json", {"shift_factor": float("inf")}, "shift_factor=inf"),
        ("vae/config.json", {"block_out_channels": [8] * 100}, "block_out_channels"),
        ("text_encoder/config.json", {"auto_map": {"AutoModel": "x.Y"}}, "auto_map"),
        ("text_encoder/config.json", {"attn_implementation": "a/kernel"}, "attn_implementation"),
        ("text_encoder_2/config.json", {"num_layers": -1}, "num_layers=-1"),
        ("text_encoder_2/config.json", {"relative_attention_max_distance": 7}, "over 8"),
        ("scheduler/scheduler_config.json", {"num_train_timesteps": 10**9}, "num_train"),
        ("scheduler/scheduler_config.json", {"max_image_seq_len": 256}, "over 256, the base's"),
        ("tokenizer/tokenizer_config.json", {"model_max_length": [1]}, "model_max_length"),
        ("tokenizer_2/tokenizer_config.json", {"extra_ids": 10**9}, "extra_ids"),
    ],
)
def test_a_setting_is_typed_and_bounded(
    copied: Path, file: str, settings: dict[str, Any], said: str
) -> None:
    line = line_of(changed(copied, file, **settings))
    assert said in line
    assert file.partition("/")[0] in line


@pytest.mark.parametrize(
    ("component", "named"),
    [
        ("vae", ["evil", "Evil"]),
        ("text_encoder", ["os", "system"]),
        ("transformer", ["diffusers", "Transformer2DModel"]),
        ("tokenizer", ["transformers", "T5EncoderModel"]),
    ],
)
def test_no_class_but_a_backbones_own_is_ever_imported(
    copied: Path, monkeypatch: pytest.MonkeyPatch, component: str, named: list[str]
) -> None:
    for place in (copied, copied / component):
        (place / "evil.py").write_text(f"open({str(copied / 'ran')!r}, 'w')\nclass Evil: pass\n")
    monkeypatch.syspath_prepend(copied)
    changed(copied, "model_index.json", **{component: named})
    with pytest.raises(WeightsError, match=rf"names no {component} that there is"):
        Cut2NextPipeline.from_pretrained(copied)
    assert "evil" not in sys.modules
    assert not (copied / "ran").exists()


@pytest.mark.parametrize("file", ["model_index.json", "vae/config.json", "tokenizer/words.txt"])
def test_a_pipe_is_not_waited_for(copied: Path, file: str) -> None:
    (copied / file).unlink(missing_ok=True)
    os.mkfifo(copied / file)
    with within():
        assert f"{file}: is a pipe" in line_of(copied)


def test_a_huge_file_is_not_read(copied: Path) -> None:
    os.truncate(copied / "vae/config.json", 2**31)
    begun = time.perf_counter()
    assert "vae/config.json: is too large" in line_of(copied)
    assert time.perf_counter() - begun < 1


def test_json_too_deep_is_refused(copied: Path) -> None:
    (copied / "vae/config.json").write_text('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}")
    assert "is no JSON" in line_of(copied)


@pytest.mark.parametrize("name", ["../../x.safetensors", "/etc/passwd", "a\0.safetensors", 5])
def test_weights_lie_beside_their_index(copied: Path, name: object) -> None:
    (path,) = (copied / "vae").glob("*.safetensors")
    (copied / "x.safetensors").write_bytes(path.read_bytes())
    index = {"weight_map": dict.fromkeys(load_file(path), name)}
    path.with_suffix(".safetensors.index.json").write_text(json.dumps(index))
    told = line_of(copied)
    assert "index.json" in told
    assert "which is elsewhere" in told or "weight_map" in told


def test_weights_that_are_not_there_are_not_made_room_for(copied: Path) -> None:
    """A configuration asks for 20 times as many numbers as are there, each tensor in its shape."""
    changed(copied, "transformer/config.json", num_layers=64)
    with pytest.raises(WeightsError, match=r"transformer: holds [\d,]+ numbers, its conf"):
        Cut2NextPipeline.from_pretrained(copied)


def test_whole_numbers_are_no_weights(copied: Path) -> None:
    (path,) = (copied / "transformer").glob("*.safetensors")
    tensors = {name: x.view(torch.int32) for name, x in load_file(path).items()}
    save_file(tensors, path, metadata={"format": "pt"})
    with pytest.raises(WeightsError, match=r"transformer: .* in I32"):
        Cut2NextPipeline.from_pretrained(copied)


def test_a_header_is_no_flood(copied: Path) -> None:
    (path,) = (copied / "vae").glob("*.safetensors")
    header, content = header_of(path)
    reheaded(path, {**header, "__metadata__": {"a": "b" * 2**24}}, content)
    assert "a header of 16," in line_of(copied)


PANICS = {"type": "Precompiled", "precompiled_charsmap": "AAAA"}
GROWS = {"type": "Replace", "pattern": {"Regex": "."}, "content": "aa"}


def test_a_tokenizer_that_panics_is_refused_in_a_line(
    copied: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    changed(copied, "tokenizer_2/tokenizer.json", normalizer=PANICS)
    with pytest.raises(
        WeightsError, match="tokenizer_2: has a tokenizer that does not read"
    ) as refused:
        Cut2NextPipeline.from_pretrained(copied)
    assert one_line(refused.value)
    assert "panicked" not in capfd.readouterr().err


def test_a_tokenizer_that_never_ends_is_ended(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_trial, "SECONDS", 1)
    grows = {"type": "Sequence", "normalizers": [GROWS] * 30}
    changed(copied, "tokenizer/tokenizer.json", normalizer=grows)
    with pytest.raises(Cut2NextError, match=r"tokenizer: has .* \(too long, or too large"):
        word_trial.check_words([copied / "tokenizer", copied / "tokenizer_2"], refused)


def test_a_tokenizer_that_says_more_words_than_the_encoder_knows_is_refused(copied: Path) -> None:
    path = copied / "tokenizer_2/tokenizer.json"
    held = json.loads(path.read_bytes())
    held["model"]["vocab"]["fox"] = 10**6
    path.write_text(json.dumps(held))
    pipe = Cut2NextPipeline.from_pretrained(copied)
    with pytest.raises(WeightsError, match="says number 1000000 to an encoder of"):
        pipe.backbone.encode_text(["a red fox"], 5)


def test_a_lora_is_read_or_refused_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "true").mkdir()
    file = written(tmp_path / "true").name
    refusals = list[str]()
    for number, lie in enumerate(chosen(tmp_path / "true", 150, seed=18)):
        folder = lying(tmp_path / "true", lie, tmp_path / str(number))
        try:
            with within():
                read_lora(folder / file)
        except WeightsError as error:
            refusals.append(one_line(error))
        shutil.rmtree(folder)
    assert len(refusals) > 75


@pytest.mark.parametrize(
    "config",
    [
        {"lora_alpha": "6"},
        {"lora_alpha": float("inf")},
        {"alpha_pattern": {"(a+)+$": 1.0}},
        {"alpha_pattern": ["attn"]},
        {"init_lora_weights": [1]},
        {"use_rslora": "yes"},
    ],
)
def test_pefts_configuration_is_typed(tmp_path: Path, config: dict[str, Any]) -> None:
    file = written(tmp_path).rename(tmp_path / "adapter_model.safetensors")
    tensors = {name: x for name, x in load_file(file).items() if not name.endswith(".alpha")}
    save_file(tensors, file)
    (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    with pytest.raises(WeightsError, match=f"{min(config)}.*, expected") as refused:
        read_lora(file)
    assert one_line(refused.value)
    assert min(config) in PeftConfig.model_fields


def told(outcome: Outcome, lie: Lie) -> None:
    """It was done, or refused in a line."""
    assert outcome.code in (0, 2), (lie.name, outcome)
    assert "Traceback" not in outcome.err, (lie.name, outcome)
    assert outcome.code == 0 or outcome.err.count("\n") == 1, (lie.name, outcome)
    assert "\033" not in outcome.err + outcome.out, (lie.name, outcome)


def generated(model: Path, desk: Path, *more: str) -> Outcome:
    said = ["--current", "red fox", "--next", "blue dog", "--relation", "look near"]
    made = ["generate", "current.png", *said, "--model", str(model), *more, "-o", "next.png"]
    return invoke(made, desk)


@pytest.mark.parametrize("count", [4, pytest.param(150, marks=pytest.mark.slow)])
def test_generate_is_refused_in_a_line_or_makes_a_picture(
    weights: Path, desk: Path, count: int
) -> None:
    for number, lie in enumerate(chosen(weights, count, seed=count)):
        told(generated(lying(weights, lie, desk / str(number)), desk), lie)


@pytest.mark.slow
def test_plan_and_training_are_refused_in_a_line_or_done(desk: Path) -> None:
    base = flux_folder(desk / "flux")
    film_folder(desk / "cuts", count=5)
    few = "--rank 2 --batch 2 --each 2 --groups 1 --steps 1 --held-out 1 --size 64x48 --quiet"
    train = ["train", "film", "cuts", *few.split()]
    for number, lie in enumerate(chosen(base, 15, seed=3)):
        folder = str(lying(base, lie, desk / str(number)))
        run = [*train, "--model", folder, "--out", f"run-{number}"]
        asked = run if number % 3 else ["plan", "--model", folder]
        told(invoke(asked, desk, within=300), lie)


@pytest.mark.slow
def test_loras_are_refused_in_a_line_or_put_on(weights: Path, desk: Path) -> None:
    (desk / "true").mkdir()
    file = written(desk / "true").name
    for number, lie in enumerate(chosen(desk / "true", 60, seed=5)):
        path = str(lying(desk / "true", lie, desk / str(number)) / file)
        told(invoke(["lora", "info", path], desk), lie)
        told(generated(weights, desk, "--lora", path), lie)
