"""Out to a plain folder and back: nothing is lost, and nothing foreign gets in."""

import json
from dataclasses import replace
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.cuts.sample import found, record, truth
from tests.cuts.test_validation import told, write

from cut2next.cli.main import main
from cut2next.cuts.dataset import read_records
from cut2next.cuts.exporting import (
    export,
    names_of,
    pictures,
    read_line,
    read_plain,
    to_line,
)
from cut2next.cuts.record import CutRecord, MadeBy, ShotRecord, Span
from cut2next.cuts.schema import to_record
from cut2next.film import EditingPattern, IndividualPrompt, InputError, RelationalPrompt

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SOME = TEXT.filter(bool)
SCORES = st.dictionaries(SOME, st.floats(-1e300, 1e300), max_size=3)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
BASES = st.fractions(min_value=Fraction(1, 10**6), max_value=10**6, max_denominator=10**6)
TIMES = st.lists(st.integers(-(2**63), 2**63 - 1), min_size=6, max_size=6, unique=True).map(sorted)


def placed(cut: CutRecord, times: list[int], base: Fraction) -> CutRecord:
    """A cut of shots that lie in a film, one after the other."""
    shots = [
        replace(
            shot,
            span=Span(start=times[at], keyframe=times[at + 1], end=times[at + 2], time_base=base),
        )
        for shot, at in zip(cut.shots, (0, 3), strict=True)
    ]
    return replace(cut, current=shots[0], next=shots[1])


def jpeg() -> bytes:
    file = BytesIO()
    Image.new("RGB", (32, 18), "teal").save(file, format="JPEG")
    return file.getvalue()


SHOTS = st.builds(
    ShotRecord,
    name=SOME,
    image=st.sampled_from([jpeg(), found(0).current.image]),
    prompt=st.builds(
        IndividualPrompt,
        summary=SOME,
        description=TEXT,
        attributes=st.dictionaries(TEXT, TEXT, max_size=3),
    ),
    scene=st.none() | st.integers(-(2**31), 2**31 - 1),
    marks=st.lists(TEXT, max_size=2).map(tuple),
    scores=SCORES,
)
RECORDS = st.builds(
    CutRecord,
    film=SOME,
    current=SHOTS,
    next=SHOTS,
    patterns=st.frozensets(st.sampled_from(EditingPattern)),
    relational=st.builds(
        RelationalPrompt,
        transition=SOME,
        scene=TEXT,
        scene_consistency=TEXT,
        character_consistency=TEXT,
    ),
    scores=SCORES,
    rejected=st.lists(TEXT, max_size=2).map(tuple),
    made_by=st.lists(
        st.builds(
            MadeBy, tool=SOME, version=TEXT, parameters=st.dictionaries(TEXT, JSON, max_size=2)
        ),
        min_size=1,
        max_size=2,
    ).map(tuple),
    licence=SOME,
    source=SOME,
    split=st.sampled_from(["train", "test"]),
    truth=st.none(),
)
PLACED = RECORDS | st.builds(placed, RECORDS, TIMES, BASES)


@given(st.lists(PLACED, min_size=1, max_size=3))
def test_any_record_comes_back_equal(records: list[CutRecord]) -> None:
    with TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        assert export(records, out) == len(records)
        back = list(read_plain(out))
    assert back == records
    # Equal mappings may differ in their order, which counts for attributes.
    assert [list(one.current.prompt.attributes) for one in back] == [
        list(one.current.prompt.attributes) for one in records
    ]


