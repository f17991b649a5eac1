from collections.abc import Sequence
from dataclasses import replace

from PIL import Image, ImageChops
from tests.cutbench.soundstage.stage import HELD_OUT

from cut2next.cutbench.contenders import one_by_one
from cut2next.cutbench.soundstage.chains import CUTS, chained
from cut2next.film import Cut

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


def test_the_truth_is_right_all_along_and_every_row_counts_all_sets() -> None:
    rows = [*chained(TWO, one_by_one(lambda cut: cut.next.keyframe))]
    for number, row in enumerate(rows, 1):
        assert list(row) == [f"cut {number}, from its own", f"cut {number}, from the truth"]
        for figures in row.values():
            camera = figures["camera"]
            assert camera is not None
            assert (camera.mean, camera.count) == (1, 2)
