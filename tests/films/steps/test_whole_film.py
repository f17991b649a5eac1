"""Beside its film a shot has a focus, and a look of which what all shots share is left out."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image
from tests.films.steps.shots import keyframed
from tests.soundstage.sets import film_set

from cut2next.cuts.selection import Selection, faults
from cut2next.films.steps.keyframes import KeyframedShot
from cut2next.films.steps.pairing import paired
from cut2next.films.steps.pictures import little, look
from cut2next.films.steps.scenes import Scenes, with_scenes
from cut2next.films.steps.whole_film import beside_their_film


def sharp(*values: float) -> list[KeyframedShot]:
    """A film of shots, a second each, as sharp as this."""
    shots = []
    for number, value in enumerate(values):
        shot = keyframed(
            number, fingerprint=number * 0x123456789ABCDEF, start=number, end=number + 1
        )
        record = replace(shot.record, scores={"sharpness": value})
        shots.append(
            KeyframedShot(record=record, look=looked(number), fingerprint=shot.fingerprint)
        )
    return shots


def looked(number: int) -> np.ndarray:
    noise = np.random.default_rng(number).integers(0, 256, (64, 96, 3)).astype(np.uint8)
    return look(Image.fromarray(noise))


def focuses(*values: float) -> list[float]:
    shots = sharp(*values)
    return [shot.record.scores["focus"] for shot in beside_their_film(iter(shots), shots)]


def left_out_by_focus(*values: float) -> set[int]:
    """Which shots of a film are out of focus, by the usual thresholds."""
    shots = sharp(*values)
    cuts = paired(
        beside_their_film(iter(shots), shots),
        film="film",
        contents=None,
        made_by=(),
        licence="",
        source="",
    )
    return {
        int(record.shots[side == "next"].name)
        for record in cuts
        for fault in faults(record, Selection())
        if fault.startswith(("focus", "sharpness"))
        for side in (fault.split()[-2],)
    }


def test_focus_is_sharpness_by_that_of_the_median_shot() -> None:
    assert focuses(10, 20, 5, 40) == pytest.approx([10 / 15, 20 / 15, 5 / 15, 40 / 15])
    assert focuses(0, 0) == [0, 0]
    assert not list(beside_their_film(iter(()), ()))


def test_soft_singles_stay_and_what_is_out_of_focus_in_a_crisp_film_goes() -> None:
    assert left_out_by_focus(20, 25, 6.5, 18, 22) == set()  # 7 was the least, in every film
    assert left_out_by_focus(20, 25, 5, 18, 22) == {2}
    assert left_out_by_focus(5, 6, 4, 5, 7) == set()  # an old tape
    assert left_out_by_focus(5, 6, 1, 5, 7) == {2}


def test_a_set_without_the_figure_is_judged_by_the_floor_alone() -> None:
    first, second = sharp(3.5, 20)
    (record,) = paired([first, second], film="f", contents=None, made_by=(), licence="", source="")
    assert not [fault for fault in faults(record, Selection()) if fault.startswith("focus")]
    assert not [fault for fault in faults(record, Selection()) if fault.startswith("sharpness")]
    asked = [fault.partition(":")[0] for fault in faults(record, Selection(min_sharpness=4.0))]
    assert "sharpness" in asked


def test_looks_are_of_length_one_and_their_pictures_are_not_read() -> None:
    shots = sharp(*range(1, 30))
    without = [replace(shot, record=replace(shot.record, image=b"")) for shot in shots]
    own = list(beside_their_film(iter(shots), without))
    assert [shot.record.name for shot in own] == [shot.record.name for shot in shots]
    assert np.linalg.norm([shot.look for shot in own], axis=1) == pytest.approx(1, abs=1e-5)


SETS, VIEWS = 5, 3
"""Film sets in a film; setups of each, to every one of which it comes back."""


def scenes_of(first_seed: int, mode: str) -> list[int | None]:
    """The scenes of a film of some sets, each seen by a few setups in turn, twice."""
    shots: list[KeyframedShot] = []
    for seed in range(first_seed, first_seed + SETS):
        stage = film_set(seed)
        for setup in stage.setups[:: len(stage.setups) // VIEWS][:VIEWS] * 2:
            view = Image.fromarray(stage.picture(setup, (96, 40), 1)).convert(mode).convert("RGB")
            shot = keyframed(len(shots), start=len(shots), end=len(shots) + 1)
            record = replace(shot.record, scores={"sharpness": 10.0})
            shots.append(KeyframedShot(record=record, look=look(little(view)), fingerprint=0))
    scenes = with_scenes(beside_their_film(iter(shots), shots), settings=Scenes())
    return [shot.record.scene for shot in scenes]


@pytest.mark.parametrize(("mode", "apart"), [("RGB", 0.8), ("L", 0.4)])
def test_film_sets_are_scenes_in_colour_and_some_are_in_black_and_white(
    mode: str, apart: float
) -> None:
    """By luma alone sets of one grey are one; but never is the whole film."""
    within, between, films = [], [], []
    for film in range(6):
        numbers = scenes_of(100 * film, mode)
        same = [one == other for one, other in pairwise(numbers)]
        borders = same[2 * VIEWS - 1 :: 2 * VIEWS]
        within += [held for at, held in enumerate(same, 1) if at % (2 * VIEWS)]
        between += borders
        films.append(len(set(numbers)))
    assert np.mean(within) > 0.9
    assert 1 - np.mean(between) > apart
    assert min(films) > 1


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_film_on_one_plain_set_is_one_scene(mode: str) -> None:
    """Grey walls, seen from several sides that are never seen again."""
    chance = np.random.default_rng(0)
    shots = []
    for number in range(12):
        wall = np.full((64, 96, 3), 150.0) + chance.normal(0, 4, 3)
        column = chance.integers(0, 70)
        wall[20:, column : column + 25] = (90, 70, 60)  # somebody in front of it
        wall += chance.normal(0, 3, (64, 96, 1))
        view = Image.fromarray(wall.clip(0, 255).astype(np.uint8)).convert(mode).convert("RGB")
        shot = keyframed(number, start=number, end=number + 1)
        record = replace(shot.record, scores={"sharpness": 10.0})
        shots.append(KeyframedShot(record=record, look=look(view), fingerprint=0))
    scenes = with_scenes(beside_their_film(iter(shots), shots), settings=Scenes())
    assert {shot.record.scene for shot in scenes} == {0}
