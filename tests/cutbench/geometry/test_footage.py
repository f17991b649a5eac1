"""The geometry judge on real film: every hard cut of the test films, labelled by eye.

Labels are of the stills six frames before and after each cut, looked at one by one.
"""

import json
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import av
import pytest
from PIL import Image

from cut2next.cutbench.features.store import FeatureStore
from cut2next.cutbench.geometry.face_watcher import FaceWatcher, face_watcher
from cut2next.cutbench.geometry.rules import judge
from cut2next.cutbench.geometry.sight import apart
from cut2next.cutbench.statistics.auc import auc_of
from cut2next.film import Cut2NextError, EditingPattern, parse_pattern

pytestmark = pytest.mark.footage
TEARS, BUNNY = "tears-of-steel.webm", "big-buck-bunny.mp4"
_BESIDE = 6
"""Frames from a cut to the stills on either side."""

LABELS = {
    (TEARS, 52): "cut-out",  # a soldier's back, then all of him
    (TEARS, 122): "cutaway",  # to a man with a telescopic sight
    (TEARS, 157): "cutaway",  # to what he sees
    (TEARS, 221): "cutaway",  # to hands on a device
    (TEARS, 309): "cutaway",  # back to the man at it
    (TEARS, 715): "cut-out",  # two men, then the hall that they sit in
    (TEARS, 788): "cutaway",
    (TEARS, 872): "cutaway",
    (TEARS, 901): "cutaway",
    (TEARS, 987): "cut-out",
    (TEARS, 1127): "cutaway",
    (TEARS, 1203): "shot-reverse-shot",  # the shaft that a soldier looks down, then the soldier
    (TEARS, 1234): "cut-in",  # the soldier, then his hand
    (TEARS, 1246): "cutaway",  # back from it, to his face
    (TEARS, 1284): "shot-reverse-shot",  # the face, then the shaft
    (TEARS, 1345): "shot-reverse-shot",
    (TEARS, 1378): "cut-out",  # the soldier on a rope, then small in the vault
    (TEARS, 1430): "cut-in",  # and near again
    (TEARS, 1472): "cutaway",
    (TEARS, 1525): "cutaway",
    (TEARS, 1571): "shot-reverse-shot",  # the machine, then the back of whom it looks at
    (TEARS, 1618): "shot-reverse-shot",
    (TEARS, 1650): "cut-out",
    (BUNNY, 283): "cutaway",
    (BUNNY, 376): "cutaway",
    (BUNNY, 551): "cutaway",
}
TOLD: set[tuple[str, int]] = set()
"""Those that faces can tell: on no cut of these films is a face seen on both sides."""

ACROSS = {
    (1228, 1252): "cut-in",
    (1278, 1351): "cut-out",
    (895, 1209): "cutaway",
    (151, 321): "cutaway",
}
"""Pairs of stills of shots that do not adjoin, with faces in both: what the cut would be."""

SOLDIER, YOUNG, BEARDED = range(3)
PEOPLE = {
    715 - _BESIDE: (YOUNG, BEARDED),  # from the left
    872 + _BESIDE: (YOUNG, BEARDED),
    901 - _BESIDE: (YOUNG, BEARDED),
    309 + _BESIDE: (YOUNG,),
    1203 + _BESIDE: (SOLDIER,),
    1234 - _BESIDE: (SOLDIER,),
    1246 + _BESIDE: (SOLDIER,),
    1284 - _BESIDE: (SOLDIER,),
    1345 + _BESIDE: (SOLDIER,),
}
"""Who is who, by eye."""

Stills = Mapping[tuple[str, int], Image.Image]


@pytest.fixture(scope="module")
def watcher() -> FaceWatcher:
    """On weights that were fetched; nobody fetches in a test."""
    try:
        return face_watcher(FeatureStore(None))
    except Cut2NextError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def stills(footage: Path) -> Stills:
    wanted = {(film, cut + side) for film, cut in LABELS for side in (-_BESIDE, _BESIDE)}
    wanted |= {(TEARS, frame) for pair in ACROSS for frame in pair}
    found = {}
    for name in (TEARS, BUNNY):
        last = max(frame for film, frame in wanted if film == name)
        with av.open(str(footage / name)) as film:
            for number, frame in enumerate(film.decode(video=0)):
                if (name, number) in wanted:
                    found[name, number] = Image.fromarray(frame.to_ndarray(format="rgb24"))
                if number == last:
                    break
    return found


def test_every_hard_cut_is_labelled(footage: Path) -> None:
    truth = json.loads((footage / "cuts.json").read_text())
    assert {(film, cut) for film in (TEARS, BUNNY) for cut in truth[film]["cuts"]} == set(LABELS)


def test_no_cut_of_a_film_is_judged_wrongly_and_those_it_can_tell_are_known(
    watcher: FaceWatcher, stills: Stills
) -> None:
    told: dict[tuple[str, int], frozenset[EditingPattern]] = {}
    for film, cut in LABELS:
        sides = (stills[film, cut + side] for side in (-_BESIDE, _BESIDE))
        patterns = judge(*map(watcher.sight, sides)).patterns
        if patterns is not None:
            told[film, cut] = patterns
    assert set(told) == TOLD
    assert all(told[cut] == frozenset({parse_pattern(LABELS[cut])}) for cut in told)


@pytest.mark.parametrize(("current", "following"), ACROSS)
def test_shots_with_faces_are_told_apart(
    watcher: FaceWatcher, stills: Stills, current: int, following: int
) -> None:
    seen = [watcher.sight(stills[TEARS, frame]) for frame in (current, following)]
    assert judge(*seen).patterns == frozenset({parse_pattern(ACROSS[current, following])})


def test_the_people_of_a_film_are_told_apart(watcher: FaceWatcher, stills: Stills) -> None:
    faces = []
    for frame, people in PEOPLE.items():
        seen = sorted(watcher.sight(stills[TEARS, frame]).faces, key=lambda face: face.box[0])
        assert len(seen) == len(people)
        faces += list(zip(people, seen, strict=True))
    apart_by = [
        (-distance, one == other)
        for (one, first), (other, second) in combinations(faces, 2)
        if (distance := apart(first, second)) is not None
    ]
    told_apart = auc_of([value for value, _ in apart_by], [same for _, same in apart_by])
    assert told_apart is not None
    assert told_apart.auc > 0.95
    bound = watcher.sight(next(iter(stills.values()))).same
    right = [(-nearness < bound) == same for nearness, same in apart_by]
    assert sum(right) > 0.9 * len(right)
