"""Neighbours become cuts, and their scores say what the numbers of their shots say."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from tests.films.steps.shots import keyframed

from cut2next.cuts.record import CutRecord, MadeBy
from cut2next.films.steps.keyframes import KeyframedShot
from cut2next.films.steps.pairing import paired

BY = (MadeBy(tool="a test", version="1"),)


def cuts(*seen: KeyframedShot) -> list[CutRecord]:
    return list(
        paired(seen, film="film", contents="digest", made_by=BY, licence="CC0-1.0", source="a test")
    )


def novelties(*prints: int) -> list[float]:
    shots = [keyframed(at, fingerprint=print_) for at, print_ in enumerate(prints)]
    return [cut.scores["novelty"] * 64 for cut in cuts(*shots)]


def test_every_two_neighbours_are_a_cut() -> None:
    first, second, third = (keyframed(at) for at in range(3))
    one, other = cuts(first, second, third)
    assert (one.current, one.next) == (first.record, second.record)
    assert (other.current, other.next) == (second.record, third.record)
    assert (one.film, one.contents, one.made_by) == ("film", "digest", BY)
    assert (one.id, other.id) == ("film:0000-0001", "film:0001-0002")
    assert cuts() == cuts(first) == []


def test_the_gap_is_what_lies_between_two_shots() -> None:
    touching, apart = keyframed(1, start=1.0, end=2.0), keyframed(2, start=2.5, end=3.0)
    gaps = [cut.scores["gap"] for cut in cuts(keyframed(0, end=1.0), touching, apart)]
    assert gaps == [0.0, 0.5]


def test_the_difference_is_the_share_of_bits_that_differ() -> None:
    one, other = cuts(*(keyframed(at, fingerprint=bits) for at, bits in enumerate((0, 0xFF, 0xFF))))
    assert (one.scores["difference"], other.scores["difference"]) == (8 / 64, 0.0)


def test_the_first_cut_is_new() -> None:
    assert novelties(0, 0) == [64]


def test_a_cut_that_was_there_before_is_not_new() -> None:
    assert novelties(0, 0xFF, 0, 0xFF) == [64, 8, 0]


def test_novelty_is_by_the_nearest_earlier_cut() -> None:
    # The last cut is 4 bits from the first one and 60 from the others.
    far = 2**64 - 1
    assert novelties(0, 0, far, far, 0, 0b1111)[-1] == 4


def test_a_cut_is_as_new_as_its_newer_side() -> None:
    assert novelties(0, 0, 0b111)[-1] == 3
    assert novelties(0, 0b1, 0b11111)[-1] == 4


@given(st.lists(st.integers(0, 2**64 - 1), min_size=3, max_size=12))
def test_novelty_is_what_comparing_one_by_one_says(prints: list[int]) -> None:
    sides = list(pairwise(prints))
    for at, novelty in list(enumerate(novelties(*prints)))[1:]:
        current, following = sides[at]
        distances = [
            max((before ^ current).bit_count(), (after ^ following).bit_count())
            for before, after in sides[:at]
        ]
        assert novelty == min(distances)
