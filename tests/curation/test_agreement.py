"""Curators joined: the figures against ones worked out by hand, and nobody overruled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cut2next.curation.agreement import join, name_of
from cut2next.curation.decisions import Decision, Verdict

KEEP, DROP = Verdict.KEEP, Verdict.DROP
_LETTERS = {"k": KEEP, "d": DROP, ".": None}


def said(letters: str, curator: str = "") -> list[Decision]:
    """One decision a letter, on cuts 0, 1, ..."""
    return [
        Decision(id=f"{number}", verdict=_LETTERS[letter], curator=curator)
        for number, letter in enumerate(letters)
    ]


def test_agreement_as_worked_out_by_hand() -> None:
    # Of 50 both decided: 20 both keep, 15 both drop, 5 only anna keeps, 10 only ben keeps.
    # po = 35/50 = 0.7; pe = 25/50 * 30/50 + 25/50 * 20/50 = 0.5; kappa = 0.2/0.5 = 0.4.
    anna = said("k" * 20 + "d" * 15 + "k" * 5 + "d" * 10 + "k.")
    ben = said("k" * 20 + "d" * 15 + "d" * 5 + "k" * 10 + ".d")
    joined = join({"anna": anna, "ben": ben})
    (agreement,) = joined.agreements
    assert (agreement.both, agreement.same, agreement.share) == (50, 35, 0.7)
    assert agreement.kappa == pytest.approx(0.4)
    assert len(joined.conflicts) == 15
    verdicts = [one.verdict for one in joined.decisions]
    assert (verdicts.count(KEEP), verdicts.count(DROP), verdicts.count(None)) == (21, 16, 15)


def test_who_said_what_stays_readable() -> None:
    joined = join({"anna": said("kk."), "ben": said("dk.")})
    assert [one.note for one in joined.decisions] == ["anna: keep / ben: drop", "", ""]
    assert [one.curator for one in joined.decisions] == ["anna, ben", "anna, ben", ""]


@pytest.mark.parametrize(("anna", "ben"), [("kkk", "kkk"), ("", ""), ("k.", ".k")])
def test_kappa_is_undefined_where_chance_explains_all(anna: str, ben: str) -> None:
    (agreement,) = join({"anna": said(anna), "ben": said(ben)}).agreements
    assert agreement.kappa is None


def test_three_curators_agree_by_two() -> None:
    joined = join({"a": said("kd"), "b": said("kd"), "c": said("dd")})
    assert [(one.first, one.second, one.same) for one in joined.agreements] == [
        ("a", "b", 2),
        ("a", "c", 1),
        ("b", "c", 1),
    ]
    assert joined.conflicts == ["0"]


@given(st.text("kd.", max_size=8), st.text("kd.", max_size=8))
def test_no_curator_is_overruled(anna: str, ben: str) -> None:
    curators = {"anna": said(anna), "ben": said(ben)}
    joined = join(curators)
    for one in joined.decisions:
        votes = {mine.verdict for cuts in curators.values() for mine in cuts if mine.id == one.id}
        votes.discard(None)
        assert one.verdict is (votes.pop() if len(votes) == 1 else None)
    (mirrored,) = join({"ben": said(ben), "anna": said(anna)}).agreements
    assert mirrored.kappa == joined.agreements[0].kappa


def test_a_curator_is_called_as_in_the_file() -> None:
    assert name_of(said("kk", "Anna") + said("k", "Ben"), "a") == "Anna"
    assert name_of(said("kk"), "a") == "a"
