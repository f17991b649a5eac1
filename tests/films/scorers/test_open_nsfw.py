"""Open-NSFW: what the network is given; and, where its weights were fetched, what it says."""

from pathlib import Path

import pytest
from PIL import Image
from tests.films.footage import still

from cut2next.film import Cut2NextError, WeightsError
from cut2next.films.scorers.open_nsfw import OpenNsfwScorer, prepared
from cut2next.films.scorers.scorer import ScorerChoice, load_scorers


def test_a_picture_is_blue_first_and_less_the_mean_of_the_training_set() -> None:
    grey = prepared(Image.new("RGB", (64, 40), (128, 128, 128)))
    assert grey.shape == (224, 224, 3)
    assert grey[0, 0].tolist() == [128 - 104, 128 - 117, 128 - 123]
    blue = prepared(Image.new("RGB", (64, 40), (0, 0, 255)))
    assert blue[112, 112, 0] > 140 > -100 > blue[112, 112, 2]


def test_of_a_picture_the_middle_is_seen_and_all_of_it_scaled() -> None:
    half = Image.new("RGB", (256, 256), (255, 255, 255))
    half.paste((0, 0, 0), (0, 0, 16, 256))  # what is cut away
    assert prepared(half)[:, 8:].min() > 100
    half.paste((0, 0, 0), (0, 0, 64, 256))
    assert prepared(half)[100, :40].max() < -90


def test_weights_that_were_not_fetched_name_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(WeightsError, match="cut2next weights fetch nsfw"):
        load_scorers([ScorerChoice("nsfw", ("package",))])


def test_noise_is_safe() -> None:
    try:
        scorer = OpenNsfwScorer()
    except Cut2NextError as error:
        pytest.skip(str(error))
    assert scorer.score == "nsfw"
    assert 0 <= scorer(Image.fromarray(still(0))) < 0.5
