"""Every fault is found, where it is, and nothing else."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from PIL import Image
from tests.cuts.sample import found, record, truth

from cut2next.cli.main import main
from cut2next.cuts import writer as writing
from cut2next.cuts.record import CutRecord
from cut2next.cuts.schema import features
from cut2next.cuts.validation import find_faults
from cut2next.cuts.writer import CutWriter
from cut2next.film import InputError

Row = dict[str, Any]


def write(folder: Path, *records: CutRecord) -> Path:
    with CutWriter(folder, with_truth=records[0].truth is not None) as writer:
        for one in records:
            writer.add(one)
    return folder


def spoil(folder: Path, change: Callable[[Row], object], *, row: int = 1) -> None:
    """Changes one row of the train split, past all that the writer looks at."""
    file = folder / "data" / "train-00000.parquet"
    rows = pyarrow.parquet.read_table(file).to_pylist()
    change(rows[row])
    schema = features(with_truth="current_truth" in rows[0]).arrow_schema
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, schema), file)


def told(folder: Path) -> list[str]:
    """The faults, without the folder's own name."""
    return [str(fault).replace(f"{folder}/", "") for fault in find_faults(folder)]


def png(width: int, height: int) -> bytes:
    file = BytesIO()
    Image.new("RGB", (width, height)).save(file, format="PNG")
    return file.getvalue()


def test_a_set_of_ours_is_without_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rejected = found(7, film="b", split="test", rejected=("motion: 14 is over 12",))
    many = [found(number) for number in range(5)]
    folder = write(tmp_path / "cuts", *many, found(6, film="b", split="test"), rejected)
    assert not told(folder)
    assert not told(write(tmp_path / "truth", record(0, truths=(truth(0), truth(1)))))
    assert main(["data", "validate", str(folder)]) == 0
    assert "all is well with 7 cuts" in capsys.readouterr().out


def _span(**changes: Any) -> Callable[[Row], object]:
    return lambda row: row["next_shot"]["span"].update(changes)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda row: row["next_image"].update(bytes=b"\x89PNG no"), "cannot be decoded"),
        (lambda row: row["next_image"].update(bytes=png(64, 64)[:-20]), "cannot be decoded"),
        (lambda row: row["next_image"].update(bytes=None), "keyframe that is missing"),
        (lambda row: row.update(next_image=None), "keyframe that is missing"),
        (lambda row: row["next_image"].update(bytes=png(64, 15)), "64x15 pixels, under 16"),
        (lambda row: row.update(id="film:shot2"), "the id is 'film:shot2', not 'film:shot2-shot3'"),
        (lambda row: row.update(patterns=["cut-in", "wipe"]), "unknown editing pattern 'wipe'"),
        (lambda row: row.update(patterns=[None]), "unknown editing pattern ''"),
        (_span(keyframe=160), "the next shot has its keyframe at 160, outside of 120 to 160"),
        (_span(start=130), "the next shot has its keyframe at 127, outside of 130 to 160"),
        (_span(start=119), "the current shot ends at 120, after the next starts"),
        (_span(end=None), "a span with a hole"),
        (_span(time_base="0/25"), "the time base '0/25'"),
        (_span(time_base="fast"), "the time base 'fast'"),
        (_span(time_base="1/0"), "the time base '1/0'"),
        (lambda row: row["next_shot"].update(span=None), "only one of its shots has a span"),
        (
            lambda row: row.update(split="test", film="b", id="b:shot2-shot3"),
            "the split is 'test' in a file of 'train'",
        ),
        (lambda row: row.update(rejected=["motion: 9"]), "is rejected (motion: 9) and yet"),
        (
            lambda row: row.update(scores=[{"name": "novelty", "value": float("nan")}]),
            "the score novelty of the cut is nan",
        ),
        (
            lambda row: row["current_shot"].update(scores=[{"name": "text", "value": None}]),
            "the score text of the current shot is None",
        ),
        (lambda row: row["relational_prompt"].update(transition=""), "a summary and no transition"),
        (lambda row: row["next_prompt"].update(summary=""), "only one of its shots has a summary"),
        (lambda row: row.update(licence=""), "licence is empty"),
        (lambda row: row.update(source=None), "source is empty"),
        (lambda row: row.update(made_by=[]), "made_by is empty"),
        (lambda row: row["made_by"][0].update(parameters="[1]"), "no JSON object"),
        (lambda row: row.update(format=1), "is in format 1, unlike its file"),
        (lambda row: row.update(format=7), "is in format 7, unlike its file"),
    ],
)
def test_a_fault_is_told_with_its_row(
    change: Callable[[Row], object], fault: str, tmp_path: Path
) -> None:
    folder = write(tmp_path / "cuts", found(0), found(1), found(2))
    spoil(folder, change)
    (line,) = told(folder)
    assert line.startswith("data/train-00000.parquet, row 1: ")
    assert fault in line


def test_all_faults_of_a_row_and_of_all_rows_are_told(tmp_path: Path) -> None:
    folder = write(tmp_path / "cuts", found(0), found(1), found(2))
    spoil(folder, lambda row: row.update(licence="", source="", id="x"), row=0)
    spoil(folder, lambda row: row.update(film=None), row=2)
    rows = [line.split(":")[0][-1] for line in told(folder)]
    assert rows == ["0", "0", "0", "2", "2"]


