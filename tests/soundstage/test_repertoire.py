from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cut2next.film import InputError
from cut2next.soundstage.film_set import build_set
from cut2next.soundstage.people import COMPANY, LOOKS, held_out_look
from cut2next.soundstage.repertoire import EVERYTHING, Repertoire, repertoire_named


def _some(names: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    """Any of the names, in their order, but at least one."""
    chosen = st.sets(st.sampled_from(names), min_size=1)
    return chosen.map(lambda some: tuple(name for name in names if name in some))


def _may_be(kinds: dict[str, tuple[str, ...]]) -> bool:
    return (kinds["casts"], kinds["looks"]) != (("company",), ("withheld",))


REPERTOIRES = (
    st.fixed_dictionaries({kind: _some(names) for kind, names in asdict(EVERYTHING).items()})
    .filter(_may_be)
    .map(lambda kinds: Repertoire(**kinds))
)


@given(REPERTOIRES, st.integers(0, 2**31))
def test_a_set_is_built_from_it(repertoire: Repertoire, seed: int) -> None:
    film_set = build_set(seed, repertoire=repertoire)
    assert film_set.place.name in repertoire.places
    assert film_set.hour in repertoire.hours
    assert film_set.grade in repertoire.grades
    assert str(len(film_set.cast)) in repertoire.people
    looks = [person.look for person in film_set.cast]
    assert not repertoire.company_alone or set(looks) <= set(COMPANY)
    assert {LOOKS[held_out_look(look)] for look in looks} <= set(repertoire.looks)


@given(REPERTOIRES)
def test_what_it_says_names_it(repertoire: Repertoire) -> None:
    assert repertoire_named(str(repertoire)) == repertoire


def test_no_names_are_everything() -> None:
    assert str(EVERYTHING) == ""
    assert repertoire_named("") == EVERYTHING


@pytest.mark.parametrize("text", ["café", "CAFE", "Living-Room", "livingroom", " park ", "2,dusk"])
def test_a_name_is_found_by_its_letters(text: str) -> None:
    assert repertoire_named(text) != EVERYTHING


@pytest.mark.parametrize("text", ["moon", "park,", ",", "4"])
def test_an_unknown_name_is_refused_with_all_there_are(text: str) -> None:
    with pytest.raises(
        InputError, match=r"café, living room, .*lamplight, natural, .*, 2, 3, .*, company"
    ):
        repertoire_named(text)


def test_nothing_to_choose_from_is_refused() -> None:
    with pytest.raises(InputError, match="no hours to draw from"):
        Repertoire(hours=())


def test_the_company_has_no_withheld_looks() -> None:
    with pytest.raises(InputError, match="the company, in withheld looks"):
        repertoire_named("company,withheld")


@given(REPERTOIRES)
def test_what_is_withheld_is_taught_to_nobody_who_does_not_ask_for_it(part: Repertoire) -> None:
    asked = part.looks == ("withheld",)
    assert asked or part.company_alone or part.teachable.looks == ("taught",)
    assert not asked or part.teachable == part
    assert asdict(part.teachable) | {"looks": part.looks} == asdict(part)
