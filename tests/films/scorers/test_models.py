"""What is amiss with a model is said in one line, and what fits is loaded without a word."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from tests.films.footage import still
from tests.films.scorers.toys import WIDTH
from transformers import ViTForImageClassification, ViTModel
from transformers.utils import logging

from cut2next.film import WeightsError
from cut2next.films.scorers.aesthetic import AestheticScorer
from cut2next.films.scorers.classifier import ClassifierScorer

PICTURE = Image.fromarray(still(0))


def test_loading_is_silent_and_leaves_the_libraries_as_they_were(
    models: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    level, shown = logging.get_verbosity(), logging.is_progress_bar_enabled()
    AestheticScorer(str(models / "clip"), models / "deep.safetensors")(PICTURE)
    assert capfd.readouterr() == ("", "")
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == (level, shown)


def aesthetic(models: Path, head: str, model: str = "clip") -> Callable[[], object]:
    return lambda: AestheticScorer(str(models / model), models / head)


def nsfw(models: Path, model: str, label: str = "nsfw") -> Callable[[], object]:
    return lambda: ClassifierScorer("nsfw", str(models / model), label)


def test_what_does_not_fit_is_one_line(models: Path) -> None:
    heads = {
        "wide": {"weight": torch.zeros(1, 768), "bias": torch.zeros(1)},
        "flat": {"weight": torch.zeros(WIDTH), "bias": torch.zeros(1)},
        "two": {"weight": torch.zeros(2, WIDTH), "bias": torch.zeros(2)},
        "bare": {"weight": torch.zeros(1, WIDTH)},
        "other": {"embedding": torch.zeros(3)},
    }
    for name, tensors in heads.items():
        save_file(tensors, models / f"{name}.safetensors")
    torch.save(heads["bare"], models / "pickled.pth")
    (models / "nothing").mkdir()
    ViTModel.from_pretrained(models / "classifier").save_pretrained(models / "headless")
    config = models / "classifier" / "preprocessor_config.json"
    (models / "headless" / config.name).write_text(config.read_text())
    refusals: list[tuple[Callable[[], object], str]] = [
        (aesthetic(models, "missing.safetensors"), "cannot be loaded"),
        (aesthetic(models, "pickled.pth"), "cannot be loaded"),
        (aesthetic(models, "wide.safetensors"), "1 by 768; expected one that takes 8 features"),
        (aesthetic(models, "flat.safetensors"), "expected one that takes 8 features"),
        (aesthetic(models, "two.safetensors"), "is no head"),
        (aesthetic(models, "bare.safetensors"), "is no head"),
        (aesthetic(models, "other.safetensors"), "is no head"),
        (aesthetic(models, "linear.safetensors", "missing"), "cannot be loaded"),
        (aesthetic(models, "linear.safetensors", "classifier"), "lacks vision_model"),
        (nsfw(models, "missing"), "cannot be loaded"),
        (nsfw(models, "nothing"), "cannot be loaded"),
        (nsfw(models, "headless"), "lacks classifier"),
        (nsfw(models, "classifier", "gore"), "no label 'gore'; expected one of normal, nsfw"),
    ]
    for load, reason in refusals:
        with pytest.raises(WeightsError) as refusal:
            load()
        assert reason in str(refusal.value)
        assert "\n" not in str(refusal.value)


def test_code_of_a_models_own_is_neither_run_nor_asked_about(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(models / "classifier", tmp_path / "evil"))
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    own = {"AutoConfig": "evil.Config", "AutoModelForImageClassification": "evil.Model"}
    config = json.loads((folder / "config.json").read_bytes())
    (folder / "config.json").write_text(
        json.dumps({**config, "model_type": "evil", "auto_map": own})
    )
    monkeypatch.setattr("builtins.input", lambda *_: "y")
    with pytest.raises(WeightsError, match="cannot be loaded"):
        ClassifierScorer("nsfw", str(folder), "nsfw")
    assert not (tmp_path / "ran").exists()


def test_a_model_of_a_thousand_million_layers_is_not_begun(models: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(models / "classifier", tmp_path / "deep"))
    config = json.loads((folder / "config.json").read_bytes())
    (folder / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 10**9}))
    with pytest.raises(WeightsError, match="num_hidden_layers=1000000000, of which no network"):
        ClassifierScorer("nsfw", str(folder), "nsfw")


def test_a_pickled_model_is_not_loaded(models: Path, tmp_path: Path) -> None:
    model = ViTForImageClassification.from_pretrained(models / "classifier")
    torch.save(model.state_dict(), tmp_path / "pytorch_model.bin")
    for name in ("config.json", "preprocessor_config.json"):
        (tmp_path / name).write_text((models / "classifier" / name).read_text())
    with pytest.raises(WeightsError, match="expected weights as safetensors"):
        ClassifierScorer("nsfw", str(tmp_path), "nsfw")


UNREACHED = """
import time
from cut2next.film import WeightsError
from cut2next.film.installation import hush
hush()
time.sleep = lambda seconds: None
from transformers import CLIPModel
from cut2next.films.scorers.models import load_model
try:
    load_model(CLIPModel, "nowhere")
except WeightsError as error:
    print(error)
"""


def test_a_hub_that_cannot_be_reached_is_one_line_however_often_it_is_tried(tmp_path: Path) -> None:
    known = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    hub = {"HF_HOME": str(tmp_path), "HF_ENDPOINT": "http://127.0.0.1:9"}
    told = subprocess.run(
        [sys.executable, "-c", UNREACHED],
        env={**known, **hub},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.startswith("nowhere: cannot be loaded (We couldn't connect to")
    assert told.stdout.count("\n") == 1
    assert told.stderr == ""
