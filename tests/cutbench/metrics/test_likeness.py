"""DINO, CLIP-I, CLIP-T and copy margin: what arithmetic says, and what transformers says."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.cutbench.features.pictures import picture
from tests.cutbench.features.stand_in import MeanColour, mean_colour
from tests.cutbench.metrics.colours import BLUE, CASE, RED, angle, coloured
from transformers import AutoProcessor, CLIPModel, pipeline

from cut2next.cutbench.cases import Case, CaseWithTruth
from cut2next.cutbench.features.clip import CLIP
from cut2next.cutbench.features.dinov2 import DINOv2
from cut2next.cutbench.features.features import Features
from cut2next.cutbench.features.store import FeatureStore
from cut2next.cutbench.metrics.clip_i import clip_i, clip_i_to_truth
from cut2next.cutbench.metrics.clip_t import clip_t
from cut2next.cutbench.metrics.copy_margin import copy_margin
from cut2next.cutbench.metrics.dino import dino, dino_to_truth
from cut2next.cutbench.metrics.learned import learned_metrics
from cut2next.cutbench.metrics.metric import read_ahead
from cut2next.film import Cut, IndividualPrompt, Shot

PURPLE = (200, 0, 90)


def test_likeness_is_the_cosine_to_input_and_to_truth() -> None:
    features, made = mean_colour(), coloured(*PURPLE)
    to_red, to_blue = angle(PURPLE, (255, 0, 0)), angle(PURPLE, (0, 0, 255))
    assert dino(features).of(CASE, made) == pytest.approx(to_red)
    assert clip_i(features).of(CASE, made) == pytest.approx(to_red)
    assert dino_to_truth(features).of(CASE, made) == pytest.approx(to_blue)
    assert clip_i_to_truth(features).of(CASE, made) == pytest.approx(to_blue)


def test_clip_t_is_the_cosine_to_the_next_prompt_and_not_the_current_one() -> None:
    assert clip_t(mean_colour("CLIP")).of(CASE, BLUE) == pytest.approx(1)
    assert clip_t(mean_colour("CLIP")).of(CASE, RED) == pytest.approx(0)


def test_the_sign_of_the_copy_margin_says_copies() -> None:
    margin = copy_margin(mean_colour())
    assert margin.of(CASE, RED) == pytest.approx(1), "copying the input: as far as this case goes"
    assert margin.of(CASE, BLUE) == pytest.approx(0), "the truth"
    assert margin.of(CASE, coloured(*PURPLE)) == pytest.approx(angle(PURPLE, (255, 0, 0)))
    turned = Case(cut=CASE.cut)
    assert margin.of(turned, RED) is None, "without the truth there is no margin"


def test_what_leaves_the_input_further_than_the_film_did_has_a_margin_below_0() -> None:
    shots = (CASE.cut.current, Shot(name="b", keyframe=coloured(*PURPLE), prompt=PROMPT))
    assert copy_margin(mean_colour()).of(CaseWithTruth(cut=_between(*shots)), BLUE) == (
        pytest.approx(-angle(PURPLE, (255, 0, 0)))
    )


PROMPT = IndividualPrompt(summary="A man at the bar")


def _between(current: Shot, following: Shot) -> Cut:
    return Cut(
        film="film",
        current=current,
        next=following,
        patterns=CASE.cut.patterns,
        relational=CASE.cut.relational,
    )


def real_case() -> tuple[CaseWithTruth, Image.Image]:
    """Pictures with something on them, and a made one."""
    shots = [Shot(name=f"{n}", keyframe=picture(n), prompt=PROMPT) for n in range(2)]
    return CaseWithTruth(cut=_between(shots[0], shots[1])), picture(2)


def test_dino_is_that_of_transformers_own_pipeline(toy_dinov2: Path) -> None:
    case, made = real_case()
    theirs = pipeline("image-feature-extraction", str(toy_dinov2), device="cpu")
    current, true, next_ = (
        torch.tensor(theirs(one)[0][0], dtype=torch.float64)
        for one in (case.cut.current.keyframe, case.true_next, made)
    )
    expected = {
        "dino": torch.cosine_similarity(current, next_, dim=0),
        "dino to truth": torch.cosine_similarity(true, next_, dim=0),
    }
    features = Features(DINOv2(str(toy_dinov2)), FeatureStore(None))
    for metric in (dino(features), dino_to_truth(features)):
        assert metric.of(case, made) == pytest.approx(float(expected[metric.name]), abs=1e-5)
        assert metric.facts is not None
        assert metric.facts.weights == features.facts.weights


def test_clip_i_and_clip_t_are_those_of_transformers_own_pass(toy_clip: Path) -> None:
    case, made = real_case()
    processor, model = AutoProcessor.from_pretrained(toy_clip), CLIPModel.from_pretrained(toy_clip)
    given = processor(
        text=[PROMPT.text], images=[case.cut.current.keyframe, made], return_tensors="pt"
    )
    with torch.no_grad():
        said = model(**given)
    pictures, (words,) = said.image_embeds.double().numpy(), said.text_embeds.double().numpy()
    features = Features(CLIP(str(toy_clip)), FeatureStore(None))
    assert clip_i(features).of(case, made) == pytest.approx(np.dot(*pictures), abs=1e-5)
    assert clip_t(features).of(case, made) == pytest.approx(np.dot(pictures[1], words), abs=1e-5)


def test_reading_ahead_is_in_batches_and_leaves_nothing_to_read() -> None:
    network = MeanColour("CLIP")
    features = Features(network, FeatureStore(None))
    metrics = learned_metrics(None, features, strangers=0.1)
    shots: list[tuple[Case, Image.Image]] = [(CASE, coloured(n, 9, 9)) for n in range(30)]
    read_ahead(metrics, shots)
    assert network.batches == [31, 1, 1], "30 made and the input, the truth, one prompt"
    for case, made in shots:
        for metric in metrics:
            metric.of(case, made)
    assert len(network.batches) == 3


def test_without_networks_there_are_no_metrics_and_of_one_its_own() -> None:
    assert learned_metrics(None, None) == []
    names = [metric.name for metric in learned_metrics(mean_colour(), None)]
    assert names == [
        "dino",
        "dino to truth",
        "copy margin",
        "static cut",
        "identity drift",
        "incoherence",
    ]
