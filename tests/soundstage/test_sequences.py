"""Sequences, by the rules that an editor would hold them to."""

from collections import Counter
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.soundstage.sets import SMALL, film_set, object_ids, setup_of

from cut2next.film import EditingPattern, InputError, Shot
from cut2next.soundstage.camera import patterns_between
from cut2next.soundstage.film_set import build_set
from cut2next.soundstage.sequences import draw_sequence, shoot_sequence
from cut2next.soundstage.shooting import PossibleCut

_DETAILS = ("insert", "feature", "listener")


def _sequence(seed: int, length: int) -> list[PossibleCut]:
    return draw_sequence(film_set(seed), Random(seed), length)


@settings(max_examples=40)
@given(st.integers(0, 2**31), st.integers(4, 16))
def test_a_sequence_is_cut_as_an_editor_would(seed: int, length: int) -> None:
    cuts = draw_sequence(build_set(seed), Random(seed), length)
    assert len(cuts) == length - 1
    assert cuts[0].current.size == "wide" or cuts[0].current.name.startswith(_DETAILS)
    assert not cuts[-1].next.name.startswith(_DETAILS)
    for cut, following in pairwise(cuts):
        assert cut.next is following.current
    for cut in cuts:
        assert cut.current is not cut.next
        assert cut.patterns == patterns_between(cut.current, cut.next) != frozenset()
        assert not (cut.current.name.startswith(_DETAILS) and cut.next.name.startswith(_DETAILS))


@settings(max_examples=40)
@given(st.integers(0, 2**31), st.integers(4, 16))
def test_neither_a_cut_nor_a_detail_comes_twice(seed: int, length: int) -> None:
    cuts = draw_sequence(build_set(seed), Random(seed), length)
    made = Counter((cut.current.name, cut.next.name) for cut in cuts)
    shown = Counter([cuts[0].current.name, *(cut.next.name for cut in cuts)])
    assert max(made.values()) == 1
    assert all(shown[name] == 1 for name in shown if name.startswith(_DETAILS))


def test_sequences_show_every_pattern_and_the_usual_course() -> None:
    sequences = [_sequence(seed, 8) for seed in range(40)]
    held = Counter(pattern for cuts in sequences for cut in cuts for pattern in cut.patterns)
    total = sum(len(cuts) for cuts in sequences)
    assert all(held[pattern] > 0.04 * total for pattern in EditingPattern)
    openings = Counter((cuts[0].current.size, cuts[0].next.name) for cuts in sequences)
    assert openings["wide", "two"] > len(sequences) / 3
    inserts = [any(cut.next.framing == "insert" for cut in cuts) for cuts in sequences]
    assert sum(inserts) > len(sequences) / 2


def test_the_same_chance_cuts_the_same_and_another_otherwise() -> None:
    names = [
        [cut.next.name for cut in draw_sequence(film_set(2), Random(chance), 7)]
        for chance in (1, 1, 2)
    ]
    assert names[0] == names[1] != names[2]


@pytest.mark.parametrize("length", [-1, 0, 1, 3, 17])
def test_another_length_is_refused(length: int) -> None:
    with pytest.raises(InputError, match="expected 4 to 16"):
        _sequence(0, length)


def test_every_shot_of_a_sequence_is_shot_once_and_leads_on() -> None:
    shot_on, cuts = film_set(3), _sequence(3, 9)
    shot = list(shoot_sequence(shot_on, cuts, Random(5), SMALL, 1))
    assert [made.cut.patterns for made in shot] == [cut.patterns for cut in cuts]
    for before, after in pairwise(shot):
        assert before.cut.next is after.cut.current
        assert before.next is after.current
    takes: dict[str, Shot] = {}
    for made, cut in zip(shot, cuts, strict=True):
        setup = setup_of(shot_on, cut.next.name)
        assert np.array_equal(np.asarray(made.cut.next.keyframe), shot_on.picture(setup, SMALL, 1))
        assert np.array_equal(made.next.object_ids, object_ids(shot_on, setup))
        assert takes.setdefault(cut.next.name, made.cut.next) is made.cut.next
    assert len({made.cut.name for made in shot}) == len(shot)
