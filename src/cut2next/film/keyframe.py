"""A keyframe on disk: anyone's pictures read safely, ours written whole or not at all.

Nothing else opens a picture that strangers made, be it a file or bytes inside of one.
"""

import logging
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from cut2next.film.errors import InputError, OutputError, one_line
from cut2next.film.png_prompt import CHUNK
from cut2next.film.writing import check_file, whole_file

# What Pillow logs of a damaged file it also raises; without a handler it would land on stderr.
logging.getLogger("PIL").addHandler(logging.NullHandler())

LEAST_SIDE = 16
"""Pixels: the smallest still that is read."""
MOST_PIXELS = 100_000_000
"""Beyond any camera's still; decoding takes three bytes for each."""
# Named, because Pillow would hand others to programs that it finds on the machine.
_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM")
_STORED = ("PNG", "JPEG")
"""What a set of cuts holds."""
DAMAGE = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, LookupError)
"""All that Pillow's decoders were seen to raise on damaged files, bombs aside."""


_JPEG_END, _TAIL = b"\xff\xd9", 4_096
"""The marker that ends a JPEG, and in how many bytes: some cameras fill the rest with something."""
_SIGNATURES = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg"}


def picture_kind(data: bytes) -> str | None:
    """Whether a file is "png" or "jpeg" by how it begins; None for any other."""
    return next((kind for begin, kind in _SIGNATURES.items() if data.startswith(begin)), None)


def picture_suffix(data: bytes) -> str:
    """How the name of a keyframe's file ends, without a dot."""
    return "jpg" if picture_kind(data) == "jpeg" else "png"


def read_keyframe(path: Path) -> Image.Image:
    """The picture in a file, RGB with 8 bits a channel, upright, at least 16 pixels a side.

    EXIF rotation is applied, transparency laid over black, 16 bits scaled to 8, CMYK and palettes
    converted. Of its metadata only our own chunk is kept, in `info`. Raises InputError for what is
    missing, empty, not a picture, damaged, animated, too small, or over 100 megapixels, which is
    found out before decoding.
    """
    with _reading(path, _FORMATS):
        _check_file(path)
        with path.open("rb") as file:
            return _still(path, file, _FORMATS, LEAST_SIDE)


def read_picture(data: bytes | None, name: str, *, least: int = LEAST_SIDE) -> Image.Image:
    """The picture that the bytes of a PNG or JPEG file are, as `read_keyframe` gives it.

    `name` is what it is called in the InputError that it raises; `least` are pixels a side.
    """
    with _reading(name, _STORED):
        return _still(name, BytesIO(_bytes(name, data)), _STORED, least)


def is_plain(data: bytes) -> bool:
    """Whether a picture, which `read_picture` has read, is stored as it is shown: RGB, upright."""
    with Image.open(BytesIO(data)) as stored:
        upright = stored.getexif().get(ExifTags.Base.Orientation, 1) == 1
        return stored.mode == "RGB" and upright


def read_layer(data: bytes, name: str) -> Image.Image:
    """What the bytes of a PNG or JPEG file lay over others: RGBA, at least one pixel a side.

    Raises InputError as `read_picture` does.
    """
    with _reading(name, _STORED), Image.open(BytesIO(data), formats=_STORED) as image:
        _check_header(name, image, 1)
        return ImageOps.exif_transpose(image).convert("RGBA")


def check_picture(data: bytes | None, name: str, *, least: int = LEAST_SIDE) -> tuple[int, int]:
    """Width and height of such a picture, looked at without being decoded: a tenth of the time.

    Raises InputError as `read_picture` does, unless it takes decoding to know.
    """
    with _reading(name, _STORED), Image.open(BytesIO(_bytes(name, data)), formats=_STORED) as image:
        _check_header(name, image, least)
        size = image.size
        if image.format == "PNG":
            image.verify()  # the checksums of its chunks
        elif _JPEG_END not in (data or b"")[-_TAIL:]:
            image.load()  # some phones put a film behind it; one that is cut short does not load
        return size


def write_png(image: Image.Image, path: Path, text: PngInfo) -> None:
    """Writes a PNG with its text chunks, whole or not at all.

    Raises OutputError when it cannot be written.
    """
    with whole_file(path) as partial:
        image.save(partial, format="PNG", pnginfo=text)


def check_writable(path: Path) -> None:
    """Raises OutputError unless a PNG can be written there; worth knowing before hours of work."""
    if path.suffix.lower() != ".png":
        raise OutputError(
            f"{path}: is no name for a PNG", expected="a name ending in .png", hint="rename it"
        )
    check_file(path)


def _bytes(name: str, data: bytes | None) -> bytes:
    if not data:
        raise _refused(name, "is missing")
    return data


def _still(name: Path | str, file: IO[bytes], formats: tuple[str, ...], least: int) -> Image.Image:
    with Image.open(file, formats=formats) as image:
        _check_header(name, image, least)
        upright = _rgb(ImageOps.exif_transpose(image))
        upright.info = {CHUNK: image.info[CHUNK]} if CHUNK in image.info else {}
        return upright


@contextmanager
def _reading(name: Path | str, formats: tuple[str, ...]) -> Iterator[None]:
    """What goes wrong on the way to a picture, as one line."""
    try:
        with warnings.catch_warnings():
            # Pillow warns of half of what is checked here, and of metadata that nobody reads.
            warnings.simplefilter("ignore")
            yield
    except UnidentifiedImageError as error:
        kinds = f"a {', '.join(formats[:-1])} or {formats[-1]} picture"
        raise _refused(name, "is not a picture that can be read", expected=kinds) from error
    except Image.DecompressionBombError as error:
        raise _too_large(name) from error
    except DAMAGE as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise _refused(name, f"cannot be read ({error.strerror})") from error
        raise _refused(
            name, f"is damaged or cut short ({one_line(error)})", hint="copy or export it again"
        ) from error


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise _refused(path, "is a folder")
    if not path.is_file():
        # What is neither, as a pipe, could be waited for without end.
        raise _refused(path, "is no file" if path.exists() else "does not exist")
    if path.stat().st_size == 0:
        raise _refused(path, "is empty")


def _check_header(name: Path | str, image: Image.Image, least: int) -> None:
    """What the header tells, before anything is decoded."""
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise _too_large(name)
    # Phones put a preview behind a JPEG, which makes it an MPO of "several frames".
    if getattr(image, "is_animated", False) and image.format != "MPO":
        raise _refused(name, "has several frames", expected="a single still")
    if min(width, height) < least:
        raise _refused(name, f"is {width}x{height} pixels", expected=f"at least {least} a side")
    if image.mode in ("I", "F"):
        raise _refused(name, "has 32-bit pixels", expected="8 or 16 bits a channel")


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        # Converting would clip at 255 instead of scaling.
        image = image.convert("I").point(lambda value: value * (1 / 257) + 0.5).convert("L")
    if image.has_transparency_data:
        above = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "black"), above)
    return image.convert("RGB")


def _refused(
    name: Path | str, got: str, *, expected: str = "a picture", hint: str = "name another file"
) -> InputError:
    return InputError(f"{name}: {got}", expected=expected, hint=hint)


def _too_large(name: Path | str) -> InputError:
    return _refused(
        name,
        "is too large",
        expected=f"at most {MOST_PIXELS // 1_000_000} megapixels",
        hint="scale it down",
    )
