"""LAION's predictor says what its layers make of CLIP."""

from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from tests.films.footage import still
from transformers import CLIPImageProcessorPil, CLIPModel

from cut2next.films.scorers.aesthetic import AestheticScorer

PICTURE = Image.fromarray(still(0))


@pytest.mark.parametrize("head", ["linear", "deep"])
def test_the_aesthetic_score_is_what_the_predictor_makes_of_clip(head: str, models: Path) -> None:
    path = models / f"{head}.safetensors"
    scorer = AestheticScorer(str(models / "clip"), path)
    model = CLIPModel.from_pretrained(models / "clip")
    processor = CLIPImageProcessorPil.from_pretrained(models / "clip")
    with torch.no_grad():
        seen = model.vision_model(**processor(PICTURE, return_tensors="pt")).pooler_output
        value = model.visual_projection(seen)
        value = value / value.norm()
        tensors = load_file(path)
        layers = ["layers.0.", "layers.2.", "layers.4.", "layers.6.", "layers.7."]
        for layer in layers if head == "deep" else [""]:
            value = value @ tensors[f"{layer}weight"].T + tensors[f"{layer}bias"]
    assert scorer(PICTURE) == pytest.approx(float(value), abs=1e-5)
    assert scorer(PICTURE) != scorer(Image.fromarray(still(1)))
    assert scorer.made_by.parameters == {"clip": str(models / "clip"), "head": path.name}


def test_a_head_in_half_precision_fits(models: Path, tmp_path: Path) -> None:
    head = {name: one.half() for name, one in load_file(models / "linear.safetensors").items()}
    save_file(head, tmp_path / "half.safetensors")
    whole = AestheticScorer(str(models / "clip"), models / "linear.safetensors")(PICTURE)
    half = AestheticScorer(str(models / "clip"), tmp_path / "half.safetensors")(PICTURE)
    assert half == pytest.approx(whole, abs=0.01)
