"""`cut2next data curate`: from a folder of cuts to the curated one, through a person's file."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.running import run
from tests.cuts.sample import found, record
from tests.pages.browser import check

from cut2next.cli.main import main
from cut2next.curation.decisions import Decision, Verdict, read_decisions, write_decisions
from cut2next.cuts.dataset import read_records
from cut2next.cuts.record import CutRecord
from cut2next.cuts.writer import CutWriter

KEEP, DROP = Verdict.KEEP, Verdict.DROP
REASON = "motion: 14.2 is over 12 in the next shot"


def cuts(folder: Path, records: list[CutRecord]) -> Path:
    """A folder of cuts."""
    with CutWriter(folder, with_truth=records[0].truth is not None) as writer:
        for record in records:
            writer.add(record)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four cuts, the last left out by a filter."""
    return cuts(tmp_path / "cuts", [*(found(n) for n in range(3)), found(3, rejected=(REASON,))])


def decide(folder: Path, verdicts: dict[int, Verdict | None], name: str = "decisions") -> Path:
    """Decisions on cuts by their numbers, as a person would write them into the file."""
    path = folder / "curation" / f"{name}.csv"
    path.parent.mkdir(exist_ok=True)
    rows = [
        Decision(id=found(number).id, verdict=verdict, curator=name)
        for number, verdict in verdicts.items()
    ]
    write_decisions(path, rows)
    return path


