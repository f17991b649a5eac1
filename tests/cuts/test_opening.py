"""A table that strangers wrote is a set of cuts, or is refused in a line; it never takes much."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cli.running import run
from tests.cuts.sample import found, record, truth
from tests.cuts.test_validation import told, write

from cut2next.cuts.dataset import read_records
from cut2next.cuts.opening import Table
from cut2next.cuts.schema import features, record_to_row
from cut2next.film import InputError

SCHEMA = features(with_truth=False).arrow_schema
MAP = pyarrow.map_(pyarrow.string(), pyarrow.float64())
LONG = "A" * 1_000_000


def file_of(folder: Path) -> Path:
    return folder / "data" / "train-00000.parquet"


def stored(folder: Path, table: Any, **settings: Any) -> Path:
    """A folder of cuts whose only file is a table."""
    write(folder, found(0))
    pyarrow.parquet.write_table(table, file_of(folder), **{"compression": "zstd", **settings})
    return folder


def table_of(*rows: dict[str, Any], schema: Any = SCHEMA) -> Any:
    return pyarrow.Table.from_pylist(list(rows), schema)


ROW = record_to_row(found(0))


def changed(column: str, values: Any) -> Any:
    """Two rows of ours with another column in the place of one."""
    table = table_of(ROW, record_to_row(found(1)))
    return table.set_column(table.column_names.index(column), column, values)


def shot(**changes: Any) -> Any:
    """A column of shots that lack something, or have something more."""
    struct = {name: value for name, value in ROW["next_shot"].items() if name not in changes}
    return pyarrow.array([struct | {name: at for name, at in changes.items() if at}] * 2)


def test_what_a_file_manager_puts_beside_a_table_is_left_alone(tmp_path: Path) -> None:
    folder = stored(tmp_path / "cuts", table_of(ROW))
    file_of(folder).with_name("._train-00000.parquet").write_bytes(b"\x00\x05\x16\x07")
    assert [record.id for record in read_records(folder)] == [ROW["id"]]
    assert told(folder) == []


def test_a_table_of_other_kinds_that_say_the_same_is_read(tmp_path: Path) -> None:
    films = pyarrow.array(["film", "film"]).dictionary_encode()
    table = changed("film", films)
    table = table.set_column(0, "format", pyarrow.array([2, 2], pyarrow.int64()))
    table = table.append_column("colour", pyarrow.array([{"x": [1.5]}] * 2))
    table = table.append_column("film.x", pyarrow.array(["more"] * 2))
    patterns = table.column_names.index("patterns")
    large = pyarrow.array([ROW["patterns"]] * 2, pyarrow.large_list(pyarrow.large_string()))
    folder = stored(tmp_path / "cuts", table.set_column(patterns, "patterns", large))
    assert [cut.id for cut in read_records(folder)] == [found(0).id, found(1).id]
    assert not told(folder)


OTHERS: dict[str, Callable[[], Any]] = {
    "the column film holds int64, not string": lambda: changed("film", [[1, 2]]),
    "is in format '2'; this version reads 1 to 2": lambda: changed("format", [["2", "2"]]),
    "the column format holds bool": lambda: changed("format", [[True, True]]),
    "the column patterns holds string": lambda: changed("patterns", [["cut-in"] * 2]),
    "the column patterns holds list<element: int64>": lambda: changed("patterns", [[[1], [2]]]),
    "the column next_image holds binary": lambda: changed("next_image", [[b"\x89PNG"] * 2]),
    "the column scores holds map": lambda: changed("scores", pyarrow.array([[], []], MAP)),
    "the column next_shot holds struct<span": lambda: changed("next_shot", shot(scene=None)),
    "the column next_shot holds": lambda: changed("next_shot", shot(more=1)),
    "has the column film twice": lambda: changed("licence", [["a", "b"]]).rename_columns(
        ["film" if name == "licence" else name for name in SCHEMA.names]
    ),
    "is in no format": lambda: table_of(ROW).drop_columns(["format"]),
    "is in format 0; this version reads 1 to 2": lambda: changed("format", [[0, 0]]),
    "holds no rows": lambda: table_of(),
}  # fmt: skip


@pytest.mark.parametrize("said", OTHERS)
def test_a_table_that_is_not_ours_is_refused_with_its_column(said: str, tmp_path: Path) -> None:
    folder = stored(tmp_path / "cuts", OTHERS[said]())
    for fault in told(folder):
        assert fault.startswith("data/train-00000.parquet: ")
    assert any(said in fault for fault in told(folder))
    with pytest.raises(InputError) as refused:
        list(read_records(folder))
    assert str(refused.value).startswith(f"{file_of(folder)}: ")


def test_a_text_that_is_none_is_told_with_its_row_and_column(tmp_path: Path) -> None:
    films = pyarrow.array([b"film", b"f\xff"]).view(pyarrow.string())
    folder = stored(tmp_path / "cuts", changed("film", films))
    fault = "row 1, column film: is no UTF-8"
    assert told(folder) == [f"data/train-00000.parquet: {fault}"]
    with pytest.raises(InputError, match=fault):
        list(read_records(folder))


def deep(levels: int) -> Any:
    kind = pyarrow.int32()
    for _ in range(levels):
        kind = pyarrow.struct({"a": kind})
    return pyarrow.nulls(2, kind)


def many(column: str, value: Any, rows: int = 8) -> Any:
    return table_of(*[{**ROW, column: value}] * rows)


BOMBS: dict[str, Callable[[], Any]] = {
    "zeros for a picture": lambda: many("next_image", {"bytes": bytes(90_000_000), "path": ""}, 1),
    "one text in all rows": lambda: many("source", LONG * 70, 3),
    "one text often in a row": lambda: many("patterns", [LONG] * 40),
    "one name often in a row": lambda: many("scores", [{"name": LONG, "value": 1.0}] * 40),
    "millions of nothings": lambda: many("rejected", [None] * 300_000),
    "a column of somebody's": lambda: table_of(ROW).append_column(
        "more", pyarrow.array([bytes(90_000_000)])
    ),
}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("dictionary", [True, False])
def test_a_small_file_takes_no_large_memory(bomb: str, dictionary: bool, tmp_path: Path) -> None:
    folder = stored(tmp_path / "cuts", BOMBS[bomb](), use_dictionary=dictionary)
    assert file_of(folder).stat().st_size < 1_000_000
    before = pyarrow.total_allocated_bytes()
    for read in (lambda: Table(file_of(folder)), lambda: list(read_records(folder))):
        with pytest.raises(InputError, match="than its size lets expect"):
            read()
    assert pyarrow.total_allocated_bytes() - before < 1_000_000
    assert "than its size lets expect" in told(folder)[0]


def test_a_footer_that_lies_about_its_pages_is_not_believed(tmp_path: Path) -> None:
    table = table_of({**ROW, "source": LONG * 90})
    file = file_of(stored(tmp_path / "cuts", table, use_dictionary=False))

    def size() -> int:
        group = pyarrow.parquet.read_metadata(file).row_group(0)
        columns = map(group.column, range(group.num_columns))
        return int(next(each.total_uncompressed_size for each in columns
                        if each.path_in_schema == "source"))  # fmt: skip

    file.write_bytes(file.read_bytes().replace(varint(size()), varint(100)))
    assert size() == 100
    with pytest.raises(InputError, match="more memory than its size lets expect"):
        Table(file)


def varint(value: int) -> bytes:
    """As Thrift has a whole number, in four bytes whatever it is."""
    digits = [2 * value >> 7 * place & 127 for place in range(4)]
    return bytes([digit | 128 for digit in digits[:3]] + digits[3:])


def test_structs_without_end_and_thousands_of_columns_are_refused(tmp_path: Path) -> None:
    table = table_of(ROW, record_to_row(found(1)))
    for name, odd in (
        ("deep", table.append_column("deep", deep(60))),
        ("wide", pyarrow.table({f"c{at}": [1] for at in range(10_001)})),
    ):
        folder = stored(tmp_path / name, odd)
        with pytest.raises(InputError, match="is damaged"):
            list(read_records(folder))


def test_rows_without_number_are_refused(tmp_path: Path) -> None:
    nothing = pyarrow.nulls(3_000_000, pyarrow.int32())
    folder = stored(tmp_path / "cuts", pyarrow.table({"format": nothing}))
    with pytest.raises(InputError, match="more rows than it has bytes"):
        list(read_records(folder))


def test_a_set_of_long_texts_in_one_group_is_read(tmp_path: Path) -> None:
    """What another writer makes of an honest set: all rows in a group, with one dictionary."""
    rows = []
    for number in range(300):
        row = record_to_row(found(number))
        named = [{"name": f"Attribute {at}", "value": f"{number} {at} " * 30} for at in range(20)]
        rows.append({**row, "next_prompt": {**row["next_prompt"], "attributes": named}})
    folder = stored(tmp_path / "cuts", table_of(*rows), dictionary_pagesize_limit=10**8)
    assert len(list(read_records(folder, images=False))) == 300


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "brotli", "zstd", "lz4"])
def test_sets_are_read_however_they_are_packed(
    compression: str, version: str, tmp_path: Path
) -> None:
    rows = [record_to_row(record(at, truths=(truth(0), truth(1)))) for at in range(20)]
    table = table_of(*rows, schema=features(with_truth=True).arrow_schema)
    folder = stored(
        tmp_path / "cuts",
        table,
        compression=compression,
        data_page_version=version,
        row_group_size=7,
    )
    assert not told(folder)
    assert len(list(read_records(folder))) == 20


WHOLE: dict[str, bytes] = {}


@given(st.data())
def test_damage_is_an_input_error_or_no_matter(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    file = file_of(tmp_path_factory.getbasetemp() / "damaged-set")
    if not WHOLE:
        WHOLE["file"] = file_of(write(file.parent.parent, *map(found, range(3)))).read_bytes()
    damaged = bytearray(WHOLE["file"])
    for _ in range(data.draw(st.integers(1, 5))):
        # The footer and the headers, where lies do most, are the smaller part.
        near = data.draw(st.sampled_from([len(damaged), 6_000]))
        damaged[-data.draw(st.integers(1, min(near, len(damaged))))] = data.draw(
            st.integers(0, 255)
        )
    file.write_bytes(damaged)
    try:
        cuts = list(read_records(file.parent.parent))
    except InputError:
        return
    assert len(cuts) <= 3


@pytest.mark.parametrize("word", ["stats", "validate", "show", "export", "merge", "curate"])
def test_a_name_cannot_steer_the_terminal(
    word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = "f\x1b]0;x\x07\x9b31m\u202e\nforged"
    folder = write(tmp_path / "cuts", found(0, film=film, licence=film, source=film))
    more = {"show": ["0"], "export": [str(tmp_path / "n")], "merge": ["--out", str(tmp_path / "n")]}
    for option in ([], ["--json"]):
        if word not in ("export", "merge") or not option:
            assert run("data", word, str(folder), *more.get(word, []), *option) == 0
        out, err = capsys.readouterr()
        assert all(letter.isprintable() or letter == "\n" for letter in out + err)
        assert not any(line.startswith("forged") for line in out.splitlines())