def test_a_missing_picture_of_the_truth_is_told(tmp_path: Path) -> None:
    both = truth(0), truth(1)
    folder = write(tmp_path / "cuts", record(0, truths=both), record(1, truths=both))
    spoil(folder, lambda row: row["next_truth"]["object_ids"].update(bytes=b"GIF"))
    (line,) = told(folder)
    assert "row 1: the next shot has a picture of object ids that cannot be decoded" in line


def test_an_id_is_there_once(tmp_path: Path) -> None:
    folder = write(tmp_path / "cuts", found(0), found(1), found(0))
    assert told(folder) == [
        "data/train-00000.parquet, row 2: the id film:shot0-shot1 is in "
        "data/train-00000.parquet, row 0 too"
    ]


def test_a_film_is_in_one_split_wherever_its_rejected_cuts_lie(tmp_path: Path) -> None:
    out = ("motion: 14 is over 12",)
    folder = write(
        tmp_path / "cuts",
        found(0, film="a"),
        found(1, film="a", rejected=out),
        found(2, film="b", split="test"),
        found(3, film="b", split="test", rejected=out),
        found(4, film="a", rejected=out, split="test"),
    )
    (fault,) = told(folder)
    assert fault.startswith("data/rejected-00000.parquet, row 2: ")
    assert "the film a is in train as well as in test: a leak" in fault


def test_a_rejected_cut_has_a_reason_and_a_split_to_go_back_to(tmp_path: Path) -> None:
    folder = write(tmp_path / "cuts", found(0), found(1, rejected=("motion: 9",)))
    (folder / "data" / "train-00000.parquet").replace(folder / "kept.parquet")
    (folder / "data" / "rejected-00000.parquet").replace(folder / "data" / "train-00000.parquet")
    spoil(folder, lambda row: row.update(split="rejected", rejected=[]), row=0)
    (folder / "data" / "train-00000.parquet").replace(folder / "data" / "rejected-00000.parquet")
    (folder / "kept.parquet").replace(folder / "data" / "train-00000.parquet")
    reason, split, leak = told(folder)
    assert "row 0: lies in the split rejected without a reason" in reason
    assert "the split of its film is 'rejected'" in split
    assert "leak" in leak


def test_files_are_looked_at_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "_CUTS_A_GROUP", 1)
    monkeypatch.setattr(writing, "_GROUPS_A_FILE", 1)
    folder = write(tmp_path / "cuts", *(found(number) for number in range(5)))
    files = sorted((folder / "data").iterdir())
    table = pyarrow.parquet.read_table(files[1])
    files[0].write_bytes(files[0].read_bytes()[:-9])
    pyarrow.parquet.write_table(table.drop_columns(["source", "film"]), files[1])
    later = pyarrow.array([9], pyarrow.int32())
    at = table.column_names.index("format")
    pyarrow.parquet.write_table(table.set_column(at, "format", later), files[2])
    patterns = table.column_names.index("patterns")
    as_text = table.set_column(patterns, "patterns", pyarrow.array(["cut-in"]))
    pyarrow.parquet.write_table(as_text, files[3])
    files[4].rename(folder / "data" / "train.parquet")
    lines = told(folder)
    for name, fault in (
        ("train.parquet", "is not named SPLIT-NUMBER"),
        (files[0].name, "cannot be read"),
        (files[1].name, "lacks the column film"),
        (files[1].name, "lacks the column source"),
        (files[2].name, "is in format 9; this version reads 1 to 2"),
        (files[3].name, "the column patterns holds string, not list"),
    ):
        (line,) = [one for one in lines if one.startswith(f"data/{name}: {fault}")]
        lines.remove(line)
    assert not lines


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        (None, "is missing"),
        ("# Cuts\n", "has no header that names the splits"),
        ("---\nconfigs: [\n---\n", "has no header that names the splits"),
        ("---\n- 3\n---\n", "has no header that names the splits"),
        (
            "---\nconfigs:\n- data_files:\n  - split: train\n    path: a\n"
            "  - split: test\n    path: b\n---\n",
            "names the split test, which has no files",
        ),
        (
            "---\nconfigs:\n- data_files: []\n---\n",
            "does not name the split train; `datasets` will not find it",
        ),
    ],
)
def test_the_readme_names_the_splits(header: str | None, fault: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "cuts", found(0))
    if header is None:
        (folder / "README.md").unlink()
    else:
        (folder / "README.md").write_text(header)
    (line,) = told(folder)
    assert line.startswith(f"README.md: {fault}")


def to_format_1(folder: Path) -> None:
    """The first file as the first version wrote it."""
    file = folder / "data" / "train-00000.parquet"
    rows = pyarrow.parquet.read_table(file).to_pylist()
    for row in rows:
        for column in ("id", "current_shot", "next_shot", "scores", "rejected"):
            del row[column]
        row |= {"format": 1, "made_by": row["made_by"][0]}
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), file)


def test_no_folder_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no cuts"):
        find_faults(tmp_path)
