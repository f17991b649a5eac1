"""Balls before a camera at the origin that looks along +y."""

import numpy as np
import pytest
from tests.soundstage.sets import film_set, object_ids, share

from cut2next.soundstage import PICTURE_SIZE
from cut2next.soundstage.places import PLACES
from cut2next.soundstage.primitives import Geometry, Material, Vector, ellipsoid, vector
from cut2next.soundstage.render import View
from cut2next.soundstage.visibility import framed_there, in_sight, solids_near

_VIEW = View(
    position=vector([0, 0, 1]),
    axes=np.array([[1, 0, 0], [0, 0, 1], [0, 1, 0]], np.float32),
    tangent=0.25,
)


def _balls(*at: Vector) -> Geometry:
    """The thing, and what else there is; balls of 20 cm."""
    parts = ["thing", *["other"] * (len(at) - 1)]
    paints = [Material(part=part, color=(1, 1, 1)) for part in parts]
    solids = [
        ellipsoid(place, (0.1, 0.1, 0.1), paint) for place, paint in zip(at, paints, strict=True)
    ]
    return Geometry(solids, [paints[0]] * 6)


def _sees(*at: Vector) -> bool:
    return in_sight(_balls(*at), _VIEW, 2.0, np.array([0], np.int32))


@pytest.mark.parametrize(
    ("at", "seen"),
    [
        ((0, 4, 1), True),
        ((1.9, 4, 1), True),  # the frame is 4 m wide there, and 2 m high
        ((2.1, 4, 1), False),
        ((0, 4, 1.9), True),
        ((0, 4, 2.1), False),
        ((0, -4, 1), False),
    ],
)
def test_what_is_out_of_frame_is_not_seen(at: Vector, seen: bool) -> None:
    assert _sees(at) == seen


def test_what_something_else_stands_before_is_not_seen() -> None:
    thing = (0.0, 4.0, 1.0)
    assert not _sees(thing, (0, 2, 1))
    assert _sees(thing, (0.2, 2, 1))  # beside it
    assert _sees(thing, (0, 6, 1))  # behind it


def test_solids_of_one_thing_may_hide_each_other_and_most_must_be_seen() -> None:
    geometry = _balls((0, 4, 1), (0, 4.3, 1), (0.3, 4, 1), (0.3, 2, 1))
    assert in_sight(geometry, _VIEW, 2.0, np.array([0, 1], np.int32))
    assert not in_sight(geometry, _VIEW, 2.0, np.array([1], np.int32))
    at_2 = _balls((0, 4, 1), (0.3, 4, 1), (0.15, 2, 1))  # hides the second alone
    assert not in_sight(at_2, _VIEW, 2.0, np.array([0, 1], np.int32))


def test_a_thing_is_what_is_near_and_of_its_owner() -> None:
    geometry = _balls((0, 4, 1), (0, 4.3, 1), (0, 6, 1))
    assert solids_near(geometry, "", vector([0, 4, 1]), 0.5).tolist() == [0, 1]
    assert solids_near(geometry, "other", vector([0, 4, 1]), 0.5).tolist() == [1]


def test_twice_as_far_twice_as_much_is_framed() -> None:
    geometry = _balls((3, 4, 1), (0, 8, 2))
    near, far = (framed_there(geometry, _VIEW, np.array([at], np.int32)) for at in (0, 1))
    assert (near, far) == pytest.approx((2, 4))


@pytest.mark.parametrize("seed", range(6))
def test_what_a_setup_holds_is_in_its_picture(seed: int) -> None:
    shot_on = film_set(seed)
    for setup in shot_on.setups:
        ids = object_ids(shot_on, setup, PICTURE_SIZE)
        for owner in setup.holds:
            if not owner.startswith("feature"):
                assert share(shot_on, ids, owner) > 0, (setup.name, owner)


@pytest.mark.parametrize("place", PLACES)
def test_features_are_made_of_solids(place: str) -> None:
    shot_on = film_set(1, place=place)
    for feature in shot_on.place.features:
        at, reach = vector(feature.at), feature.height / 2
        assert len(solids_near(shot_on.geometry, "", at, reach)) > 0, feature.name