def test_a_folder_comes_back_equal_through_both_commands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = found(0, film="À bout / de souffle: ...")
    first = replace(first, next=replace(first.next, image=jpeg(), name="../0001"))
    records = [first, found(1, film="b", split="test"), found(2, rejected=("motion: 9",))]
    folder, out, back = write(tmp_path / "cuts", *records), tmp_path / "out", tmp_path / "back"
    assert main(["data", "export", str(folder), str(out)]) == 0
    assert f"{out / 'cuts.jsonl'}: 3 cuts" in capsys.readouterr().out
    assert main(["data", "import", str(out), str(back)]) == 0
    assert list(read_records(back)) == list(read_records(folder))
    assert not told(back)
    names = sorted(str(path.relative_to(out)) for path in out.rglob("*.*") if path.is_file())
    assert names == [
        "cuts.jsonl",
        "images/b/000001-current-shot2.png",
        "images/b/000001-next-shot3.png",
        "images/film/000000-current-shot4.png",
        "images/film/000000-next-shot5.png",
        "images/À bout _ de souffle_/000002-current-shot0.png",
        "images/À bout _ de souffle_/000002-next-_0001.jpg",
    ]
    line = json.loads((out / "cuts.jsonl").read_text().splitlines()[2])
    assert (out / line["next_image"]).read_bytes() == jpeg()
    assert line["current_prompt"]["attributes"] == {}
    span = {"start": 40, "keyframe": 47, "end": 80, "time_base": "1/24"}
    assert line["next_shot"]["span"] == span
    assert line["next_shot"]["scores"] == {"sharpness": 40 / 7, "motion": 0.1}
    assert line["made_by"] == [{"tool": "a test", "version": "1", "parameters": {"seed": 3}}]


def test_truth_comes_back_equal(tmp_path: Path) -> None:
    records = [record(number, truths=(truth(number), truth(9))) for number in range(2)]
    folder, out, back = write(tmp_path / "cuts", *records), tmp_path / "out", tmp_path / "back"
    assert main(["data", "export", str(folder), str(out)]) == 0
    assert main(["data", "import", str(out), str(back)]) == 0
    assert list(read_records(back)) == records
    line = json.loads((out / "cuts.jsonl").read_text().splitlines()[1])
    assert line["next_truth"]["camera"]["field_of_view"] == 0.7
    with Image.open(out / line["next_truth"]["object_ids"]) as ids:
        assert ids.size == (5, 3)


@pytest.mark.parametrize("line", ["", "{", "[]", "null", "\xff", '{"film": "\\ud800"}', "[" * 9999])
def test_what_is_no_json_object_is_told(line: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export([found(0)], out)
    with (out / "cuts.jsonl").open("ab") as lines:
        lines.write(line.encode("latin-1") + b"\n")
    reader = read_plain(out)
    assert next(reader) == found(0)
    with pytest.raises(InputError, match=r"cuts\.jsonl, line 2: "):
        next(reader)


def test_one_truth_without_the_other_is_told(tmp_path: Path) -> None:
    out = tmp_path / "out"
    export([record(0, truths=(truth(0), truth(1)))], out)
    line = json.loads((out / "cuts.jsonl").read_text())
    del line["next_truth"]
    (out / "cuts.jsonl").write_text(json.dumps(line))
    with pytest.raises(InputError, match="next_truth: is missing"):
        list(read_plain(out))


def line(cut: CutRecord) -> dict[str, Any]:
    names = {column: f"images/{column}" for column in pictures(cut)}
    values: dict[str, Any] = json.loads(to_line(cut, names))
    return values


@pytest.mark.parametrize("cut", [found(0), record(0, truths=(truth(0), truth(1)))])
def test_a_cut_comes_back_from_its_line(cut: CutRecord) -> None:
    values = read_line(json.dumps(line(cut)))
    assert names_of(values) == {column: f"images/{column}" for column in pictures(cut)}
    assert to_record(values, pictures(cut)) == cut


def test_scores_and_parameters_are_objects() -> None:
    values = line(found(0))
    assert values["current_shot"]["scores"] == {"sharpness": 0.0, "motion": 0.1}
    assert values["made_by"][0]["parameters"] == {"seed": 3}
    assert list(values)[:4] == ["format", "id", "film", "contents"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"licence": None}, "licence: Input should be a valid string"),
        ({"colour": "red"}, "colour: Extra inputs are not permitted"),
        ({"split": "rejected"}, "split: the split should be a name like train, and not rejected"),
        ({"format": 3}, "format: Input should be less than or equal to 2"),
    ],
)
def test_a_line_that_is_wrong_is_told_where(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(InputError) as refused:
        read_line(json.dumps({**line(found(0)), **change}))
    assert refused.value.got.startswith(fault)


def test_an_id_that_contradicts_its_cut_is_refused() -> None:
    with pytest.raises(InputError, match="id: is 'film:a-b', not 'film:shot0-shot1'"):
        read_line(json.dumps({**line(found(0)), "id": "film:a-b"}))
