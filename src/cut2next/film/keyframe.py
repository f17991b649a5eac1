"""A keyframe on disk: anyone's pictures read safely, ours written whole or not at all."""

import logging
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError
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
_KINDS = "a PNG, JPEG, WebP, TIFF, BMP, GIF or PPM picture"
DAMAGE = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, LookupError)
"""All that Pillow's decoders were seen to raise on damaged files, bombs aside."""


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
    with _reading(path), path.open("rb") as file, Image.open(file, formats=_FORMATS) as image:
        _check_header(path, image)
        upright = _rgb(ImageOps.exif_transpose(image))
        upright.info = {CHUNK: image.info[CHUNK]} if CHUNK in image.info else {}
        return upright


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


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """What goes wrong on the way to a picture, as one line."""
    try:
        _check_file(path)
        with warnings.catch_warnings():
            # Pillow warns of half of what is checked here, and of metadata that nobody reads.
            warnings.simplefilter("ignore")
            yield
    except UnidentifiedImageError as error:
        raise _refused(path, "is not a picture that can be read", expected=_KINDS) from error
    except Image.DecompressionBombError as error:
        raise _too_large(path) from error
    except DAMAGE as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise _refused(path, f"cannot be read ({error.strerror})") from error
        raise _refused(
            path, f"is damaged or cut short ({one_line(error)})", hint="copy or export it again"
        ) from error


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise _refused(path, "is a folder")
    if not path.is_file():
        # What is neither, as a pipe, could be waited for without end.
        raise _refused(path, "is no file" if path.exists() else "does not exist")
    if path.stat().st_size == 0:
        raise _refused(path, "is empty")


def _check_header(path: Path, image: Image.Image) -> None:
    """What the header tells, before anything is decoded."""
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise _too_large(path)
    # Phones put a preview behind a JPEG, which makes it an MPO of "several frames".
    if getattr(image, "is_animated", False) and image.format != "MPO":
        raise _refused(path, "has several frames", expected="a single still")
    if min(width, height) < LEAST_SIDE:
        raise _refused(
            path, f"is {width}x{height} pixels", expected=f"at least {LEAST_SIDE} a side"
        )
    if image.mode in ("I", "F"):
        raise _refused(path, "has 32-bit pixels", expected="8 or 16 bits a channel")


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        # Converting would clip at 255 instead of scaling.
        image = image.convert("I").point(lambda value: value * (1 / 257) + 0.5).convert("L")
    if image.has_transparency_data:
        above = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "black"), above)
    return image.convert("RGB")


def _refused(
    path: Path, got: str, *, expected: str = "a picture", hint: str = "name another file"
) -> InputError:
    return InputError(f"{path}: {got}", expected=expected, hint=hint)


def _too_large(path: Path) -> InputError:
    return _refused(
        path,
        "is too large",
        expected=f"at most {MOST_PIXELS // 1_000_000} megapixels",
        hint="scale it down",
    )
