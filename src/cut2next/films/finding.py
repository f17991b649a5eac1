"""Which files are films: those that are named, and of a folder those whose suffix says so.

Nothing is opened here. FFmpeg's own lists of suffixes are of no help: they hold .txt, .xml and .js.
"""

import re
from pathlib import Path

from cut2next.film import InputError

_SUFFIXES = """
.3g2 .3gp .asf .avi .divx .dv .f4v .flv .gif .m1v .m2t .m2ts .m2v .m4v .mjpeg .mk3d .mkv .mov .mp4
.mpeg .mpg .mts .mxf .nut .ogg .ogm .ogv .qt .rm .rmvb .ts .vob .webm .wmv .y4m
"""
"""What counts as a film when a folder is given."""
_URL = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)


def find_films(paths: list[Path]) -> tuple[list[Path], list[Path]]:
    """The film files among paths, folders searched through, and what else lay in those folders.

    Raises InputError for a path that does not exist.
    """
    films: list[Path] = []
    others: list[Path] = []
    for path in paths:
        if not path.exists():
            raise _missing(path)
        if not path.is_dir():
            films.append(path)
            continue
        for file in sorted(path.rglob("*")):
            hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
            if file.is_file() and not hidden:
                (films if file.suffix.lower() in _SUFFIXES.split() else others).append(file)
    return films, others


def _missing(path: Path) -> InputError:
    if _URL.match(str(path)):
        # What has been a path has one slash where a URL has two.
        return InputError(
            f"{path}: is a URL", expected="a film file or a folder", hint="download it first"
        )
    return InputError(f"{path}: does not exist", expected="a film", hint="look at the name")
