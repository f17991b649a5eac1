from dataclasses import replace
from pathlib import Path

import numpy as np

from cut2next.soundstage.repertoire import repertoire_named
from cut2next.soundstage.rushes import Rushes
from cut2next.soundstage.truth import PIXEL_KINDS


def _rushes(folder: Path) -> Rushes:
    return Rushes(
        folder=folder,
        repertoire=repertoire_named("café,park"),
        sets=3,
        setups_a_set=2,
        sets_a_reel=2,
        size=(48, 20),
    )


def test_a_reel_holds_the_pictures_of_its_seeds(tmp_path: Path) -> None:
    rushes = _rushes(tmp_path / "rushes")
    assert sorted(rushes.shoot(workers=1)) == [0, 1] == list(rushes.reels)
    film_set = rushes.build(2)
    pictures = [film_set.picture(setup, rushes.size) for setup in rushes.setups(film_set)]
    assert rushes.reel(1).shape == (2, 2, 20, 48, 3)
    assert np.array_equal(rushes.reel(1)[0], pictures)
    _, ids = film_set.light(rushes.setups(film_set)[0], rushes.size)
    shown = np.array(film_set.geometry.parts)[ids]
    kinds = np.array(PIXEL_KINDS)[rushes.kinds(1)[0, 0]]
    wanted = {"walls": "setting", "a.hair": "people", "b.top": "people", "prop0": "props"}
    seen = {part: {*kinds[shown == part]} for part in np.unique(shown)}
    for part, kind in wanted.items():
        assert seen.get(part, {kind}) == {kind}
    eyes = {part for part in seen if part.endswith((".eyes", ".glasses"))}
    assert all(seen[part] == {"eyes"} for part in eyes)


def test_only_reels_that_are_missing_are_shot_again(tmp_path: Path) -> None:
    rushes = _rushes(tmp_path)
    list(rushes.shoot(workers=1))
    kept, lost = (tmp_path / f"reel-0000{number}.npy" for number in (0, 1))
    before, written = lost.read_bytes(), kept.stat().st_mtime_ns
    lost.unlink()
    assert sorted(rushes.shoot(workers=1)) == [0, 1]
    assert lost.read_bytes() == before
    assert kept.stat().st_mtime_ns == written


def test_sets_in_action_are_the_same_sets_with_people_who_do_something(tmp_path: Path) -> None:
    still, acting = _rushes(tmp_path), replace(_rushes(tmp_path), action=True)
    for seed in range(4):
        before, after = still.build(seed), acting.build(seed)
        assert after.place.name == before.place.name
        assert not any(person.doing for person in before.cast)
        assert all(person.doing for person in after.cast[:2])
        named = [
            [setup.name for setup in on.setups(s)] for on, s in ((still, before), (acting, after))
        ]
        assert named[0] == named[1]
