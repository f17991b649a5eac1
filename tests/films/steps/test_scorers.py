"""Scorers say what their models say, and in one line what is amiss with a model."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageFont
from safetensors.torch import load_file, save_file
from tests.films.footage import still
from tests.films.steps.models import WIDTH, classifier, clip, deep_head, linear_head
from transformers import CLIPImageProcessorPil, CLIPModel, ViTForImageClassification, ViTModel
from transformers.utils import logging

from cut2next.film import WeightsError
from cut2next.films.steps.scorers import AestheticScorer, ClassifierScorer, ScorerNames, TextScorer

PICTURE = Image.fromarray(still(0))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    clip(folder / "clip")
    classifier(folder / "classifier", "normal", "nsfw")
    linear_head(folder / "linear.safetensors")
    deep_head(folder / "deep.safetensors")
    return folder


@pytest.fixture(scope="module")
def reader() -> TextScorer:
    return TextScorer()


def titled(text: str, size: int, at: tuple[int, int]) -> Image.Image:
    picture = Image.fromarray(still(1, (960, 400)))
    ImageDraw.Draw(picture).text(
        at, text, "white", ImageFont.load_default(size), stroke_width=2, stroke_fill="black"
    )
    return picture


def test_pictures_without_text_have_none(reader: TextScorer) -> None:
    for number in range(3):
        assert reader(Image.fromarray(still(number, (960, 400)))) == 0.0
    assert reader(Image.new("RGB", (960, 400))) == 0.0


def test_subtitles_are_seen_and_more_text_is_more(reader: TextScorer) -> None:
    one = reader(titled("I never said that, Mary.", 28, (330, 350)))
    two = reader(titled("I never said that, Mary.\nAnd you know it well.", 28, (330, 310)))
    large = reader(titled("THE END", 150, (190, 120)))
    assert 0.01 < one < two < large < 0.6


def test_a_single_letter_is_no_text(reader: TextScorer) -> None:
    assert reader(titled("A", 40, (500, 200))) == 0.0


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


def test_all_that_are_named_are_loaded(models: Path) -> None:
    names = ScorerNames(
        text=False,
        aesthetic=(str(models / "clip"), models / "linear.safetensors"),
        quality=(str(models / "classifier"), "normal"),
        nsfw=(str(models / "classifier"), "nsfw"),
    )
    loaded = names.load()
    assert [one.score for one in loaded] == ["aesthetic", "quality", "nsfw"]


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


def test_a_pickled_model_is_not_loaded(models: Path, tmp_path: Path) -> None:
    model = ViTForImageClassification.from_pretrained(models / "classifier")
    torch.save(model.state_dict(), tmp_path / "pytorch_model.bin")
    for name in ("config.json", "preprocessor_config.json"):
        (tmp_path / name).write_text((models / "classifier" / name).read_text())
    with pytest.raises(WeightsError, match="expected weights as safetensors"):
        ClassifierScorer("nsfw", str(tmp_path), "nsfw")
