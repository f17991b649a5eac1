"""Which files are taken for films."""

from pathlib import Path

import pytest

from cut2next.film import InputError
from cut2next.films.finding import find_films


def test_films_are_found_in_folders_and_what_else_is_there_is_told(tmp_path: Path) -> None:
    names = ["b.mp4", "sub/a.WEBM", "sub/notes.txt", ".hidden.mp4", ".folder/c.mp4", "named.txt"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    films, others = find_films([tmp_path, tmp_path / "named.txt"])
    assert [film.name for film in films] == ["b.mp4", "a.WEBM", "named.txt"]
    assert [other.name for other in others] == ["named.txt", "notes.txt"]
    with pytest.raises(InputError, match="does not exist"):
        find_films([tmp_path / "nowhere"])


@pytest.mark.parametrize("name", ["a.ogg", "a.gif", "a.3gp", "a.ogm", "a.F4V", "a.m2v", "a.asf"])
def test_rare_containers_are_found_in_folders(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    assert find_films([tmp_path]) == ([tmp_path / name], [])


@pytest.mark.parametrize("url", ["https://example.org/a.mp4", "rtsp://camera/1", "s3://bucket/a"])
def test_a_url_is_called_one(url: str) -> None:
    with pytest.raises(InputError, match=r"is a URL; expected a film file .*; .*download it first"):
        find_films([Path(url)])
