"""The picture that a piece of media gives: a still as it is, of a film the frame at a time."""

from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from cut2next.film import InputError
from cut2next.film.installation import needed
from cut2next.studio.board import Origin, Picture
from cut2next.studio.exchange.naming import last_part
from cut2next.studio.exchange.sources import Sources
from cut2next.studio.pictures import PictureFolder

if TYPE_CHECKING:
    from PIL import Image

    from cut2next.films.video import Film

STILLS = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".ppm")
"""How the names of pictures end; whatever else a timeline names is taken for a film."""
_NEARLY = 0.1
"""Of a frame, that the time of one may be rounded."""


def is_still(name: str) -> bool:
    """Whether a file is called like a picture."""
    return last_part(name).lower().endswith(STILLS)


def is_there(picture: Picture, pictures: PictureFolder) -> bool:
    """Whether a picture that a file names lies among the board's."""
    with suppress(InputError):
        return pictures.path(picture).is_file()
    return False


class Media:
    """What a timeline names, as far as it is there; each film is looked into once."""

    def __init__(self, sources: Sources, pictures: PictureFolder) -> None:
        self._sources = sources
        self._pictures = pictures
        self._films: dict[Path, Film] = {}

    def picture(self, url: str, start: Fraction, origin: Origin) -> Picture | None:
        """What is seen `start` seconds in, taken in; None where no such file is at hand.

        Raises InputError for what is neither a picture nor a film that can be decoded.
        """
        name = last_part(url)[:180]
        if is_still(url):
            if (data := self._sources.bytes_of(url)) is None:
                return None
            return self._pictures.add_bytes(data, origin=origin, source=name)
        path = self._sources.file_of(url)
        if path is None:
            return None
        if path not in self._films:
            self._films[path] = opened(path)
        image = frame_at(self._films[path], start)
        told = f"{name}, {int(start // 60)}:{int(start % 60):02d}"
        return self._pictures.add_image(image, origin=origin, source=told)


def opened(path: Path) -> "Film":
    """A film, looked into. Raises InputError for what is none."""
    with needed("it, to read films", "studio"):
        from cut2next.films.video import open_film
    return open_film(path, path.stem)


def frame_at(film: "Film", start: Fraction) -> "Image.Image":
    """The frame that is shown at a time, in seconds; past its end, the last one.

    Raises InputError where none can be decoded.
    """
    from cut2next.films.picture import picture
    from cut2next.films.video import frames

    shown = None
    for frame in frames(film, min(float(start), film.duration)):
        if shown is not None and frame.pts * film.time_base > float(start) + _NEARLY / film.rate:
            break
        shown = frame
    if shown is None:
        raise InputError(
            f"{film.file}: has no frame that can be decoded",
            expected="a film",
            hint="play it, or copy it again",
        )
    return picture(shown, film.pixel_aspect)
