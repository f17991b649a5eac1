"""What a served page decides is in the set's file, unless that was changed by somebody else."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.curation.desks import desk_on, written
from tests.cuts.sample import found

from cut2next.cli.main import main
from cut2next.curation.decisions import (
    Decision,
    Verdict,
    decision_row,
    read_decisions,
    write_decisions,
)
from cut2next.curation.desk import ChangedError, Choice, Desk
from cut2next.cuts.dataset import read_records
from cut2next.film import InputError, OutputError

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


def version(desk: Desk) -> str:
    """What the page knows the file by."""
    told = re.search(r'"version": "([0-9a-f]{64})"', desk.page())
    assert told
    return told[1]


def choice(row: Decision, verdict: Verdict | None = Verdict.KEEP, note: str = "") -> Choice:
    """A decision on the cut of a row, by Anna."""
    spans = decision_row(row)["spans"]
    return Choice(id=row.id, spans=spans, verdict=verdict, curator="Anna", note=note)


def file_of(cuts: Path) -> Path:
    """Where a set's decisions are."""
    return cuts / "curation" / "decisions.csv"


def test_what_is_saved_is_in_the_file_and_applied(tmp_path: Path) -> None:
    cuts = written(tmp_path / "cuts")
    with desk_on(cuts) as desk:
        first, second, third = read_decisions(file_of(cuts))
        write_decisions(file_of(cuts), [replace(first, more={"mood": "calm"}), second, third])
        new = desk.save(
            [choice(first, note="=1+1"), choice(second, Verdict.DROP)],
            version=version(desk),
            curator="Anna",
        )
        assert version(desk) == new
        assert "=1+1" in desk.page()
        # From a page that has not been loaded again.
        desk.save([choice(second, None)], version=new, curator="Anna")
    rows = read_decisions(file_of(cuts))
    assert [row.verdict for row in rows] == [Verdict.KEEP, None, None]
    assert (rows[0].note, rows[0].curator, rows[0].more) == ("=1+1", "Anna", {"mood": "calm"})
    out = tmp_path / "curated"
    assert main(["data", "curate", str(cuts), "--apply", "--out", str(out)]) == 0
    assert [record.id for record in read_records(out)] == [first.id]


def test_the_last_writer_is_told_and_nothing_is_overwritten(tmp_path: Path) -> None:
    cuts = written(tmp_path / "cuts")
    with desk_on(cuts) as desk:
        first, second, third = read_decisions(file_of(cuts))
        opened = version(desk)
        desk.save([choice(first)], version=opened, curator="Anna")
        with pytest.raises(ChangedError, match="Anna has saved since this page was opened"):
            desk.save([choice(second)], version=opened, curator="Ben")
        opened = version(desk)
        write_decisions(file_of(cuts), [first, second, replace(third, note="by hand")])
        with pytest.raises(ChangedError, match="another program has changed it"):
            desk.save([choice(second)], version=opened, curator="Ben")
        assert [row.note for row in read_decisions(file_of(cuts))] == ["", "", "by hand"]
        assert "by hand" in desk.page()


def test_rows_that_were_deleted_come_back_and_others_are_refused(tmp_path: Path) -> None:
    cuts = written(tmp_path / "cuts")
    with desk_on(cuts) as desk:
        rows = read_decisions(file_of(cuts))
        file_of(cuts).unlink()
        now = desk.save([choice(rows[1])], version=version(desk), curator="")
        assert [row.id for row in read_decisions(file_of(cuts))] == [row.id for row in rows]
        before = file_of(cuts).read_bytes()
        with pytest.raises(InputError, match="a decision on 'film:9'"):
            desk.save([choice(rows[0]), choice(Decision(id="film:9"))], version=now, curator="")
        assert file_of(cuts).read_bytes() == before
        file_of(cuts).write_bytes(b"\xff")
        with pytest.raises(InputError, match="is not UTF-8"):
            desk.page()


def test_a_second_desk_is_refused_while_the_first_is_held(tmp_path: Path) -> None:
    cuts = written(tmp_path / "cuts")
    with desk_on(cuts):
        with pytest.raises(OutputError, match="another process"), desk_on(cuts):
            pass
        assert main(["data", "curate", str(cuts)]) == 2
    with desk_on(cuts):
        pass


def test_pictures_are_those_of_the_page_alone(tmp_path: Path) -> None:
    cuts = written(tmp_path / "cuts", [found(0)])
    with desk_on(cuts) as desk:
        names = re.findall(r"images/([0-9a-f]+\.jpg)", desk.page())
        assert len(names) == 2
        assert all((desk.picture(name) or b"").startswith(b"\xff\xd8") for name in names)
        for name in ("../decisions.csv", "", "0" * 20 + ".jpg"):
            assert desk.picture(name) is None


@settings(max_examples=30, deadline=None)
@given(note=TEXT, curator=TEXT)
def test_any_words_come_back_as_they_were(
    note: str, curator: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("words") / "decisions.csv"
    row = Decision(id="film:1", verdict=Verdict.KEEP, note=note, curator=curator)
    write_decisions(path, [row])
    assert read_decisions(path) == [row]
