"""The folder of pictures: by content, looked at first, never twice."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from cut2next.film import InputError
from cut2next.studio.board import Origin, Picture
from cut2next.studio.pictures import PictureFolder


def _file(kind: str, mode: str = "RGB", **more: object) -> bytes:
    file = BytesIO()
    Image.new(mode, (32, 18), 90 if mode in "LI;16" else None).save(file, kind, **more)
    return file.getvalue()


def test_a_picture_is_kept_once_to_the_byte(tmp_path: Path) -> None:
    pictures, data = PictureFolder(tmp_path / "pictures"), _file("PNG")
    first = pictures.add_bytes(data, origin=Origin.DRAWN, source="a.png")
    again = pictures.add_bytes(data, origin=Origin.DRAWN, source="a.png")
    assert first == again
    assert pictures.read(first) == data
    assert len(list(pictures.folder.iterdir())) == 1


@pytest.mark.parametrize(
    ("kind", "mode"), [("WEBP", "RGB"), ("BMP", "RGB"), ("PNG", "RGBA"), ("JPEG", "CMYK")]
)
def test_another_kind_becomes_a_png(kind: str, mode: str, tmp_path: Path) -> None:
    pictures = PictureFolder(tmp_path)
    kept = pictures.add_bytes(_file(kind, mode))
    assert (kept.width, kept.height) == (32, 18)
    assert pictures.read(kept).startswith(b"\x89PNG")
    assert pictures.image(kept).mode == "RGB"


def test_a_turned_photograph_stands_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    kept = PictureFolder(tmp_path).add_bytes(_file("JPEG", exif=exif))
    assert (kept.width, kept.height) == (18, 32)


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"PK\3\4", _file("PNG")[:45], _file("JPEG")[:90]])
def test_what_is_no_picture_leaves_nothing(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        PictureFolder(tmp_path).add_bytes(data, source="it.png")
    assert error.value.got.startswith("it.png")
    assert list(tmp_path.iterdir()) == []


def test_one_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is gone"):
        PictureFolder(tmp_path).read(Picture(sha256="0" * 64, width=16, height=16))
