"""Folders that results go into."""

from pathlib import Path

from cut2next.film.errors import OutputError


def make_folder(path: Path) -> None:
    """Makes a folder, and those above it, unless it is there. Raises OutputError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{path}: {error.strerror}",
            expected="a folder that can be made and written to",
            hint="choose another place",
        ) from error
