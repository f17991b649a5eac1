import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file, save_file
from tests.cutbench.features.pictures import picture
from transformers import pipeline

from cut2next.cutbench.features.dinov2 import DINOv2
from cut2next.film import WeightsError

PICTURES = [picture(0), picture(1, (50, 70)), picture(2, (28, 28))]


def test_the_vector_is_the_class_token_of_transformers_own_pipeline(toy_dinov2: Path) -> None:
    theirs = pipeline("image-feature-extraction", str(toy_dinov2), device="cpu")
    class_tokens = [theirs(one)[0][0] for one in PICTURES]
    assert DINOv2(str(toy_dinov2)).read_pictures(PICTURES) == pytest.approx(
        np.array(class_tokens), abs=1e-5
    )


def test_a_vector_depends_on_nothing_read_beside_it(toy_dinov2: Path) -> None:
    network = DINOv2(str(toy_dinov2))
    together = network.read_pictures(PICTURES)
    for number, one in enumerate(PICTURES):
        assert network.read_pictures([one])[0].tobytes() == together[number].tobytes()
    assert len({vector.tobytes() for vector in together}) == len(PICTURES)


def test_facts_follow_weights_and_preprocessing_and_no_name(
    toy_dinov2: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(toy_dinov2, tmp_path / "copy")
    facts = DINOv2(str(toy_dinov2)).facts
    assert facts.preprocessing["crop_size"] == {"height": 28, "width": 28}
    assert DINOv2(str(copy)).facts.digest == facts.digest
    settings = json.loads((copy / "preprocessor_config.json").read_text())
    settings["size"] = {"shortest_edge": 40}
    (copy / "preprocessor_config.json").write_text(json.dumps(settings))
    other = DINOv2(str(copy)).facts
    assert other.weights == facts.weights
    assert other.digest != facts.digest
    tensors = load_file(copy / "model.safetensors")
    tensors["layernorm.bias"][3] += 1e-6
    save_file(tensors, copy / "model.safetensors", {"format": "pt"})
    trained_on = DINOv2(str(copy)).facts
    assert trained_on.weights != other.weights
    assert trained_on.digest != other.digest


def test_another_network_is_refused(toy_clip: Path) -> None:
    with pytest.raises(WeightsError, match=r"lacks|cannot be loaded"):
        DINOv2(str(toy_clip))
