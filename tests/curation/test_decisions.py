"""Decisions as a file: nothing is lost on the way, and what is no decision is named."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cut2next.curation.decisions import (
    COLUMNS,
    Decision,
    Interval,
    Verdict,
    read_decisions,
    write_decisions,
)
from cut2next.film import InputError

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["=1+1", "'=x", "''@", "-", "a\r\nb", '"', ",;\t", "\ufeff", "<script>"]
)
_TIME = st.integers(-9_999, 9_999_999).map(lambda number: number / 1000)
_INTERVAL: st.SearchStrategy[Interval] = st.tuples(_TIME, _TIME)
_DECISIONS = st.lists(
    st.builds(
        Decision,
        id=_TEXT.filter(bool),
        verdict=st.none() | st.sampled_from(Verdict),
        curator=_TEXT,
        note=_TEXT,
        rank=st.none() | st.integers(1, 10**6),
        patterns=_TEXT,
        summary=_TEXT,
        film=_TEXT,
        spans=st.none() | st.tuples(_INTERVAL, _INTERVAL),
        more=st.dictionaries(st.sampled_from(["mood", "Größe"]), _TEXT.filter(bool)),
    ),
    unique_by=lambda one: one.key,
)


@given(_DECISIONS)
def test_decisions_come_back_equal(decisions: list[Decision]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "decisions.csv"
        write_decisions(path, decisions)
        assert read_decisions(path) == decisions
        assert [one.name for one in Path(folder).iterdir()] == ["decisions.csv"]


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_other_spreadsheets_write_is_read(
    tmp_path: Path, sign: str, encoding: str, end: str
) -> None:
    lines = ["id,decision,note", "film:a-b, Keep ,größer", ",,", "film:b-c,,"]
    text = "".join(line.replace(",", sign) + end for line in lines)
    first, second = read_decisions(written(tmp_path / "a.csv", text, encoding))
    assert first == Decision(id="film:a-b", verdict=Verdict.KEEP, note="größer")
    assert not second.touched


def test_a_formula_is_no_formula_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    decision = Decision(id="=cmd|' /C calc'!A0", note="+1", film="\uff1dA", more={"@SUM(A1)": "x"})
    write_decisions(path, [decision])
    header, row = path.read_text(encoding="utf-8-sig").splitlines()
    assert header.endswith(",'@SUM(A1)")
    assert row.startswith("'=cmd")
    assert ",'+1," in row
    assert ",'\uff1dA," in row
    assert read_decisions(path) == [decision]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no column id"),
        ("id,note\na,b\n", "no column decision"),
        ("id,decision,id\n", "column 'id' twice"),
        ("id,decision\na,keep\nb,maybe\n", "row 3, column decision: 'maybe'; expected keep, drop"),
        ("id,decision\n,keep\n", "row 2, column id: ''"),
        ("id,decision\na,keep\na,drop\n", "row 3, column id: 'a'; expected each cut once"),
        ("id,decision,spans\na,keep,12 to 14\n", "row 2, column spans: '12 to 14'"),
        ("id,decision\na,keep,what\n", "row 2: too many cells"),
        ('id,decision\n"a,keep\n', "is no CSV"),
    ],
)
def test_what_is_no_decision_is_named(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(InputError) as refused:
        read_decisions(written(tmp_path / "a.csv", text))
    assert told in str(refused.value)


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not UTF-8"):
        read_decisions(written(tmp_path / "a.csv", "id,decision\nä,keep\n", "latin-1"))
    with pytest.raises(InputError, match="does not exist"):
        read_decisions(tmp_path / "missing.csv")


def test_the_columns_to_fill_in_come_first() -> None:
    assert COLUMNS[:4] == ("id", "decision", "curator", "note")


def test_as_many_are_read_as_a_large_set_has(tmp_path: Path) -> None:
    rows = "".join(f"c{number},keep,{'why ' * 2_400_000}\n" for number in range(7))
    assert len(rows) > 2**26
    path = written(tmp_path / "decisions.csv", f"id,decision,note\n{rows}")
    assert [row.id for row in read_decisions(path)] == [f"c{number}" for number in range(7)]
