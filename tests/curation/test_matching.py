"""Cuts found again in a set that was rebuilt."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cuts.sample import found, record

from cut2next.curation import matching
from cut2next.curation.decisions import Decision, Verdict
from cut2next.curation.matching import CutPlace, match, place_of


def place(id_: str, cut: float, *, film: str = "film", shots: float = 4.0) -> CutPlace:
    """A cut at some second between two shots of some length."""
    return CutPlace(id=id_, film=film, spans=((cut - shots, cut), (cut, cut + shots)))


def kept(one: CutPlace) -> Decision:
    return Decision(id=one.id, film=one.film, spans=one.spans, verdict=Verdict.KEEP)


def test_the_same_id_at_the_same_time_is_the_same_cut() -> None:
    there = place("film:a-b", 10.0)
    matching = match([kept(there)], [there])
    assert matching.matched["film:a-b"].verdict is Verdict.KEEP
    assert not matching.moved
    assert not matching.lost


def test_a_cut_that_moved_a_little_and_is_called_otherwise_is_found_and_told() -> None:
    before, now = place("film:3-4", 10.0), place("film:4-5", 10.2)
    matching = match([kept(before)], [place("film:9-10", 30.0), now])
    assert matching.moved == [("film:3-4", "film:4-5")]
    assert matching.matched["film:4-5"].spans == now.spans


def test_an_id_that_now_means_another_cut_takes_no_decision() -> None:
    before = place("film:3-4", 10.0)
    renumbered = [place("film:3-4", 40.0), place("film:5-6", 10.0)]
    matching = match([kept(before)], renumbered)
    assert list(matching.matched) == ["film:5-6"]
    assert match([kept(before)], renumbered[:1]).lost == [kept(before)]


def test_another_film_is_another_cut() -> None:
    assert match([kept(place("a:1-2", 10.0, film="a"))], [place("b:1-2", 10.0, film="b")]).lost


def test_cuts_without_a_place_are_known_by_id_alone() -> None:
    there = place_of(record(3))
    assert there.spans is None
    decision = Decision(id=there.id, verdict=Verdict.DROP)
    assert match([decision], [there]).matched[there.id].verdict is Verdict.DROP
    assert match([replace(decision, id="other")], [there]).lost


def test_the_place_of_a_cut_is_in_seconds() -> None:
    assert place_of(found(3)).spans == ((10.0, 10.0 + 40 / 24), (280 / 24, 320 / 24))


@given(st.lists(st.integers(0, 40), unique=True), st.lists(st.integers(0, 40), unique=True))
def test_every_decision_is_found_once_or_lost(then: list[int], now: list[int]) -> None:
    decisions = [kept(place(f"then:{second}", second, shots=1.0)) for second in then]
    places = [place(f"now:{second}", second + 0.2, shots=1.0) for second in now]
    matching = match(decisions, places)
    assert set(matching.matched) == {f"now:{second}" for second in set(then) & set(now)}
    assert len(matching.matched) + len(matching.lost) == len(then)


def test_of_cuts_that_take_the_same_time_the_first_of_the_set_is_taken() -> None:
    before = place("film:3-4", 10.0)
    later, earlier = place("film:a", 10.1), place("film:b", 9.9)
    assert match([kept(before)], [later, earlier]).moved == [("film:3-4", "film:a")]


def test_work_grows_as_the_set_does(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = 0

    def counted(*pair: Any) -> bool:
        nonlocal looked
        looked += 1
        return is_it(*pair)

    is_it = matching._is
    monkeypatch.setattr(matching, "_is", counted)
    for count in (100, 1000):
        looked = 0
        there = [place(f"film:{number}", 4.0 * number) for number in range(count)]
        gone = [kept(place(f"gone:{number}", 4.0 * number + 0.5)) for number in range(count)]
        lost = [kept(place(f"lost:{number}", 4.0 * number + 2.0)) for number in range(count)]
        found = match([*gone, *lost], there)
        assert (len(found.moved), len(found.lost)) == (count, count)
        assert looked <= 6 * count
