"""A board's pictures: files named by their content, each written once and never changed.

What is taken in is looked at and decoded first. A PNG or JPEG stays as it is, and with it what it
says of how it was made, but not where; whatever else becomes a PNG, upright, RGB.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields, is_dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from cut2next.film import InputError
from cut2next.film.keyframe import is_plain, picture_kind, read_keyframe, read_picture
from cut2next.film.paths import read_bytes
from cut2next.film.writing import make_folder, whole_file
from cut2next.studio.board import Board, Origin, Picture
from cut2next.studio.geotags import without_place

MOST_BYTES = 100_000_000
"""Of a picture's file."""


class PictureFolder:
    """The folder `pictures/` of a board. Safe to use from several threads and processes."""

    def __init__(self, folder: Path) -> None:
        """Makes the folder unless it is there. Raises OutputError when it cannot be written."""
        make_folder(folder)
        self.folder = folder

    def add_file(
        self, path: Path, *, origin: Origin = Origin.UNKNOWN, source: str | None = None
    ) -> Picture:
        """Takes in a file. Raises InputError for what is no picture, and OutputError."""
        name = path.name if source is None else source
        return self.add_bytes(read_bytes(path, most=MOST_BYTES), origin=origin, source=name)

    def add_bytes(
        self, data: bytes, *, origin: Origin = Origin.UNKNOWN, source: str = ""
    ) -> Picture:
        """Takes in what a file holds. Raises InputError for what is no picture, and OutputError."""
        kept, size = _kept(data, source or "the picture")
        digest = sha256(kept).hexdigest()
        picture = Picture(
            sha256=digest, width=size[0], height=size[1], origin=origin, source=source
        )
        if (path := self._place(digest)).exists():
            with suppress(OSError):
                path.touch()  # it came just now: nobody is to sweep it before it is named
        else:
            with whole_file(path) as partial:
                partial.write_bytes(kept)
        return picture

    def add_image(self, image: Image.Image, *, origin: Origin, source: str = "") -> Picture:
        """Takes in a picture of ours, as a PNG. Raises OutputError when it cannot be written."""
        return self.add_bytes(_png(image), origin=origin, source=source)

    def path(self, picture: Picture) -> Path:
        """Where its file lies. Raises InputError when it is gone."""
        path = self._place(picture.sha256)
        if not path.is_file():
            raise InputError(
                f"the picture {picture.sha256[:12]} is gone",
                expected=f"it in {self.folder}",
                hint="copy a board with all of its folder",
            )
        return path

    def check_new(self, named: object, board: Board) -> None:
        """Raises InputError where something names a picture that neither lies here nor is known.

        One that is on the board and whose file is gone may stay: its panel can be edited still.
        """
        gone = {each.sha256 for each in pictures_in(named) if not self._place(each.sha256).exists()}
        if gone and (unknown := gone - {each.sha256 for each in pictures_in(board)}):
            raise InputError(
                f"the picture {min(unknown)[:12]}, which is not here",
                expected="one among the board's",
                hint="add it first: POST /api/pictures",
            )

    def read(self, picture: Picture) -> bytes:
        """Its file's content. Raises InputError when it is gone."""
        return read_bytes(self.path(picture), most=MOST_BYTES)

    def image(self, picture: Picture) -> Image.Image:
        """The picture, RGB. Raises InputError when it is gone or damaged."""
        return read_keyframe(self.path(picture))

    def _place(self, digest: str) -> Path:
        return self.folder / digest  # whether PNG or JPEG, its first bytes tell


def pictures_in(value: object) -> Iterator[Picture]:
    """All pictures that a board, a part of one or an operation names."""
    if isinstance(value, Picture):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from pictures_in(each)
    elif is_dataclass(value):
        for field in fields(value):
            yield from pictures_in(getattr(value, field.name))


def _kept(data: bytes, name: str) -> tuple[bytes, tuple[int, int]]:
    """What of a stranger's picture is kept, and its width and height, upright."""
    if len(data) > MOST_BYTES:
        raise InputError(
            f"{name}: is too large", expected=f"at most {MOST_BYTES:,} bytes", hint="scale it down"
        )
    if picture_kind(data):
        image = read_picture(data, name)
        if is_plain(data) and (kept := without_place(data)) is not None:
            return kept, image.size
    else:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "picture"
            path.write_bytes(data)
            try:
                image = read_keyframe(path)
            except InputError as error:
                got = error.got.replace(str(path), name)
                raise InputError(got, expected=error.expected, hint=error.hint) from error
    return _png(image), image.size


def _png(image: Image.Image) -> bytes:
    file = BytesIO()
    image.convert("RGB").save(file, format="PNG")
    return file.getvalue()
