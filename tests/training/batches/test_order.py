"""The order of cuts: all of them in an epoch, one size in a batch, and a number says it all."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from time import process_time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.training.batches.sets import imagined

from cut2next.film import InputError
from cut2next.training.batches.order import CutOrder, hands
from cut2next.training.batches.survey import Survey

SMALL = st.integers(1, 4)
CUTS = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from("abcdefgh"), st.integers(1, 2)), min_size=1
)


def both(cuts: Sequence[tuple[int, str, int]]) -> Survey:
    """Of two sources, one of which may have nothing."""
    return imagined(cuts, (1.0, 2.5))


@given(CUTS, SMALL, SMALL)
def test_in_every_epoch_every_cut_comes_and_a_batch_is_of_one_size_and_one_source(
    cuts: list[tuple[int, str, int]], groups: int, each: int
) -> None:
    order = CutOrder(survey=both(cuts), groups=groups, each=each)
    for epoch in range(2):
        seen = set[int]()
        for number in range(epoch * len(order), (epoch + 1) * len(order)):
            drawn = order(number)
            assert drawn.shape == (groups, each)
            assert len({cuts[at][2] for at in drawn.flat}) == 1
            assert len({cuts[at][0] for at in drawn.flat}) == 1
            for row in drawn:
                assert len({cuts[at][1:] for at in row}) == 1  # of one current shot
            seen.update(drawn.ravel().tolist())
        assert seen == set(range(len(cuts)))


@given(CUTS, SMALL, SMALL)
def test_a_cut_comes_again_only_where_its_current_shot_has_too_few(
    cuts: list[tuple[int, str, int]], groups: int, each: int
) -> None:
    order = CutOrder(survey=both(cuts), groups=groups, each=each)
    of_shot = Counter(cuts)
    for number in range(len(order)):
        for row in order(number):
            assert len(set(row)) == min(each, of_shot[cuts[row[0]]])


@given(CUTS, st.integers(0, 50), st.integers(1, 5))
def test_the_order_is_the_same_whoever_asks_and_in_whatever_order(
    cuts: list[tuple[int, str, int]], first: int, processes: int
) -> None:
    def order() -> CutOrder:
        return CutOrder(survey=both(cuts), groups=2, each=2, seed=3)

    alone = order()
    expected = [alone(number).tolist() for number in range(first, first + 10)]
    apart = [order() for _ in range(processes)]
    numbers = range(first + 9, first - 1, -1)
    drawn = {number: apart[number % processes](number).tolist() for number in numbers}
    assert [drawn[number] for number in range(first, first + 10)] == expected


def test_epochs_and_seeds_differ() -> None:
    survey = imagined([(0, f"{number}", 1) for number in range(50)])
    one, other = (CutOrder(survey=survey, groups=1, each=1, seed=seed) for seed in (0, 1))
    first = [one(number).item() for number in range(50)]
    assert first != sorted(first)
    assert first != [one(50 + number).item() for number in range(50)]
    assert first != [other(number).item() for number in range(50)]


def test_cuts_of_a_current_shot_come_together_only_under_one_prompt() -> None:
    survey = imagined([(0, "a", 1), (0, "a", 1), (0, "b", 1)])
    assert len(CutOrder(survey=survey, groups=1, each=2)) == 2
    same_picture = imagined([(0, "a", 1), (0, "b", 1)])
    for at, cut in enumerate(same_picture.cuts):
        object.__setattr__(cut, "current", "one picture")
        assert cut.current_prompt.summary == "ab"[at]
    assert len(CutOrder(survey=same_picture, groups=1, each=2)) == 2


def test_a_source_gives_its_share_whatever_its_size() -> None:
    cuts = [(0, f"{number}", 1) for number in range(90)]
    cuts += [(1, f"{number}", 1) for number in range(10)]
    order = CutOrder(survey=imagined(cuts, (3.0, 1.0)), groups=1, each=1)
    assert len(order) == 120
    drawn = Counter(cuts[order(number).item()][0] for number in range(len(order)))
    assert drawn == {0: 90, 1: 30}
    small = Counter(at for n in range(120) if cuts[at := order(n).item()][0] == 1)
    assert set(small.values()) == {3}


def test_sizes_and_sources_come_mixed() -> None:
    cuts = [(number % 2, f"{number}", 1 + number % 3) for number in range(60)]
    order = CutOrder(survey=both(cuts), groups=1, each=1)
    drawn = [cuts[order(number).item()] for number in range(len(order))]
    for column in (0, 2):
        changes = sum(a[column] != b[column] for a, b in pairwise(drawn))
        assert changes > len(order) / 5


def test_an_epoch_counts_what_it_has() -> None:
    cuts = [(0, "a", 1)] * 5 + [(0, "b", 1)] + [(0, "c", 2)] * 2
    # Of size 1 three rows of a and one of b, of size 2 one of c, two rows in a batch.
    assert len(CutOrder(survey=imagined(cuts), groups=2, each=2)) == 3


def test_hands_are_evenly_random() -> None:
    chance = np.random.default_rng(0)
    kinds = np.array([7, 3, 7, 7, 3, 7])
    first = Counter(hands(kinds, 2, chance)[1, 0] for _ in range(4000))
    assert set(first) == {0, 2, 3, 5}  # kind 3 has the first hand, for itself
    assert all(abs(count - 1000) < 100 for count in first.values())


@pytest.mark.parametrize(("groups", "each"), [(0, 1), (1, 0), (-1, 2)])
def test_numbers_under_one_are_refused(groups: int, each: int) -> None:
    with pytest.raises(InputError, match="micro-batches of"):
        CutOrder(survey=imagined([(0, "a", 1)]), groups=groups, each=each)


def test_a_large_set_is_dealt_out_in_a_moment() -> None:
    survey = imagined([(0, f"{number // 2}", number // 1000 % 20) for number in range(20_000)])
    order = CutOrder(survey=survey, groups=2, each=2)
    begun = process_time()
    order(0)
    assert process_time() - begun < 2  # hundredths, on a machine that does nothing else