def test_it_proposes_and_keeps_what_was_decided(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "curate", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "3 of 3 cuts proposed: 0 keep, 0 drop, 3 undecided" in shown
    check(folder / "curation" / "index.html")
    path = folder / "curation" / "decisions.csv"
    rows = read_decisions(path)
    write_decisions(path, [replace(rows[0], verdict=DROP), *rows[1:]])
    (folder / "curation" / "anna.csv").write_text("hers")
    assert main(["data", "curate", str(folder), "--most", "1"]) == 0
    assert "1 of 3 cuts proposed: 0 keep, 1 drop, 0 undecided" in capsys.readouterr().out
    assert (folder / "curation" / "anna.csv").read_text() == "hers"


def test_what_is_kept_becomes_a_set_that_says_who_chose(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    decide(folder, {0: KEEP, 1: DROP, 2: None, 3: KEEP, 8: KEEP}, "decisions")
    out = tmp_path / "curated"
    assert main(["data", "curate", str(folder), "--apply", "--out", str(out)]) == 0
    (only,) = read_records(out)
    assert replace(only, made_by=only.made_by[:-1]) == found(0)
    assert only.made_by[-1].tool == "cut2next data curate"
    assert only.made_by[-1].parameters["curators"] == ["decisions"]
    shown = capsys.readouterr().out
    assert f"left out by the filter, though a curator keeps them:\n  {found(3).id}" in shown
    assert f"1 match no cut:\n  {found(8).id}" in shown


def test_decisions_apply_to_a_set_that_was_built_again(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "curate", str(folder)]) == 0
    path = folder / "curation" / "decisions.csv"
    write_decisions(path, [replace(row, verdict=KEEP) for row in read_decisions(path)])
    rebuilt = []
    for number in range(3):
        known = found(number)
        shots = [
            replace(shot, name=f"again{at}", span=replace(shot.span, keyframe=shot.span.start + 9))
            for at, shot in enumerate(known.shots, start=2 * number + 5)
            if shot.span
        ]
        rebuilt.append(replace(known, current=shots[0], next=shots[1]))
    again = cuts(tmp_path / "again", rebuilt)
    asked = ["data", "curate", str(again), "--apply", str(path), "--out", str(tmp_path / "out")]
    assert main(asked) == 0
    assert {cut.id for cut in read_records(tmp_path / "out")} == {cut.id for cut in rebuilt}
    assert f"{found(0).id} is now {rebuilt[0].id}" in capsys.readouterr().out


def test_curators_are_joined_and_their_agreement_is_shown(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    anna = decide(folder, {0: KEEP, 1: DROP, 2: KEEP}, "anna")
    ben = decide(folder, {0: KEEP, 1: DROP, 2: DROP}, "ben")
    asked = ["data", "curate", str(folder), "--merge", str(anna), str(ben)]
    assert main(asked) == 0
    shown = capsys.readouterr().out
    assert "anna and ben agree on 2 of 3 cuts (67%), Cohen's kappa 0.40" in shown
    assert f"1 left undecided, because curators differ:\n  {found(2).id}" in shown
    rows = {row.id: row for row in read_decisions(folder / "curation" / "decisions.csv")}
    assert [rows[found(n).id].verdict for n in range(3)] == [KEEP, DROP, None]
    assert rows[found(2).id].note == "anna: keep / ben: drop"
    # Settled in the file, it stays so however often they are joined.
    settled = [replace(row, verdict=row.verdict or DROP) for row in rows.values()]
    write_decisions(folder / "curation" / "decisions.csv", settled)
    assert main(asked) == 0
    assert "left undecided" not in capsys.readouterr().out
    rows = {row.id: row for row in read_decisions(folder / "curation" / "decisions.csv")}
    assert rows[found(2).id].verdict is DROP


def test_the_film_sets_cuts_are_curated_with_their_truth(tmp_path: Path) -> None:
    from tests.cuts.sample import truth

    staged = record(0, truths=(truth(0), truth(1)))
    folder = cuts(tmp_path / "cuts", [staged])
    decide(folder, {0: KEEP})
    asked = ["data", "curate", str(folder), "--apply", "--out", str(tmp_path / "out")]
    assert main(asked) == 0
    (only,) = read_records(tmp_path / "out")
    assert only.truth == next(iter(read_records(folder))).truth


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["--apply"], "--apply without --out"),
        (["--out", "new"], "--out without --apply"),
        (["--merge", "a.csv"], "one file to merge"),
        (["--merge", "a.csv", "./a.csv"], "one file to merge"),
        (["--merge", "a.csv", "b.csv"], "a.csv: does not exist"),
        (["--merge", "a.csv", "b.csv", "--apply", "--out", "new"], "not allowed with"),
        (["--apply", "missing.csv", "--out", "new"], "missing.csv: does not exist"),
        (["--most", "0"], "expected a whole number, 1 or more"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    asked: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(folder.parent)
    before = sorted(folder.parent.rglob("*"))
    code = run("data", "curate", str(folder), *asked)
    captured = capsys.readouterr()
    assert (code, captured.out, captured.err.count("\n")) == (2, "", 1)
    assert message in captured.err
    assert sorted(folder.parent.rglob("*")) == before


def test_a_damaged_file_of_decisions_is_left_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "curation" / "decisions.csv"
    path.parent.mkdir()
    path.write_text("id,decision\nfilm:a-b,perhaps\n")
    assert main(["data", "curate", str(folder)]) == 2
    assert "row 2, column decision: 'perhaps'" in capsys.readouterr().err
    assert path.read_text() == "id,decision\nfilm:a-b,perhaps\n"
    assert [file.name for file in path.parent.iterdir()] == ["decisions.csv"]


@pytest.mark.parametrize("theirs", ["index.html", "images/holiday.jpg"])
def test_a_page_or_pictures_of_a_persons_are_left_alone(
    theirs: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "curation" / theirs
    path.parent.mkdir(parents=True)
    path.write_text("<html>mine</html>")
    assert main(["data", "curate", str(folder)]) == 2
    assert f"{path}: is not of our making" in capsys.readouterr().err
    assert path.read_text() == "<html>mine</html>"
    assert [file.name for file in (folder / "curation").iterdir()] == [theirs.split("/")[0]]


def test_a_set_of_which_nothing_is_kept_is_not_written(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    decide(folder, {0: DROP})
    out = tmp_path / "new"
    assert main(["data", "curate", str(folder), "--apply", "--out", str(out)]) == 2
    assert "keeps no cut of this set" in capsys.readouterr().err
    assert not out.exists()
