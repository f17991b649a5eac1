"""Pictures on their way to a server and back, as the bytes of files. No torch here."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from cut2next.film import Cut2NextError
from cut2next.film.keyframe import read_keyframe
from cut2next.makers.maker import MakerError


def png_of(picture: Image.Image) -> bytes:
    """The file of a picture."""
    file = BytesIO()
    picture.save(file, format="PNG")
    return file.getvalue()


def picture_of(data: bytes, unfit: Callable[[str], MakerError]) -> Image.Image:
    """The picture of a file, of any kind that is read here; RGB.

    Raises what `unfit` makes of a sentence, for what is none or too large.
    """
    with TemporaryDirectory(prefix="cut2next-") as folder:
        path = Path(folder) / "picture"
        path.write_bytes(data)
        try:
            return read_keyframe(path)
        except Cut2NextError as error:
            raise unfit(f"a picture that {error.got.removeprefix(f'{path}: ')}") from error
