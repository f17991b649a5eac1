from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from PIL import Image, ImageChops
from tests.cutbench.soundstage.stage import HELD_OUT
from tests.generation.toy import toy

from cut2next.cutbench.contenders import by_chain, by_model, one_by_one
from cut2next.cutbench.soundstage.chains import (
    CUTS,
    EARLIER,
    MOST_CUTS,
    OWN,
    TRUTH,
    chain_entries,
    chained,
    draw_new_setups,
)
from cut2next.film import Cut, InputError
from cut2next.soundstage.camera import patterns_between
from cut2next.soundstage.film_set import build_set

TWO = replace(HELD_OUT, count=2)


def test_each_cut_is_made_from_the_last_picture_and_from_the_true_one() -> None:
    given: list[Image.Image] = []
    made: list[Image.Image] = []

    def contender(cuts: Sequence[Cut]) -> list[Image.Image]:
        given.extend(cut.current.keyframe for cut in cuts)
        made.extend(ImageChops.invert(cut.next.keyframe) for cut in cuts)
        return made[-len(cuts) :]

    assert len([*chained(TWO, contender)]) == CUTS
    own, true = [
        [at for cut in range(CUTS) for at in range(4 * cut + first, 4 * cut + first + 2)]
        for first in (0, 2)
    ]
    # Both begin with the true shot; then one goes on from what was made of the same film.
    assert [given[at] for at in own[:2]] == [given[at] for at in true[:2]]
    assert all(given[at] is made[before] for at, before in zip(own[2:], own, strict=False))
    for at, before in zip(true[2:], true, strict=False):
        assert given[at].tobytes() == ImageChops.invert(made[before]).tobytes()


def test_a_chain_of_any_length_is_asked_once_for_each_set() -> None:
    asked: list[list[str]] = []

    def chain(cuts: Sequence[Cut]) -> Iterator[Image.Image]:
        asked.append([cut.name for cut in cuts])
        return (cut.next.keyframe for cut in cuts)

    grey = one_by_one(lambda cut: Image.new("RGB", cut.next.keyframe.size, "grey"))
    cuts = [*chain_entries(TWO, grey, chain, cuts=5)]
    assert len(cuts) == 5
    for at, entries in enumerate(cuts):
        assert [entry.cut for entry in entries] == [names[at] for names in asked]
        for entry in entries:
            assert list(entry.judgements) == [OWN, TRUTH, EARLIER]
            assert entry.judgements[EARLIER].values["psnr"] > 50  # type: ignore[operator]
            assert entry.judgements[OWN].values["psnr"] < 30  # type: ignore[operator]


def test_a_model_that_reads_no_earlier_shots_goes_on_from_its_own_picture() -> None:
    pipe = toy()
    held_out = replace(TWO, size=(96, 48))
    for rows in chained(held_out, by_model(pipe, 1), by_chain(pipe, 1), cuts=3):
        own, _, earlier = (figures["psnr"] for figures in rows.values())
        assert own is not None
        assert earlier is not None
        assert abs(own.mean - earlier.mean) < 0.05  # batches are rounded otherwise


def test_the_truth_is_right_all_along_and_every_row_counts_all_sets() -> None:
    rows = [*chained(TWO, one_by_one(lambda cut: cut.next.keyframe))]
    for number, row in enumerate(rows, 1):
        assert list(row) == [f"cut {number}, from its own", f"cut {number}, from the truth"]
        for figures in row.values():
            camera = figures["camera"]
            assert camera is not None
            assert (camera.mean, camera.count) == (1, 2)


@pytest.mark.parametrize("seed", range(6))
def test_no_setup_comes_twice_and_each_is_cut_to_as_an_editor_would(seed: int) -> None:
    cuts = draw_new_setups(build_set(seed), Random(seed), MOST_CUTS)
    shown = [cuts[0].current, *(cut.next for cut in cuts)]
    assert len({setup.name for setup in shown}) == MOST_CUTS + 1
    assert len(shown[0].subjects) == 2
    for cut, (current, following) in zip(cuts, pairwise(shown), strict=True):
        assert cut == (current, following, patterns_between(current, following))
        assert cut.patterns


@pytest.mark.parametrize("cuts", [0, MOST_CUTS + 1])
def test_no_sequence_is_longer_than_there_are_setups(cuts: int) -> None:
    with pytest.raises(InputError, match=f"a sequence of {cuts} cuts; expected 1 to 16"):
        next(chain_entries(TWO, one_by_one(lambda cut: cut.next.keyframe), cuts=cuts))
