"""The keyframe of a shot is the sharpest still frame of it, cut to the picture and scored."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter
from tests.films.footage import LENGTH, SIZE, Coding, Picture, still, write_film

from cut2next.cuts.record import MadeBy
from cut2next.cuts.selection import Selection
from cut2next.films.scorers.scorer import Scorer
from cut2next.films.steps.boundaries import Boundaries
from cut2next.films.steps.keyframes import KeyframedShot, Keyframes, with_keyframes
from cut2next.films.steps.shots import CANDIDATES_A_SECOND, film_shots
from cut2next.films.video import Film, open_film

LOSSLESS = Coding(codec="ffv1")
USUAL = Keyframes()
HELD = 24 // CANDIDATES_A_SECOND
"""Every so many frames one is held for a keyframe."""


class Taste:
    """A scorer that likes what its function likes."""

    made_by = MadeBy(tool="taste", version="1")

    def __init__(self, score: str, liking: Callable[[Image.Image], float]) -> None:
        self.score, self._liking = score, liking
        self.asked: list[Image.Image] = []

    def __call__(self, image: Image.Image) -> float:
        self.asked.append(image)
        return self._liking(image)


def filmed(path: Path, pictures: list[Picture], coding: Coding = LOSSLESS) -> Film:
    return open_film(write_film(path / "film.mkv", pictures, coding), "film")


def found(
    film: Film, settings: Keyframes = USUAL, scorers: tuple[Scorer, ...] = ()
) -> list[KeyframedShot]:
    shots = film_shots(film, Boundaries())
    return list(
        with_keyframes(shots, film=film, settings=settings, scorers=scorers, selection=Selection())
    )


def the_one(
    film: Film, settings: Keyframes = USUAL, scorers: tuple[Scorer, ...] = ()
) -> KeyframedShot:
    (shot,) = found(film, settings, scorers)
    return shot


def image_of(shot: KeyframedShot) -> Image.Image:
    return Image.open(BytesIO(shot.record.image)).convert("RGB")


def blurred(picture: Picture, radius: float) -> Picture:
    return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(radius)))


def test_the_sharpest_frame_stands_for_its_shot(tmp_path: Path) -> None:
    focused = 2 * HELD
    pictures = [blurred(still(0), 0.1 * abs(n - focused)) for n in range(4 * HELD)]
    shot = the_one(filmed(tmp_path, pictures))
    assert shot.record.span is not None
    assert shot.record.span.seconds(shot.record.span.keyframe) == pytest.approx(focused / 24, 0.01)
    assert np.abs(np.asarray(image_of(shot)).astype(float) - still(0)).mean() < 5


def test_a_still_frame_is_preferred_to_a_moving_one(tmp_path: Path) -> None:
    rested = 2 * HELD
    moving = [np.roll(still(0), 6 * n, axis=1) for n in range(rested)]
    # So that sharpness alone would choose a frame that moves.
    resting = [blurred(np.roll(still(0), 6 * rested, axis=1), 0.5)] * rested
    blurred_first = blurred(still(0), 3)  # before which there is no frame that it moves from
    film = filmed(tmp_path, [blurred_first, *moving[1:], *resting])
    span = the_one(film).record.span
    assert span is not None
    assert span.seconds(span.keyframe) * 24 > rested
    restless = the_one(film, Keyframes(stillness=1e6)).record.span
    assert restless is not None
    assert restless.seconds(restless.keyframe) * 24 < rested


def test_letterbox_is_cut_off_and_scores_are_of_what_is_left(tmp_path: Path) -> None:
    boxed = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    boxed[40:-40] = still(0, (320, 160))
    plain = filmed(tmp_path, [boxed] * LENGTH)
    shot = the_one(plain)
    assert image_of(shot).size == pytest.approx((320, 160), abs=2)
    (tmp_path / "open").mkdir()
    full = the_one(filmed(tmp_path / "open", [still(0, (320, 160))] * LENGTH))
    for score in ("sharpness", "brightness", "contrast"):
        assert shot.record.scores[score] == pytest.approx(full.record.scores[score], rel=0.1)


def test_a_shot_in_the_dark_has_a_keyframe_and_what_is_too_small_has_none(tmp_path: Path) -> None:
    dark = the_one(filmed(tmp_path, [still(0) // 8] * LENGTH))
    assert dark.record.scores["brightness"] < 30
    assert dark.record.marks == ()
    assert not found(filmed(tmp_path, [still(0)] * LENGTH), Keyframes(least_side=241))
    assert not found(filmed(tmp_path, [still(0, (120, 400))] * LENGTH))


def test_black_has_none(tmp_path: Path) -> None:
    assert not found(filmed(tmp_path, [np.zeros_like(still(0))] * LENGTH))


def test_a_title_card_is_marked(tmp_path: Path) -> None:
    card = np.full((SIZE[1], SIZE[0], 3), 30, np.uint8)
    card[100:140, 100:220] = still(0, (120, 40))
    assert the_one(filmed(tmp_path, [card] * LENGTH)).record.marks == ("title card",)
    assert the_one(filmed(tmp_path, [still(0)] * LENGTH)).record.marks == ()


def test_shots_are_named_by_where_they_begin(tmp_path: Path) -> None:
    film = filmed(tmp_path, [still(n) for n in (0, 1) for _ in range(30)])
    names = [shot.record.name for shot in found(film)]
    assert names == ["00h00m00.000s", "00h00m01.250s"]
    late = replace(film, time_base=film.time_base * 3000)
    (first, _) = film_shots(film, Boundaries())
    (moved,) = with_keyframes(
        [replace(first, start=1243)], film=late, settings=USUAL, scorers=(), selection=Selection()
    )
    assert moved.record.name == "01h02m09.000s"


def test_by_taste_the_best_of_some_is_taken(tmp_path: Path) -> None:
    pictures = [blurred(still(0), 0.1 * n) for n in range(4 * HELD)]
    least_sharp = Taste("aesthetic", lambda image: -float(np.asarray(image).std()))
    seen = Taste("quality", lambda image: image.width / image.height)
    shot = the_one(filmed(tmp_path, pictures), scorers=(seen, least_sharp))
    assert len(least_sharp.asked) == USUAL.compared
    assert shot.record.span is not None
    assert shot.record.span.seconds(shot.record.span.keyframe) == pytest.approx(1.0, abs=0.01)
    values = [-float(np.asarray(image).std()) for image in least_sharp.asked]
    assert shot.record.scores["aesthetic"] == max(values)
    assert shot.record.scores["quality"] == pytest.approx(4 / 3)
    assert len(seen.asked) == 1  # only the one that was chosen
    assert seen.asked[0].tobytes() == least_sharp.asked[int(np.argmax(values))].tobytes()


@pytest.mark.parametrize("turns", [1, 3])
def test_the_keyframe_of_a_film_on_its_side_is_upright(turns: int, tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4", [still(0)] * LENGTH, Coding(rotation=90 * turns))
    upright = np.rot90(still(0), turns)
    found = np.asarray(image_of(the_one(open_film(path, "a")))).astype(float)
    assert found.shape == upright.shape
    assert np.abs(found - upright).mean() < 6


def test_text_is_looked_for_where_nothing_else_is_wrong(tmp_path: Path) -> None:
    """It takes as long as all else together; of a shot that is out it would change nothing."""
    dark = [(still(number) // 6).astype(np.uint8) for number in (4, 5)]
    film = filmed(tmp_path, [*[still(0)] * 24, *[dark[0]] * 24, *[still(2)] * 24, *[dark[1]] * 24])
    text, grain = Taste("text", lambda _: 0.3), Taste("grain", lambda _: 0.1)
    records = [shot.record for shot in found(film, scorers=(text, grain))]
    assert [record.scores.get("text") for record in records] == [0.3, None, 0.3, None]
    assert [record.scores["grain"] for record in records] == [0.1] * 4
    assert len(text.asked) == 2


def test_other_scores_can_spare_text(tmp_path: Path) -> None:
    text, quality = Taste("text", lambda _: 0.3), Taste("quality", lambda _: 0.1)
    shot = the_one(filmed(tmp_path, [*[still(0)] * 24]), scorers=(text, quality))
    assert shot.record.scores["quality"] == 0.1  # of 0.4 at least
    assert "text" not in shot.record.scores
