"""Every cut is looked at before the first step, and what is left out is told with its place."""

import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from tests.formats.made import FORMATS
from tests.generation.toy import picture
from tests.training.batches.sets import BUCKETS, SIZE, cut, file_of, film, shot, surveyed, written

from cut2next.cuts.dataset import split_files
from cut2next.cuts.record import CutRecord
from cut2next.film import IndividualPrompt, InputError, RelationalPrompt
from cut2next.generation.framing import Size
from cut2next.training.batches import pictures
from cut2next.training.batches.held_out import with_validation
from cut2next.training.batches.survey import CutSource, look_ahead, survey


def test_a_cut_is_known_by_its_pictures_prompts_and_size(tmp_path: Path) -> None:
    found = surveyed(film(tmp_path / "cuts", 3))
    assert [each.id for each in found.cuts] == [cut(number).id for number in range(3)]
    assert [each.row for each in found.cuts] == [0, 1, 2]
    assert found.cuts[0].next == found.cuts[1].current != found.cuts[0].current
    assert found.cuts[1].next_prompt == shot(2).prompt
    assert found.cuts[1].relational == cut(1).relational.text
    assert found.cuts[0].size == Size(*BUCKETS.size(*SIZE))
    assert not found.faults


WRONG: dict[str, CutRecord] = {
    "the picture of the next shot is damaged or cut short": cut(
        9, next=replace(shot(9), image=shot(9).image[:200])
    ),
    "the picture of the current shot is missing": cut(9, current=replace(shot(9), image=b"")),
    "the picture of the next shot is 90x8 pixels": cut(9, next=shot(3, (90, 8))),
    "is not annotated": cut(9, next=replace(shot(9), prompt=IndividualPrompt(summary=""))),
    "is not annotated ": cut(9, relational=RelationalPrompt(transition="")),
    "both shots have the same picture": cut(9, next=replace(shot(9), name="twin")),
    "both shots have the same picture ": cut(
        9, next=replace(shot(8), image=file_of(picture(9, SIZE).convert("RGBA")))
    ),
    "is there twice": cut(0),
}


@pytest.mark.parametrize("why", WRONG)
def test_what_is_wrong_is_left_out_and_told(tmp_path: Path, why: str) -> None:
    found = surveyed(written(tmp_path / "cuts", [cut(0), WRONG[why], cut(1)]))
    assert [each.row for each in found.cuts] == [0, 2]
    (fault,) = found.faults
    assert (fault.file, fault.row) == (found.cuts[0].file, 1)
    assert fault.text.startswith(f"{WRONG[why].id}: ")
    assert why.strip() in fault.text


def test_the_same_cut_may_be_in_two_sources(tmp_path: Path) -> None:
    found = surveyed(film(tmp_path / "one", 2), film(tmp_path / "other", 1))
    assert [each.source for each in found.cuts] == [0, 0, 1]


def test_what_is_learnt_from_is_told_from_other_cuts_wherever_it_lies(tmp_path: Path) -> None:
    one, moved = surveyed(film(tmp_path / "cuts", 2)), surveyed(film(tmp_path / "moved", 2))
    assert one.digest == moved.digest
    edited = replace(shot(1).prompt, description="two dogs")
    others = [
        surveyed(film(tmp_path / "more", 3)),
        surveyed(written(tmp_path / "order", [cut(1), cut(0)])),
        surveyed(
            written(tmp_path / "words", [cut(0, next=replace(shot(1), prompt=edited)), cut(1)])
        ),
        surveyed(tmp_path / "cuts", buckets=replace(BUCKETS, area=768)),
        replace(one, sources=(CutSource(folder=tmp_path / "cuts", share=2),)),
    ]
    assert len({one.digest, *(other.digest for other in others)}) == 6


def test_pictures_are_looked_at_ahead_by_all_processes_and_not_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apart = [replace(cut(n, film="other"), split="validation") for n in range(4)]
    folders = written(tmp_path / "cuts", [*map(cut, range(3)), *apart]), film(tmp_path / "more", 2)
    sources = tuple(CutSource(folder=folder) for folder in folders)
    kept = tmp_path / "kept"
    told = [list(look_ahead(sources, kept, process, 2)) for process in range(2)]
    assert told == [[(1, 1)], [(1, 2), (2, 2)]]
    expected = with_validation(sources, BUCKETS, 2)
    monkeypatch.setattr(pictures, "Table", None)
    assert with_validation(sources, BUCKETS, 2, kept) == expected


def test_another_split_may_be_asked_for(tmp_path: Path) -> None:
    cuts = [cut(0), replace(cut(5, film="other"), split="validation")]
    folder = written(tmp_path / "cuts", cuts)
    found = survey((CutSource(folder=folder, split="validation"),), BUCKETS)
    assert [each.film for each in found.cuts] == ["other"]


def bare(number: int) -> CutRecord:
    nothing = IndividualPrompt(summary="")
    plain = cut(number)
    return replace(
        plain,
        current=replace(plain.current, prompt=nothing),
        next=replace(plain.next, prompt=nothing),
    )


def test_a_folder_without_annotations_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path / "cuts", map(bare, range(2)))
    with pytest.raises(InputError, match=r"none of 2 cuts .* not annotated.*data annotate") as told:
        surveyed(film(tmp_path / "good"), folder)
    assert "\n" not in str(told.value)


def test_a_folder_of_which_nothing_is_left_says_why(tmp_path: Path) -> None:
    folder = written(tmp_path / "cuts", [cut(0, next=shot(0))])
    with pytest.raises(InputError, match=r"none of 1 .*row 0: .* have the same picture.*validate"):
        surveyed(folder)


def with_format(folder: Path, formats: list[int]) -> Path:
    """The folder, as if other versions had written its rows."""
    (file,) = split_files(folder)
    table = pyarrow.parquet.read_table(file)
    column = pyarrow.array(formats, table.schema.field("format").type)
    pyarrow.parquet.write_table(table.set_column(0, table.schema.field("format"), column), file)
    return file


def test_a_row_that_holds_what_it_may_not_is_left_out_and_told(tmp_path: Path) -> None:
    file = with_format(film(tmp_path / "cuts", 3), [2, 1, 2])
    found = surveyed(tmp_path / "cuts")
    assert [each.row for each in found.cuts] == [0, 2]
    (fault,) = found.faults
    assert str(fault).startswith(f"{file}, row 1, column format: ")


def test_cuts_of_several_formats_are_refused(tmp_path: Path) -> None:
    (file,) = split_files(film(tmp_path / "mixed", 2))
    (older,) = split_files(FORMATS / "cuts-1")
    shutil.copy(older, file.with_name("train-00001.parquet"))
    with pytest.raises(InputError, match=r"several formats \(format 2 in .*, format 1 in .*merge"):
        surveyed(tmp_path / "mixed")
    file = with_format(film(tmp_path / "cuts", 2), [3, 3])
    file.rename(file.with_name("train-00001.parquet"))
    with pytest.raises(InputError, match="cuts in format 3"):
        surveyed(tmp_path / "cuts")


@pytest.mark.parametrize("share", [0, -1, float("nan"), float("inf")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(InputError, match="with a share of"):
        CutSource(folder=Path("cuts"), share=share)


def test_what_is_no_folder_of_cuts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        surveyed(tmp_path / "nothing")
    (file,) = split_files(film(tmp_path / "cuts"))
    file.write_bytes(file.read_bytes()[:500])
    with pytest.raises(InputError, match="is damaged"):
        surveyed(tmp_path / "cuts")
