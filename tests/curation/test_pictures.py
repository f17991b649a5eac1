"""The keyframes of a set are written once each, and only the wanted cuts are read."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from tests.cuts.sample import found

from cut2next.curation.pictures import picture_name, with_pictures, with_thumbnails
from cut2next.cuts.writer import CutWriter
from cut2next.film import InputError


def test_the_wanted_cuts_come_with_their_pictures(tmp_path: Path) -> None:
    with CutWriter(tmp_path / "cuts") as writer:
        for number in range(5):
            writer.add(found(number, split="test" if number > 2 else "train"))
    wanted = {found(1).id, found(4).id, "film:not-there"}
    records = sorted(with_pictures(tmp_path / "cuts", wanted), key=lambda record: record.id)
    assert records == [found(1), found(4, split="test")]


def test_a_picture_has_one_plain_name_whatever_its_film_is_called() -> None:
    shot = found(0).current
    names = {picture_name(film, shot) for film in ("film", "film", "../<film>", "fîlm")}
    assert len(names) == 3
    assert all(name.removesuffix(".jpg").isalnum() for name in names)


def test_a_thumbnail_that_is_there_is_not_written_again(tmp_path: Path) -> None:
    record = found(0)
    list(with_thumbnails([record], tmp_path, width=20))
    paths = sorted(tmp_path.iterdir())
    assert [path.name for path in paths] == sorted(
        picture_name("film", shot) for shot in record.shots
    )
    assert max(Image.open(BytesIO(path.read_bytes())).width for path in paths) == 20
    paths[0].write_bytes(b"mine")
    list(with_thumbnails([record], tmp_path, width=20))
    assert paths[0].read_bytes() == b"mine"


def test_a_damaged_keyframe_is_told_with_its_cut(tmp_path: Path) -> None:
    record = found(0)
    broken = replace(record, next=replace(record.next, image=b"\x89PNG no"))
    with pytest.raises(
        InputError, match="film:shot0-shot1: the keyframe of shot1: is not a picture"
    ):
        list(with_thumbnails([broken], tmp_path, width=20))


def test_a_record_without_pictures_keeps_all_else(tmp_path: Path) -> None:
    record = found(0)
    (plain,) = with_thumbnails([record], tmp_path, width=20)
    assert [shot.image for shot in plain.shots] == [b"", b""]
    assert replace(plain, current=record.current, next=record.next) == record


@pytest.mark.parametrize(
    ("size", "width", "expected"),
    [((640, 320), 320, (320, 160)), ((320, 640), 320, (160, 320)), ((100, 50), 320, (100, 50))],
)
def test_a_thumbnail_fits_and_never_grows(
    size: tuple[int, int], width: int, expected: tuple[int, int], tmp_path: Path
) -> None:
    file = BytesIO()
    Image.new("RGB", size, "red").save(file, format="PNG")
    record = replace(found(0), current=replace(found(0).current, image=file.getvalue()))
    list(with_thumbnails([record], tmp_path, width=width))
    with Image.open(tmp_path / picture_name(record.film, record.current)) as small:
        assert (small.format, small.size) == ("JPEG", expected)
        red, green, _ = small.convert("RGB").getpixel((5, 5))  # type: ignore[misc]
        assert red > 240 > 15 > green
