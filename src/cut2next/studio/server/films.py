"""Films that frames are picked from: those of a folder, by name, and those that were dropped."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from cut2next.film import InputError
from cut2next.film.paths import listed
from cut2next.studio.checks import LINE
from cut2next.studio.exchange.media import frame_at, opened

if TYPE_CHECKING:
    from PIL import Image

    from cut2next.films.video import Film

_SUFFIXES = {
    *(".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".mxf", ".ogv"),
}
"""Of files in a folder that are looked at."""
ID = 16
"""Letters of a film's id, and of the name of one that was dropped: `<id>-<its own name>`."""


@dataclass(frozen=True, kw_only=True)
class FilmFacts:
    """A film, as a page scrubs it."""

    id: str
    name: str
    seconds: float
    rate: float
    """Frames a second, on average."""
    width: int
    height: int


class Films:
    """Safe to use from several threads."""

    def __init__(self, dropped: Path, folder: Path | None = None) -> None:
        """`dropped` is where films that are taken in lie; it need not be there."""
        self.dropped, self._folder = dropped, folder

    def facts(self) -> list[FilmFacts]:
        """All that can be decoded. Raises InputError for a folder that cannot be read."""
        found = []
        for id in self._known():
            try:
                found.append(self.facts_of(id))
            except InputError:  # a file that is no film, in a folder of others
                continue
        return found

    def facts_of(self, id: str) -> FilmFacts:
        """One film's. Raises InputError for one that is not here, or cannot be decoded."""
        path = self.path(id)
        film = _looked_into(path, path.stat().st_mtime_ns)
        name = path.name[ID + 1 :] if path.parent == self.dropped else path.name
        width, height = film.size
        seconds, rate = film.duration, film.rate
        return FilmFacts(
            id=id, name=name[:LINE], seconds=seconds, rate=rate, width=width, height=height
        )

    def path(self, id: str) -> Path:
        """A film's file. Raises InputError for one that is not here."""
        known = self._known()
        if id not in known:
            raise InputError("no such film", expected="one of /api/films", hint="drop it again")
        return known[id]

    def has(self, id: str) -> bool:
        """Whether a film is here."""
        return id in self._known()

    def check(self, path: Path) -> None:
        """Raises InputError for a file that cannot be decoded."""
        try:
            opened(path)
        except InputError as error:
            got = error.got.replace(str(path), "the film")
            raise InputError(got, expected=error.expected, hint=error.hint) from error

    def frame(self, id: str, at: float) -> "Image.Image":
        """What a film shows at a time, in seconds; at the end, its last frame.

        Raises InputError for one that is not here, or cannot be decoded there.
        """
        path = self.path(id)
        return frame_at(_looked_into(path, path.stat().st_mtime_ns), Fraction(at))

    def _known(self) -> Mapping[str, Path]:
        """Every film's file, by its id."""
        there = listed(self._folder) if self._folder else []
        found = {
            sha256(path.name.encode(errors="replace")).hexdigest()[:ID]: path
            for path in there
            if path.suffix.lower() in _SUFFIXES and path.is_file()
        }
        dropped = listed(self.dropped) if self.dropped.is_dir() else []
        whole = [path for path in dropped if path.name[ID : ID + 1] == "-" and path.is_file()]
        return found | {path.name[:ID]: path for path in whole}


@lru_cache(maxsize=4096)  # of facts alone: a folder may have many, and all are asked for at once
def _looked_into(path: Path, _changed: int) -> "Film":
    """A film, looked into once for as long as its file stays as it is."""
    return opened(path)
