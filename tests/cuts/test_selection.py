"""Thresholds: what they leave out, what they say, and that they can be changed back."""

import shutil
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from tests.cuts.sample import found

from cut2next.cuts.dataset import read_records, rewrite
from cut2next.cuts.record import REJECTED, CutRecord, MadeBy
from cut2next.cuts.selection import (
    Selection,
    faults,
    reason,
    select,
    thresholds_of,
)
from cut2next.cuts.writer import CutWriter
from cut2next.film import InputError
from cut2next.film.locking import LOCK
from cut2next.film.scratch import PARTIAL

NOTHING = Selection(
    max_motion=None,
    min_duration=None,
    min_sharpness=None,
    min_focus=None,
    min_brightness=None,
    max_brightness=None,
    min_contrast=None,
    max_text=None,
    min_aesthetic=None,
    min_quality=None,
    max_nsfw=None,
    max_gap=None,
    min_difference=None,
    min_novelty=None,
    within_scene=False,
)


def scored(**scores: float) -> CutRecord:
    """A cut whose shots both have these scores and no marks."""
    record = found(1)
    current, following = (replace(shot, scores=scores, marks=()) for shot in record.shots)
    return replace(record, current=current, next=following)


def test_a_threshold_says_what_came_and_where() -> None:
    high = replace(NOTHING, max_motion=12.0)
    assert list(faults(scored(motion=14.25), high)) == [
        "motion: 14.2 is over 12 in the current shot",
        "motion: 14.2 is over 12 in the next shot",
    ]
    assert not list(faults(scored(motion=12.0), high))
    assert not list(faults(scored(), high))  # not taken: no reason
    assert list(faults(scored(sharpness=1), replace(NOTHING, min_sharpness=2)))
    assert reason("motion: 14.2 is over 12") == "motion"


def test_marks_scenes_and_gaps_are_reasons() -> None:
    record = scored()
    titled = replace(record, next=replace(record.next, marks=("title card", "flash")))
    assert list(faults(titled, NOTHING)) == ["title card: marked so in the next shot"]
    apart = replace(record, next=replace(record.next, scene=9))
    assert list(faults(apart, replace(NOTHING, within_scene=True)))
    unknown = replace(record, next=replace(record.next, scene=None))
    assert not list(faults(unknown, replace(NOTHING, within_scene=True)))
    dissolved = replace(record, scores={"gap": 0.5})
    assert list(faults(dissolved, replace(NOTHING, max_gap=0.0))) == ["gap: 0.5 is over 0"]


def test_what_is_left_out_comes_back_when_asked() -> None:
    record = scored(motion=14)
    (out,) = select([record], replace(NOTHING, max_motion=12.0))
    assert (out.placed, len(out.rejected)) == (REJECTED, 2)
    assert list(select([out], NOTHING)) == [record]


def test_a_film_stays_in_its_split_when_all_of_it_was_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "cuts"
    with CutWriter(folder) as writer:
        writer.add(found(0, film="seen"))
        writer.add(found(1, film="held out", split="test"))
    for selection in (replace(NOTHING, min_sharpness=1000.0), NOTHING):
        rewrite(folder, lambda records, wanted=selection: select(records, wanted))  # type: ignore[misc]
    assert [record.film for record in read_records(folder, split="train")] == ["seen"]
    assert [record.film for record in read_records(folder, split="test")] == ["held out"]


def test_a_folder_is_filtered_again_and_again(tmp_path: Path) -> None:
    folder = tmp_path / "cuts"
    written = [found(number, split="train") for number in range(6)]
    with CutWriter(folder) as writer:
        for one in written:
            writer.add(one)
    (folder / "notes.txt").write_text("mine")
    narrow = replace(NOTHING, min_sharpness=30.0)
    rewrite(folder, lambda records: select(records, narrow))
    left = [record.id for record in read_records(folder, split=REJECTED)]
    assert left == [record.id for record in written[:3]]
    rewrite(folder, lambda records: select(records, NOTHING))
    back = {record.id: record for record in read_records(folder)}
    assert back == {record.id: record for record in written}
    assert (folder / "notes.txt").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cuts"]


def test_thresholds_that_exclude_everything_are_refused() -> None:
    with pytest.raises(InputError, match="brightness from 200 to 100"):
        Selection(min_brightness=200, max_brightness=100)


def test_a_rewriting_that_fails_leaves_the_old_cuts(tmp_path: Path) -> None:
    folder = tmp_path / "cuts"
    with CutWriter(folder) as writer:
        writer.add(found(0))

    def fail(records: object) -> list[CutRecord]:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011  # its own
        rewrite(folder, fail)
    assert [record.id for record in read_records(folder)] == [found(0).id]
    assert not list(tmp_path.rglob(f"*{PARTIAL}"))


def test_a_kill_between_two_renames_is_mended(tmp_path: Path) -> None:
    folder = tmp_path / "cuts"
    with CutWriter(folder) as writer:
        writer.add(found(0))
    for part in ("old", "whole"):
        (folder / PARTIAL / part).mkdir(parents=True)
    (folder / PARTIAL / LOCK).touch()
    shutil.copytree(folder / "data", folder / PARTIAL / "whole" / "data")
    (folder / "data").rename(folder / PARTIAL / "old" / "data")
    assert [record.id for record in read_records(folder)] == [found(0).id]
    rewrite(folder, lambda records: select(records, NOTHING))
    assert [record.id for record in read_records(folder)] == [found(0).id]
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "data"]


def test_a_kill_before_the_card_is_exchanged_is_mended(tmp_path: Path) -> None:
    folder = tmp_path / "cuts"
    with CutWriter(folder) as writer:
        writer.add(found(0))
    card = (folder / "README.md").read_text()
    shutil.copytree(folder / "data", folder / PARTIAL / "old" / "data")
    (folder / PARTIAL / LOCK).touch()
    whole = folder / PARTIAL / "whole"
    whole.mkdir()
    (whole / "README.md").write_text(card.replace("split: train", "split: new"))
    fail = pytest.raises(ZeroDivisionError)
    with fail:
        rewrite(folder, lambda records: [1 / 0 for _ in records])  # type: ignore[misc]
    assert "split: new" in (folder / "README.md").read_text()
    rewrite(folder, lambda records: select(records, NOTHING))
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "data"]


def test_thresholds_of_another_version_are_read_as_far_as_they_are_known() -> None:
    told = {**asdict(Selection(max_text=0.5)), "max_of_tomorrow": 1.0}
    by = MadeBy(tool="cut2next data rawcuts", version="9", parameters={"selection": told})
    assert thresholds_of(replace(found(0), made_by=(by,))) == Selection(max_text=0.5)


@pytest.mark.parametrize("value", ["15", [1], {}, True, 10**400])
def test_thresholds_that_are_nonsense_are_none(value: object) -> None:
    by = MadeBy(
        tool="cut2next data rawcuts", version="9", parameters={"selection": {"max_motion": value}}
    )
    assert thresholds_of(replace(found(0), made_by=(by,))) is None
