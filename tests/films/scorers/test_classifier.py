"""A classifier says how likely one of its labels is."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.films.footage import still
from transformers import ViTForImageClassification

from cut2next.films.scorers.classifier import ClassifierScorer

PICTURE = Image.fromarray(still(0))


def test_a_classifier_gives_the_probability_of_its_label(models: Path) -> None:
    name = str(models / "classifier")
    both = [ClassifierScorer("nsfw", name, label)(PICTURE) for label in ("normal", "nsfw")]
    assert sum(both) == pytest.approx(1)
    model = ViTForImageClassification.from_pretrained(name)
    pixels = np.asarray(PICTURE.resize((32, 32), Image.Resampling.BILINEAR), np.float32) / 127.5 - 1
    with torch.no_grad():
        logits = model(torch.from_numpy(pixels).permute(2, 0, 1)[None]).logits[0]
    assert both == pytest.approx(logits.softmax(-1).tolist(), abs=0.01)


def test_a_model_in_half_precision_is_used(models: Path, tmp_path: Path) -> None:
    half = tmp_path / "half"
    model = ViTForImageClassification.from_pretrained(models / "classifier", dtype=torch.float16)
    model.save_pretrained(half)
    config = models / "classifier" / "preprocessor_config.json"
    (half / config.name).write_text(config.read_text())
    found = ClassifierScorer("nsfw", str(half), "nsfw")(PICTURE)
    whole = ClassifierScorer("nsfw", str(models / "classifier"), "nsfw")(PICTURE)
    assert found == pytest.approx(whole, abs=0.01)
