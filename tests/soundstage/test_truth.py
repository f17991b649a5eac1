import json
from dataclasses import asdict

import numpy as np
import pytest
from tests.soundstage.sets import SMALL, film_set, object_ids, setup_of

from cut2next.soundstage.palette import CLOTHES, HAIR, SKIN, WALLS
from cut2next.soundstage.primitives import Floats
from cut2next.soundstage.truth import PIXEL_KINDS, Camera, Truth, pixel_kinds, truth_of


def _truth(seed: int, name: str) -> Truth:
    shot_on = film_set(seed)
    setup = setup_of(shot_on, name)
    return truth_of(shot_on, setup, object_ids(shot_on, setup))


@pytest.mark.parametrize("seed", range(6))
def test_the_words_of_the_palette_name_its_paints(seed: int) -> None:
    truth = _truth(seed, "two")
    for owner in "ab":
        words = truth.words[owner]
        assert truth.palette[f"{owner}.hair"][0] == pytest.approx(HAIR[words["hair"]], abs=1e-6)
        assert truth.palette[f"{owner}.skin"][0] == pytest.approx(SKIN[words["skin"]], abs=1e-6)
        top = CLOTHES[words["top_color"]]
        assert truth.palette[f"{owner}.top"][0] == pytest.approx(top, abs=1e-6)
    walls = WALLS[truth.words["place"]["walls"]]
    assert any(paint == pytest.approx(walls, abs=1e-6) for paint in truth.palette["walls"])
    assert set(truth.palette) == set(truth.parts)
    assert set(truth.words["light"]) == {"hour", "grade"}


@pytest.mark.parametrize("seed", range(4))
def test_the_camera_sees_a_head_where_the_ids_show_one(seed: int) -> None:
    shot_on = film_set(seed)
    for owner, person in zip("ab", shot_on.cast, strict=False):
        truth = _truth(seed, f"close up {owner}")
        row, column = _pixel(truth.camera, person.eyes, SMALL)
        assert truth.parts[truth.object_ids[row, column]].startswith(f"{owner}.")
        assert truth.subjects == (owner,)


def test_the_camera_is_a_right_handed_frame_of_unit_vectors() -> None:
    camera = _truth(1, "overhead a").camera
    axes = np.array([camera.right, camera.up, camera.forward])
    assert np.allclose(axes @ axes.T, np.eye(3), atol=1e-5)
    assert np.allclose(np.cross(camera.right, camera.forward), camera.up, atol=1e-5)
    assert 0 < camera.field_of_view < np.pi / 2


@pytest.mark.parametrize("name", ["wide", "profile b", "insert 0"])
def test_a_field_of_view_holds_as_many_metres_as_the_setup_frames(name: str) -> None:
    shot_on = film_set(1)
    setup, camera = setup_of(shot_on, name), _truth(1, name).camera
    spots = [person.eyes for person in shot_on.cast] + [prop.at for prop in shot_on.props]
    names = [*"abc"[: len(shot_on.cast)], "prop0", "prop1"]
    middle = np.mean([spots[names.index(who)] for who in setup.subjects], axis=0)
    depth = (middle - camera.position) @ np.array(camera.forward)
    assert 2 * depth * np.tan(camera.field_of_view / 2) == pytest.approx(setup.framed, rel=0.1)


def test_all_but_the_ids_can_be_written_as_json() -> None:
    truth = _truth(2, "insert 0")
    facts = {"camera": asdict(truth.camera), "palette": truth.palette, "words": truth.words}
    assert set(json.loads(json.dumps(facts))) == set(facts)


def _pixel(camera: Camera, point: Floats, size: tuple[int, int]) -> tuple[int, int]:
    """Row and column of a point, by the definition of a pinhole camera."""
    away = np.asarray(point, np.float64) - camera.position
    depth = away @ np.array(camera.forward)
    pixels = size[1] / 2 / np.tan(camera.field_of_view / 2)
    across = size[0] / 2 + pixels * (away @ np.array(camera.right)) / depth
    down = size[1] / 2 - pixels * (away @ np.array(camera.up)) / depth
    return int(down), int(across)


def test_eyes_glasses_people_and_props_are_told_from_the_setting() -> None:
    parts = ("a.eyes", "c.glasses", "b.hair", "prop1", "walls", "plant")
    kinds = [PIXEL_KINDS[number] for number in pixel_kinds(parts)]
    assert kinds == ["eyes", "eyes", "people", "props", "setting", "setting"]
