"""The columns are one list: what a table holds, a line holds, and a card tells of."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets
import pyarrow.parquet
import pytest
from tests.cuts.sample import found, record, truth
from tests.formats.made import FORMATS

from cut2next.cuts.columns import Line, about_columns
from cut2next.cuts.record import CutRecord
from cut2next.cuts.schema import features, missing_columns, record_to_row, table_schema


@pytest.mark.parametrize(("format_", "folder"), [(1, "cuts-1"), (2, "cuts-2")])
def test_the_columns_are_those_that_were_always_written(format_: int, folder: str) -> None:
    path = FORMATS / folder / "data" / "train-00000.parquet"
    written = pyarrow.parquet.read_schema(path)
    ours = features(with_truth=format_ == 1).arrow_schema
    assert not missing_columns(written.names, format_)
    assert [name for name in ours.names if name in written.names] == written.names
    for name in set(written.names) - {"made_by"}:
        assert ours.field(name).type == written.field(name).type
    one = written.field("made_by").type
    assert ours.field("made_by").type in (one, pyarrow.list_(one))


@pytest.mark.parametrize("with_truth", [True, False])
def test_every_version_of_datasets_can_read_the_note_of_the_columns(with_truth: bool) -> None:
    """Before 4 a list is noted as a list of what it holds, which later versions read as well."""
    schema = table_schema(with_truth=with_truth)
    note = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    assert {kind for kind in _kinds(note) if isinstance(kind, str)} == {"Value", "Image"}
    assert note["patterns"] == [{"dtype": "string", "_type": "Value"}]
    attributes = note["next_prompt"]["attributes"]
    assert [sorted(attribute) for attribute in attributes] == [["name", "value"]]
    ours = features(with_truth=with_truth)
    assert datasets.Features.from_arrow_schema(schema).type == ours.type
    assert schema.types == ours.arrow_schema.types


def _kinds(node: Any) -> Iterator[Any]:
    """What stands under `_type` anywhere."""
    if isinstance(node, dict):
        yield node.get("_type")
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for part in inner:
        yield from _kinds(part)


@pytest.mark.parametrize("cut", [found(0), record(0, truths=(truth(0), truth(1)))])
def test_a_row_has_every_column_and_no_other(cut: CutRecord) -> None:
    row = record_to_row(cut)
    assert row.keys() == features(with_truth=cut.truth is not None).keys()
    assert [name for name in Line.model_fields if name in row] == sorted(
        row, key=list(Line.model_fields).index
    )


def test_a_card_tells_of_every_column_once() -> None:
    told = [name for names in about_columns().values() for name in names]
    assert sorted([*told, "format"]) == sorted(features(with_truth=True))


@pytest.mark.parametrize("column", ["film", "current_shot"])
def test_what_a_file_lacks_depends_on_its_format(column: str, tmp_path: Path) -> None:
    names = set(features(with_truth=False)) - {column}
    assert missing_columns(names, 2) == [column]
    assert missing_columns(names, 1) == (["film"] if column == "film" else [])
