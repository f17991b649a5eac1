"""Votes on disk: each once, whatever is sent, and never another study's."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cutbench.study.studies import furnished

from cut2next.cutbench.study.design import Question, StudyFacts
from cut2next.cutbench.study.order import Side
from cut2next.cutbench.study.votes import NameTakenError, Rater, Vote, Votes, open_votes, read_votes
from cut2next.film import InputError, OutputError


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFacts:
    """Of two makers."""
    return furnished(tmp_path_factory.mktemp("study")).study()


@pytest.fixture
def votes(tmp_path: Path, study: StudyFacts) -> Iterator[Votes]:
    """A new file of it, open."""
    opened = open_votes(tmp_path / "votes.sqlite", study)
    yield opened
    opened.close()


def vote(rater: Rater, item: int = 0, **more: object) -> Vote:
    """The first picture, on the left."""
    plain = Vote(
        rater=rater.number,
        question=Question.CONTINUITY,
        round=1,
        item=item,
        chose_first=True,
        side=Side.LEFT,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def test_what_is_given_is_there_when_the_file_is_opened_again(
    votes: Votes, study: StudyFacts
) -> None:
    anna = votes.join("Anna")
    given = [vote(anna, item, chose_first=item % 2 == 0) for item in range(5)]
    assert all(votes.give(one) for one in given)
    again = open_votes(votes.path, study)
    assert again.given(anna) == again.given() == given
    assert (again.raters(), again.secret, again.study) == ([anna], votes.secret, study)
    again.close()


def test_the_file_alone_holds_every_vote_at_once(votes: Votes, tmp_path: Path) -> None:
    anna = votes.join("Anna")
    for item in range(10):
        votes.give(vote(anna, item))
        copy = tmp_path / f"copy{item}.sqlite"
        copy.write_bytes(votes.path.read_bytes())  # as after a kill, and without what lies beside
        counted = read_votes(copy)
        assert len(counted.given()) == item + 1
        counted.close()


def test_an_answer_is_kept_once_and_the_first_counts(votes: Votes) -> None:
    anna, ben = votes.join("Anna"), votes.join("Ben")
    first, other = vote(anna), vote(anna, chose_first=False, side=Side.RIGHT)
    assert votes.give(first)
    assert votes.give(first)
    assert not votes.give(other)
    assert votes.give(vote(ben, chose_first=False))
    assert votes.given() == [first, vote(ben, chose_first=False)]


def test_many_hands_at_once_make_no_vote_more_and_none_less(
    votes: Votes, study: StudyFacts
) -> None:
    raters = [votes.join(f"rater {number}") for number in range(5)]
    given = [vote(rater, item) for rater in raters for item in range(10)] * 3
    other = open_votes(votes.path, study)  # as another process would
    with ThreadPoolExecutor(8) as hands:
        kept = list(
            hands.map(
                lambda pair: pair[0].give(pair[1]), zip([votes, other] * 75, given, strict=True)
            )
        )
    assert all(kept)
    assert len(votes.given()) == 50
    other.close()


def test_a_name_is_one_raters(votes: Votes) -> None:
    anna = votes.join("  Änna \n Maria ")
    assert anna.name == "Änna Maria"
    assert votes.rater(anna.token) == votes.named("änna maria") == anna
    for taken in ("Änna Maria", "änna  MARIA", "Anna Maria".replace("A", "A\u0308", 1)):
        with pytest.raises(NameTakenError, match="has begun already"):
            votes.join(taken)
    for wrong in ("", " \t", "x" * 41):
        with pytest.raises(InputError, match="1 to 40 letters"):
            votes.join(wrong)
    assert votes.rater("") is None
    assert votes.rater("ä") is None


def test_another_study_is_not_mixed_in(votes: Votes, study: StudyFacts) -> None:
    votes.close()
    other = study.model_copy(update={"seed": study.seed + 1})
    with pytest.raises(InputError, match=r"votes of another study \(walls 1: good, bad, seed 5\)"):
        open_votes(votes.path, other)


def test_what_is_no_file_of_votes_is_refused_and_left_as_it_was(
    tmp_path: Path, study: StudyFacts
) -> None:
    text = tmp_path / "text.sqlite"
    text.write_text("no database, but long enough to be looked at as one: " * 20)
    foreign = tmp_path / "foreign.sqlite"
    with sqlite3.connect(foreign) as database:
        database.execute("CREATE TABLE mine (at TEXT)")
    database.close()
    for path in (text, foreign):
        before = path.read_bytes()
        for opening in (read_votes, lambda path: open_votes(path, study)):
            with pytest.raises(InputError, match=r"expected votes of a study"):
                opening(path)
        assert path.read_bytes() == before
    with pytest.raises(InputError, match="no such file"):
        read_votes(tmp_path / "none.sqlite")
    with pytest.raises(OutputError, match="no such folder"):
        open_votes(tmp_path / "none" / "votes.sqlite", study)
    with pytest.raises(OutputError, match="unable to open"):
        open_votes(tmp_path, study)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("UPDATE votes SET question = 'beauty'", "CHECK constraint failed in votes"),
        ("UPDATE votes SET item = 999", "votes on what was not asked"),
        ("UPDATE study SET facts = '{}'", "Field required"),
        ("CREATE VIEW mine AS SELECT 1", "a database of something else"),
        ("ALTER TABLE votes ADD COLUMN more TEXT", "a database of something else"),
    ],
)
def test_a_strangers_votes_are_looked_through_before_they_are_counted(
    votes: Votes, change: str, fault: str
) -> None:
    votes.give(vote(votes.join("Anna")))
    votes.close()
    with sqlite3.connect(votes.path) as database:
        database.execute("PRAGMA ignore_check_constraints = ON")
        database.execute(change)
    database.close()
    with pytest.raises(InputError, match=fault):
        read_votes(votes.path)
    assert [path.name for path in votes.path.parent.iterdir()] == [votes.path.name]


def test_damage_that_sqlite_cannot_tell_in_words_is_one_line(votes: Votes) -> None:
    votes.close()
    whole = votes.path.read_bytes()
    votes.path.write_bytes(whole.replace(b"CREATE TABLE raters", b"CREATE \xa5ABLE raters"))
    with pytest.raises(InputError, match="damaged; expected votes of a study"):
        read_votes(votes.path)
