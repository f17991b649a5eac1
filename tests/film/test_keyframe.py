"""What is read of anyone's pictures, and what is refused before it can do harm."""

import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from cut2next.film import IndividualPrompt, InputError, OutputError
from cut2next.film.keyframe import (
    LEAST_SIDE,
    check_picture,
    check_writable,
    picture_kind,
    picture_suffix,
    read_keyframe,
    read_picture,
    write_png,
)
from cut2next.film.png_prompt import png_text, read_png_prompt

RED, BLUE = (200, 30, 40), (20, 60, 220)


def halves(mode: str = "RGB", size: tuple[int, int] = (32, 24)) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, *size))
    return image.quantize(4) if mode == "P" else image.convert(mode)


def read(image: Image.Image, path: Path, **settings: Any) -> Image.Image:
    image.save(path, **settings)
    return read_keyframe(path)


def assert_near(pixel: object, expected: tuple[int, ...], by: int = 12) -> None:
    assert isinstance(pixel, tuple)
    assert all(abs(one - other) <= by for one, other in zip(pixel, expected, strict=True))


@pytest.mark.parametrize(
    ("mode", "name"),
    [
        ("RGB", "a.png"),
        ("RGB", "a.bmp"),
        ("RGB", "a.ppm"),
        ("RGB", "a.webp"),
        ("RGB", "a.gif"),
        ("RGBA", "a.png"),
        ("P", "a.png"),
        ("CMYK", "a.jpg"),
        ("CMYK", "a.tif"),
        ("YCbCr", "a.jpg"),
    ],
)
def test_every_kind_of_picture_shows_the_same(mode: str, name: str, tmp_path: Path) -> None:
    image = read(halves(mode), tmp_path / name, **({"lossless": True} if "webp" in name else {}))
    assert (image.mode, image.size, image.info) == ("RGB", (32, 24), {})
    assert_near(image.getpixel((4, 12)), RED)
    assert_near(image.getpixel((28, 12)), BLUE)


def test_the_name_decides_nothing(tmp_path: Path) -> None:
    assert read(halves(), tmp_path / "picture.txt", format="JPEG").size == (32, 24)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_16_bits_are_scaled(name: str, tmp_path: Path) -> None:
    ramp = Image.new("I;16", (256, 16))
    ramp.putdata([257 * (at % 256) for at in range(256 * 16)])
    image = read(ramp, tmp_path / name)
    assert [image.getpixel((at, 3)) for at in range(256)] == [(at, at, at) for at in range(256)]


def test_16_bits_of_colour_are_scaled(tmp_path: Path) -> None:
    def chunk(name: bytes, data: bytes) -> bytes:
        checked = name + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    row = b"\0" + struct.pack(">3H", 0xFFFF, 0x8000, 0) * 16
    header = struct.pack(">2I5B", 16, 16, 16, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(row * 16)), (b"IEND", b"")]
    png = b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)
    (tmp_path / "a.png").write_bytes(png)
    assert read_keyframe(tmp_path / "a.png").getpixel((3, 3)) == (255, 128, 0)


def test_transparency_lies_over_black(tmp_path: Path) -> None:
    half = halves("RGBA")
    half.putalpha(128)
    assert_near(read(half, tmp_path / "a.png").getpixel((4, 4)), (100, 15, 20), by=1)
    grey = Image.new("LA", (16, 16), (200, 0))
    assert read(grey, tmp_path / "b.png").getpixel((4, 4)) == (0, 0, 0)
    keyed = read(halves("RGB"), tmp_path / "c.png", transparency=RED)
    assert keyed.getpixel((4, 4)) == (0, 0, 0)
    assert keyed.getpixel((28, 4)) == BLUE
    palette = halves("P")
    clear = palette.getpixel((4, 4))
    assert read(palette, tmp_path / "d.png", transparency=clear).getpixel((4, 4)) == (0, 0, 0)


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_turned_picture_is_set_upright(turn: int, tmp_path: Path) -> None:
    turned = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[turn]
    upright = halves()
    upright.paste((255, 255, 255), (0, 0, 32, 4))
    exif = Image.Exif()
    exif[0x0112] = turn
    stored = upright if turned is None else upright.transpose(turned)
    image = read(stored, tmp_path / "a.png", exif=exif)
    assert image.tobytes() == upright.tobytes()


