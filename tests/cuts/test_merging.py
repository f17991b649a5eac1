"""Several folders become one, and whatever contradicts itself is refused."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.cuts.sample import found, record, truth
from tests.cuts.test_validation import told, write

from cut2next.cli.main import main
from cut2next.cuts.dataset import read_records
from cut2next.cuts.merging import merged
from cut2next.cuts.record import CutRecord, MadeBy
from cut2next.film import InputError


def test_folders_are_put_together_and_duplicates_dropped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = write(tmp_path / "one", found(0), found(1), found(2, rejected=("motion: 9",)))
    two = write(tmp_path / "two", found(1), found(3), found(0, film="other", split="test"))
    assert main(["data", "merge", str(one), str(two), "--out", str(tmp_path / "new")]) == 0
    assert f"{tmp_path / 'new'}: 5 cuts of 2 folders" in capsys.readouterr().out
    back = {one.id: one for one in read_records(tmp_path / "new")}
    both = [*read_records(one), *read_records(two)]
    assert back == {one.id: one for one in both}
    assert len(back) == 5
    assert not told(tmp_path / "new")


def test_truth_is_kept(tmp_path: Path) -> None:
    cuts = [record(number, truths=(truth(0), truth(1))) for number in range(2)]
    folders = [write(tmp_path / str(at), one) for at, one in enumerate(cuts)]
    assert main(["data", "merge", *map(str, folders), "--out", str(tmp_path / "new")]) == 0
    assert list(read_records(tmp_path / "new")) == cuts


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (found(0, licence="MIT", scores={}), "two, and differs in licence, scores; expected"),
        (
            found(1, source="elsewhere"),
            "the film film comes from 'noise' and from 'elsewhere', in ",
        ),
        (found(1, split="test"), "the film film is in the splits train and test, in "),
        (record(1, truths=(truth(0), truth(1))), "holds the film set's truth; expected truth for"),
    ],
)
def test_contradictions_are_refused(
    other: CutRecord, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [write(tmp_path / "one", found(0)), write(tmp_path / "two", other)]
    assert main(["data", "merge", *map(str, folders), "--out", str(tmp_path / "new")]) == 2
    shown = capsys.readouterr()
    assert told in shown.err
    assert shown.err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_another_picture_is_another_cut(tmp_path: Path) -> None:
    changed = replace(found(0), next=replace(found(0).next, image=found(1).next.image))
    folders = [write(tmp_path / "one", found(0)), write(tmp_path / "two", changed)]
    with pytest.raises(InputError, match="differs in next_image;"):
        list(merged(folders))


def test_what_made_a_cut_does_not_make_it_another(tmp_path: Path) -> None:
    again = found(0, made_by=(MadeBy(tool="a test", version="2"),))
    folders = [write(tmp_path / "one", found(0)), write(tmp_path / "two", again)]
    assert list(merged(folders)) == [found(0)]
