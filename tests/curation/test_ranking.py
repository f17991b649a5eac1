"""The order of proposals: the same however cuts are read, fair to patterns, and explicable."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cuts.sample import found

from cut2next.curation.ranking import ALONE, Nominee, Proposal, named, nominee, propose
from cut2next.cuts.record import CutRecord
from cut2next.film import EditingPattern, IndividualPrompt, RelationalPrompt

NOTHING_SAID = IndividualPrompt(summary="")


@st.composite
def nominees(draw: st.DrawFn, *, patterns: int = 2) -> list[Nominee]:
    """Any cuts, with equal ones among them, some of them unknown in part."""
    part = st.none() | st.sampled_from([0.0, 0.25, 0.5, 1.0])
    count = draw(st.integers(1, 30))
    return [
        Nominee(
            id=f"film{draw(st.integers(0, 2))}:{number}",
            film=f"film{draw(st.integers(0, 2))}",
            patterns=draw(st.frozensets(st.sampled_from(EditingPattern), max_size=patterns)),
            continuity=draw(part),
            people=draw(part),
            scores=draw(
                st.dictionaries(st.sampled_from(["motion", "text"]), st.integers(-3, 0).map(float))
            ),
        )
        for number in range(count)
    ]


def ids(proposals: list[Proposal]) -> list[str]:
    return [one.nominee.id for one in proposals]


@given(nominees(), st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_the_order_of_reading(
    cuts: list[Nominee], chance: Random
) -> None:
    shuffled = list(cuts)
    chance.shuffle(shuffled)
    assert propose(cuts) == propose(shuffled)


@given(nominees())
def test_every_cut_is_proposed_once_and_ranked(cuts: list[Nominee]) -> None:
    proposals = propose(cuts)
    assert sorted(ids(proposals)) == sorted(one.id for one in cuts)
    assert [one.rank for one in proposals] == list(range(1, len(cuts) + 1))
    for one in proposals:
        assert all(0 <= value <= 1 for value in (one.worth, one.quality or 0.0))


@given(nominees(patterns=1))
def test_patterns_take_turns_as_long_as_they_have_cuts(cuts: list[Nominee]) -> None:
    by_id = {one.id: one for one in cuts}
    left = Counter(one.patterns for one in cuts)
    came: Counter[frozenset[EditingPattern]] = Counter(dict.fromkeys(left, 0))
    for proposal in propose(cuts):
        patterns = by_id[proposal.nominee.id].patterns
        assert came[patterns] == min(came[one] for one in left if left[one])
        came[patterns] += 1
        left[patterns] -= 1


def bare(id_: str, film: str, **scores: float) -> Nominee:
    """A cut of which little is known."""
    return Nominee(
        id=id_, film=film, patterns=frozenset(), continuity=None, people=None, scores=scores
    )


def test_films_take_turns_among_equals() -> None:
    cuts = [bare(f"{film}:{number}", film) for film in ("a", "b") for number in range(3)]
    assert [id_[0] for id_ in ids(propose(cuts))] == ["a", "b", "a", "b", "a", "b"]


def told(record: CutRecord, current: str, following: str, relation: str) -> CutRecord:
    return replace(
        record,
        current=replace(record.current, prompt=IndividualPrompt(summary=current)),
        next=replace(record.next, prompt=IndividualPrompt(summary=following)),
        relational=RelationalPrompt(transition=relation, character_consistency="the same"),
    )


def test_what_continues_and_has_people_comes_first() -> None:
    good = told(found(1), "<Ana> and <Ben>", "<Ben> with <Ana>", "They talk")
    stranger = told(found(2), "<Ana>", "<Zoe>", "Somewhere else")
    empty = told(found(3), "A house", "A street", "Empty")
    proposals = propose([nominee(one) for one in (empty, stranger, good)])
    assert proposals[0].nominee.id == good.id
    assert {one.nominee.id: one.nominee.people for one in proposals} == {
        good.id: 1.0,
        stranger.id: ALONE,
        empty.id: 0.0,
    }
    continuity = {one.nominee.id: one.nominee.continuity or 0.0 for one in proposals}
    assert continuity[stranger.id] < continuity[good.id] == 1.0


@pytest.mark.parametrize(
    ("difference", "worth"), [(0.05, 0.0), (0.4, 1.0), (0.99, 0.0), (0.175, 0.5)]
)
def test_neither_the_same_picture_nor_another_world(difference: float, worth: float) -> None:
    record = replace(found(0), scores={"difference": difference})
    current, following = (replace(shot, scene=None, prompt=NOTHING_SAID) for shot in record.shots)
    seen = nominee(replace(record, current=current, next=following))
    assert seen.continuity == pytest.approx(worth)
    assert seen.people is None


def test_scores_count_by_their_place_among_all() -> None:
    values = (1.0, 10.0, 1e6)
    cuts = [bare(f"{value}", "film", sharpness=value, motion=value / 1e6) for value in values]
    places = {one.nominee.id: one.quality for one in propose(cuts)}
    assert places == pytest.approx({"1.0": 1 / 6, "10.0": 1 / 2, "1000000.0": 5 / 6})


def test_a_cut_of_which_nothing_is_known_is_neither_good_nor_bad() -> None:
    record = found(0, scores={})
    current, following = (
        replace(shot, scene=None, prompt=NOTHING_SAID, scores={}) for shot in record.shots
    )
    unknown = nominee(replace(record, current=current, next=following))
    (only,) = propose([unknown])
    assert (only.worth, only.nominee.continuity, only.quality) == (0.5, None, None)


def test_names_are_those_in_pointed_brackets() -> None:
    assert named("<Ana> (red hair) sees <Ben>", "<Ana>") == {"Ana", "Ben"}
    assert not named("a < b, b > a", "nobody")
