"""FID's Inception, against what torch-fidelity's makes of the same numbers."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.cutbench.features import toys
from tests.cutbench.features.pictures import picture

from cut2next.cutbench.features.inception import Inception
from cut2next.film import WeightsError

PICTURES = [picture(0), picture(1, (50, 70))]
# torch-fidelity 0.4's layers (feature_extractor_inceptionv3.py), with pytorch-fid's resizing before
# them and the numbers of `toys.inception_numbers` in them, said this when they were run.
PLACES = [0, 400, 1000, 1700, 2000]
THEIRS = [
    [0.0, 0.3390186429, 1.2019010782, 0.1963609606, 0.0054757064],
    [0.0, 0.3224886060, 1.1665358543, 0.1893339306, 0.0039301678],
]
SUMS, LENGTHS = [436.78796983, 423.98044096], [15.99589563, 15.56523879]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toys.inception(tmp_path_factory.mktemp("inception") / "fid_inception.safetensors")


def test_pool_features_are_those_of_torch_fidelity(weights: Path) -> None:
    found = Inception(str(weights)).read_pictures(PICTURES)
    assert found.shape == (2, 2048)
    assert found[:, PLACES] == pytest.approx(np.array(THEIRS), abs=1e-4)
    assert found.sum(axis=1) == pytest.approx(np.array(SUMS), rel=1e-4)
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.array(LENGTHS), rel=1e-4)


def test_a_folder_is_as_good_as_its_file(weights: Path, tmp_path: Path) -> None:
    (tmp_path / weights.name).symlink_to(weights)
    save_file({"lin0.weight": torch.zeros(1)}, tmp_path / "lpips_vgg.safetensors")
    assert Inception(str(tmp_path)).facts.weights == Inception(str(weights)).facts.weights


def test_what_is_not_fids_inception_is_one_line(weights: Path, tmp_path: Path) -> None:
    whole = load_file(weights)
    first = "Conv2d_1a_3x3.conv.weight"
    others = {
        "has fc.weight": whole | {"fc.weight": torch.zeros(1000, 2048)},
        "has AuxLogits.fc.bias": whole | {"AuxLogits.fc.bias": torch.zeros(1008)},
        "lacks Conv2d_1a_3x3.conv.weight": {k: v for k, v in whole.items() if k != first},
        "is .32, 3, 3, 2., not .32, 3, 3, 3.": whole | {first: torch.zeros(32, 3, 3, 2)},
    }
    for said, tensors in others.items():
        save_file(tensors, tmp_path / "other.safetensors")
        with pytest.raises(WeightsError, match=f"{said}.*; expected FID's Inception"):
            Inception(str(tmp_path))
    save_file(whole, tmp_path / "second.safetensors")
    with pytest.raises(WeightsError, match="has 2 files of weights"):
        Inception(str(tmp_path))
    torch.save(whole[first], tmp_path / "pickled.pth")
    with pytest.raises(WeightsError, match="cannot be loaded"):
        Inception(str(tmp_path / "pickled.pth"))
