"""What a picture is follows from its pixels; what was found out is kept as long as it holds."""

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from tests.generation.toy import picture
from tests.training.batches.sets import SIZE, cut, file_of, film, shot, written

from cut2next.cuts.dataset import split_files
from cut2next.cuts.record import CutRecord
from cut2next.film import InputError
from cut2next.training.batches import pictures
from cut2next.training.batches.pictures import SeenPicture, contents, pictures_of


def of(folder: Path, *records: CutRecord) -> list[tuple[SeenPicture, SeenPicture]]:
    (file,) = split_files(written(folder, records))
    return pictures_of(file)


def test_a_picture_is_the_same_in_another_file_and_another_in_other_pixels(tmp_path: Path) -> None:
    grey = picture(3, SIZE).convert("L")
    again = replace(shot(1), image=file_of(picture(1, SIZE).convert("RGBA")))
    plain, coloured = (
        replace(shot(2), image=file_of(each)) for each in (grey, grey.convert("RGB"))
    )
    ((one, other), (first, second)) = of(
        tmp_path / "cuts", cut(1, next=again), cut(2, current=plain, next=coloured)
    )
    assert one == other
    assert first == second
    assert one.digest != first.digest
    assert (one.width, one.height, one.fault) == (*SIZE, "")


def test_the_same_pixels_in_another_shape_are_another_picture() -> None:
    grey = Image.new("RGB", (32, 16), "grey")
    assert contents(grey) != contents(grey.resize((16, 32)))


@pytest.mark.parametrize(
    ("image", "fault"),
    [
        (b"", "is missing"),
        (b"\x89PNG\r\n\x1a\n and then nothing", "is "),
        (file_of(picture(0, SIZE))[:200], "is "),
        (file_of(picture(0, SIZE), "GIF"), "is "),
    ],
)
def test_what_is_wrong_with_a_picture_is_told(tmp_path: Path, image: bytes, fault: str) -> None:
    ((current, following),) = of(tmp_path / "cuts", cut(0, current=replace(shot(0), image=image)))
    assert fault in current.fault
    assert not following.fault


def test_what_was_seen_is_kept_until_the_file_is_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = split_files(film(tmp_path / "cuts", 2))
    seen = pictures_of(file, tmp_path / "kept")
    with monkeypatch.context() as patched:
        patched.setattr(pictures, "Table", None)
        assert pictures_of(file, tmp_path / "kept") == seen
    (new,) = split_files(written(tmp_path / "new", [cut(7), cut(8)]))
    new.replace(file)
    assert pictures_of(file, tmp_path / "kept") == pictures_of(file) != seen


def test_what_was_kept_and_is_damaged_is_found_out_again(tmp_path: Path) -> None:
    (file,) = split_files(film(tmp_path / "cuts", 2))
    seen = pictures_of(file, tmp_path / "kept")
    (kept,) = (tmp_path / "kept").iterdir()
    for damaged in ("[[", '{"a": 1}', "[[1, 2]]", ""):
        kept.write_text(damaged)
        assert pictures_of(file, tmp_path / "kept") == seen


@pytest.mark.parametrize("kept", [None, Path("kept")])
def test_a_link_to_itself_is_refused_whether_or_not_what_was_seen_is_kept(
    kept: Path | None, tmp_path: Path
) -> None:
    (file := tmp_path / "train-00000.parquet").symlink_to("train-00000.parquet")
    with pytest.raises(InputError, match="Too many levels of symbolic links"):
        pictures_of(file, kept and tmp_path / kept)
    assert list(tmp_path.iterdir()) == [file]
