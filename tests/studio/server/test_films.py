"""Films of a folder: each is looked into once, however many there are."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from cut2next.films import video
from cut2next.studio.server.films import Films


def test_each_of_many_is_looked_into_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Path] = []

    def look(path: Path, _: str) -> SimpleNamespace:
        looked.append(path)
        return SimpleNamespace(size=(64, 48), duration=1.0, rate=24.0)

    monkeypatch.setattr(video, "open_film", look)
    for number in range(100):
        (tmp_path / f"{number}.mp4").touch()
    films = Films(tmp_path / "dropped", tmp_path)
    first = films.facts()
    assert len(first) == 100
    assert films.facts() == first
    assert len(looked) == 100


def test_a_pipe_is_no_film_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.mp4")
    (tmp_path / "b.mp4").symlink_to("/dev/zero")
    assert Films(tmp_path / "dropped", tmp_path).facts() == []