def test_a_phones_preview_is_no_second_frame(tmp_path: Path) -> None:
    image = read(halves(), tmp_path / "a.jpg", format="MPO", save_all=True,
                 append_images=[halves(size=(16, 16))])  # fmt: skip
    assert image.size == (32, 24)


def test_the_prompt_of_a_shot_travels_with_it(tmp_path: Path) -> None:
    prompt = IndividualPrompt(summary="Wide shot of <Zoë>", attributes={"Lens": "long"})
    write_png(halves(), tmp_path / "a.png", png_text(prompt))
    image = read_keyframe(tmp_path / "a.png")
    assert read_png_prompt(image) == prompt
    assert image.tobytes() == halves().tobytes()


def saved(image: Image.Image, name: str = "a.png", **settings: Any) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        image.save(folder / name, **settings)
        return folder / name

    return make


def written(data: bytes, name: str = "a.png") -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(data)
        return folder / name

    return make


def png(image: Image.Image, **settings: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format="PNG", **settings)
    return file.getvalue()


def claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is large."""
    whole = png(halves())
    header = whole[12:16] + struct.pack(">2I", width, height) + whole[24:29]
    return whole[:12] + header + struct.pack(">I", zlib.crc32(header)) + whole[33:]


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "a.png")
    return folder / "a.png"


def locked(folder: Path) -> Path:
    path = saved(halves())(folder)
    path.chmod(0)
    return path


def long_text() -> PngInfo:
    text = PngInfo()
    text.add_text("Comment", "a" * 3_000_000, zip=True)
    return text


NOISE = Image.effect_noise((64, 64), 90).convert("RGB")
TWO: dict[str, Any] = {"save_all": True, "append_images": [halves("L")]}
REFUSED = [
    (lambda folder: folder / "none.png", "does not exist"),
    (lambda folder: folder, "is a folder"),
    (lambda folder: folder / ("a" * 300 + ".png"), "cannot be read"),
    (pipe, "is no file"),
    (written(b""), "is empty"),
    (written(b"Once upon a time"), "is not a picture that can be read"),
    (written(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n", "a.eps"), "is not a picture"),
    (written(b"\x89PNG\r\n\x1a\n"), "is (not a picture|damaged)"),
    (written(png(NOISE)[:2000]), "is damaged or cut short"),
    (written(png(NOISE)[:-500]), "is damaged or cut short"),
    (written(png(halves(), pnginfo=long_text())), "is damaged or cut short"),
    (saved(Image.new("RGB", (1, 1))), "is 1x1 pixels; expected at least 16"),
    (saved(Image.new("RGB", (400, LEAST_SIDE - 1))), "is 400x15 pixels"),
    (written(claiming(10_001, 10_000)), "is too large; expected at most 100 megapixels"),
    (written(claiming(60_000, 60_000)), "is too large; expected at most 100 megapixels"),
    (saved(halves(), "a.gif", save_all=True, append_images=[NOISE]), "has several frames"),
    (saved(halves(), **{**TWO, "append_images": [NOISE.resize((32, 24))]}), "has several frames"),
    (saved(halves("L"), "a.tif", **TWO), "has several frames"),
    (saved(halves("F"), "a.tif"), "has 32-bit pixels"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "said"), REFUSED)
def test_what_is_no_still_is_refused_in_one_line(
    make: Callable[[Path], Path], said: str, tmp_path: Path
) -> None:
    path = make(tmp_path)
    with pytest.raises(InputError, match=said) as error:
        read_keyframe(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is locked to root")
def test_what_may_not_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_keyframe(locked(tmp_path))


def encoded(kind: str) -> bytes:
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    NOISE.resize((24, 20)).save(file, format=kind, exif=exif)
    return file.getvalue()


WHOLE = {kind: encoded(kind) for kind in ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP", "PPM")}


@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_damage_is_an_input_error_or_no_matter(
    tmp_path_factory: pytest.TempPathFactory, kind: str, data: st.DataObject
) -> None:
    file = bytearray(WHOLE[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(file[: data.draw(st.integers(1, len(file)))])
    try:
        image = read_keyframe(path)
    except InputError:
        return
    assert image.mode == "RGB"
    assert min(image.size) >= LEAST_SIDE


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("next.jpg", "no name for a PNG; expected a name ending in .png"),
        ("next", "no name for a PNG"),
        ("", "no name for a PNG"),
        ("folder.png", "is a folder"),
        ("none/next.png", "none: no such folder"),
        ("file/next.png", "file: no such folder"),
        ("a" * 300 + ".png", r"cannot be written \(File name too long\)"),
        ("/proc/next.png", "cannot be written"),
    ],
)
def test_where_nothing_can_be_written_is_known_before(name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=said) as error:
        check_writable(tmp_path / name)
    assert "\n" not in str(error.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.png"]


def test_asking_leaves_nothing_behind(tmp_path: Path) -> None:
    check_writable(tmp_path / ("a" * 250 + ".png"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("kind", "suffix"), [("PNG", "png"), ("JPEG", "jpg"), ("GIF", "png"), ("BMP", "png")]
)
def test_what_a_picture_is_follows_from_its_first_bytes(kind: str, suffix: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (16, 16)).save(file, format=kind)
    assert picture_kind(file.getvalue()) == {"PNG": "png", "JPEG": "jpeg"}.get(kind)
    assert picture_suffix(file.getvalue()) == suffix
    assert picture_kind(b"") is None


def jpeg(image: Image.Image, **settings: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format="JPEG", **settings)
    return file.getvalue()


def test_the_bytes_of_a_picture_are_read_as_its_file_is(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    half = halves("RGBA")
    half.putalpha(128)
    for data in (png(half), jpeg(halves(), exif=exif), png(halves("P"))):
        (tmp_path / "a").write_bytes(data)
        picture = read_picture(data, "it")
        assert picture.tobytes() == read_keyframe(tmp_path / "a").tobytes()
        assert check_picture(data, "it") in ((32, 24), picture.size)


def other(kind: str) -> bytes:
    file = io.BytesIO()
    halves().save(file, format=kind)
    return file.getvalue()


@pytest.mark.parametrize("look", [read_picture, check_picture])
@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "it: is missing"),
        (b"", "it: is missing"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n", "is not a picture .* PNG or JPEG"),
        (other("EPS"), "is not a picture"),
        (other("GIF"), "is not a picture"),
        (other("TIFF"), "is not a picture"),
        (png(NOISE)[:-500], "is damaged or cut short"),
        (jpeg(NOISE)[:-500], "is damaged or cut short"),
        (png(NOISE, **{**TWO, "append_images": [halves("RGB", (64, 64))]}), "has several frames"),
        (png(Image.new("RGB", (99, 15))), "is 99x15 pixels; expected at least 16 a side"),
        (claiming(60_000, 60_000), "is too large"),
        (claiming(10_001, 10_000), "is too large"),
    ],
)  # fmt: skip
def test_bytes_that_are_no_still_are_refused_and_start_nothing(
    data: bytes | None, said: str, look: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def started(*_: object, **__: object) -> None:
        raise AssertionError("a program was started")

    monkeypatch.setattr("subprocess.Popen", started)
    with pytest.raises(InputError, match=said) as error:
        look(data, "it")
    assert "\n" not in str(error.value)


def test_a_map_of_ids_may_be_small() -> None:
    assert check_picture(png(Image.new("L", (5, 3))), "ids", least=1) == (5, 3)
    assert read_picture(png(Image.new("L", (5, 3))), "ids", least=1).size == (5, 3)


def test_nothing_but_the_reader_opens_pictures(project: Path) -> None:
    """Another way in would have formats and sizes of its own."""
    source = project / "src" / "cut2next"
    opening = [path for path in source.rglob("*.py") if "Image.open(" in path.read_text()]
    named = {str(path.relative_to(source)) for path in opening}
    # Two open what was packed a moment ago; two tell a person what to write.
    ours = {"films/scorers/open_nsfw.py", "studio/server/edits_routes.py"}
    ours |= {"generation/pipeline.py", "generation/checks.py"}
    assert named == {"film/keyframe.py", *ours}


def test_a_film_behind_a_jpeg_does_not_matter() -> None:
    """As phones put one there."""
    behind = jpeg(NOISE) + bytes(9_000)
    assert check_picture(behind, "it") == read_picture(behind, "it").size
