"""Every fault is found, where it is, and nothing else."""

import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from zlib import crc32

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


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n"


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc32(name + data))


def bomb() -> bytes:
    """A PNG of some bytes that says it is 60,000 pixels wide and high."""
    whole = png(64, 64)
    return (
        whole[:8] + chunk(b"IHDR", struct.pack(">2I", 60_000, 60_000) + whole[24:29]) + whole[33:]
    )


def unpacked() -> bytes:
    """A PNG whose parts are all there, and that has no pixels."""
    whole = png(64, 64)
    return whole[:33] + chunk(b"IDAT", b"zlib?") + chunk(b"IEND", b"")


COMMANDS: list[Callable[[Path, Path], list[str]]] = [
    lambda cuts, new: ["data", "merge", str(cuts), "--out", str(new)],
    lambda cuts, new: ["data", "filter", str(cuts)],
    lambda cuts, new: ["data", "split", str(cuts), "--test", "0.1"],
    lambda cuts, new: ["data", "export", str(cuts), str(new)],
    lambda cuts, new: ["data", "stats", str(cuts)],
]


def everything(folder: Path) -> dict[str, bytes]:
    """What lies in a folder."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _span(**changes: Any) -> Callable[[Row], object]:
    return lambda row: row["next_shot"]["span"].update(changes)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda row: row["next_image"].update(bytes=b"\x89PNG no"), "next_image: is not a picture"),
        (lambda row: row["next_image"].update(bytes=png(64, 64)[:-20]), "next_image: is damaged"),
        (lambda row: row["next_image"].update(bytes=None), "next_image: is missing"),
        (lambda row: row.update(next_image=None), "next_image: is missing"),
        (lambda row: row["next_image"].update(bytes=png(64, 15)), "next_image: is 64x15 pixels"),
        (lambda row: row["next_image"].update(bytes=EPS), "next_image: is not a picture"),
        (lambda row: row["next_image"].update(bytes=bomb()), "next_image: is too large"),
        (lambda row: row.update(id="film:shot2"), "id: is 'film:shot2', not 'film:shot2-shot3'"),
        (
            lambda row: row.update(patterns=["cut-in", "wipe"]),
            "patterns.1: unknown editing pattern",
        ),
        (lambda row: row.update(patterns=[None]), "patterns.0: Input should be a valid string"),
        (_span(keyframe=160), "next_shot.span.keyframe: is 160, outside of 120 to 160"),
        (_span(start=130), "next_shot.span.keyframe: is 127, outside of 130 to 160"),
        (_span(start=119), "current_shot.span.end: is 120, after the next shot starts"),
        (_span(end=None), "next_shot.span.end: Input should be a valid integer, not None"),
        (_span(time_base="0/25"), "next_shot.span.time_base: String should match"),
        (lambda row: row["next_shot"].update(span=None), "next_shot.span: is missing, unlike"),
        (
            lambda row: row.update(split="test", film="b", id="b:shot2-shot3"),
            "split: is 'test', in a file of 'train'",
        ),
        (
            lambda row: row.update(rejected=["motion: 9"]),
            "rejected: says 'motion: 9', in a file of",
        ),
        (lambda row: row["relational_prompt"].update(transition=""), "is empty, and yet there is"),
        (
            lambda row: row["next_prompt"].update(summary=""),
            "next_prompt.summary: is empty, unlike",
        ),
        (lambda row: row.update(made_by=[]), "made_by: List should have at least 1 item"),
        (lambda row: row.update(format=1), "format: is 1, where the file's first row has 2"),
        (lambda row: row.update(format=7), "format: is 7, where the file's first row has 2"),
    ],
)
def test_a_fault_is_told_with_its_row(
    change: Callable[[Row], object],
    fault: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = write(tmp_path / "cuts", found(0), found(1), found(2))
    spoil(folder, change)
    (line,) = told(folder)
    assert line.startswith("data/train-00000.parquet, row 1, column ")
    assert fault in line
    for command in COMMANDS:
        before = everything(tmp_path)
        assert main([*command(folder, tmp_path / "new"), "--quiet"]) == 2
        told_of = capsys.readouterr().err
        assert told_of.count("\n") == 1
        assert "row 1" in told_of or "shot2-shot3" in told_of
        assert everything(tmp_path) == before


def test_what_only_decoding_tells_of_a_picture_is_told(tmp_path: Path) -> None:
    folder = write(tmp_path / "cuts", found(0), found(1))
    spoil(folder, lambda row: row["next_image"].update(bytes=unpacked()))
    (line,) = told(folder)
    assert line.startswith("data/train-00000.parquet, row 1, column next_image: is damaged")


def test_all_faults_of_a_row_and_of_all_rows_are_told(tmp_path: Path) -> None:
    folder = write(tmp_path / "cuts", found(0), found(1), found(2))
    spoil(folder, lambda row: row.update(licence="", source="", id="x"), row=0)
    spoil(folder, lambda row: row.update(film=None), row=2)
    rows = [line.split(",")[1][-1] for line in told(folder)]
    assert rows == ["0", "0", "2"]


def test_a_missing_picture_of_the_truth_is_told(tmp_path: Path) -> None:
    both = truth(0), truth(1)
    folder = write(tmp_path / "cuts", record(0, truths=both), record(1, truths=both))
    spoil(folder, lambda row: row["next_truth"]["object_ids"].update(bytes=b"GIF"))
    (line,) = told(folder)
    assert "row 1, column next_truth: is not a picture" in line


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
    split, leak = told(folder)
    assert "row 0, column split: the split should be a name like train, and not rejected" in split
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
        (files[0].name, "is damaged"),
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
