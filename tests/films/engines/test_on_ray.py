"""Ray: what stands in its way is one line, and a stretch is not begun for ever."""

import sys
from dataclasses import replace
from math import inf
from pathlib import Path

import pytest
from tests.films.footage import Coding, shots, write_film

from cut2next.film import InputError, OutputError
from cut2next.films.engines import on_ray
from cut2next.films.engines.on_ray import run_on_ray
from cut2next.films.engines.work import StretchOutcome, Work
from cut2next.films.shards import Stretch
from cut2next.films.video import open_film


@pytest.fixture
def stretch(tmp_path: Path) -> Stretch:
    film = open_film(write_film(tmp_path / "film.mp4", shots([1]), Coding()), "film")
    return Stretch(film=film, number=0, start=0.0, end=inf, shard=tmp_path / "shards" / "0.parquet")


class Failing(Work):
    """Work that fails in a line, or cannot go on at all."""

    def do(self, stretch: Stretch) -> StretchOutcome:
        if stretch.number:
            raise OutputError("no room", expected="room", hint="make some")
        return StretchOutcome(stretch, "a torn film")


def test_without_ray_one_is_told_how_to_get_it(
    stretch: Stretch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"pip install 'cut2next\[ray\]'"):
        next(run_on_ray(Work(), [stretch]))


def test_a_failure_comes_back_and_what_stops_all_work_does_too(stretch: Stretch) -> None:
    stretches = [stretch, replace(stretch, number=1)]
    rows = [on_ray._done(Failing(), stretches, {"item": item}) for item in (0, 1)]
    assert rows == [
        {"at": 0, "failure": "a torn film", "refusal": ""},
        {"at": 1, "failure": "", "refusal": "no room"},
    ]


def test_a_stretch_that_ended_two_processes_is_given_up(stretch: Stretch) -> None:
    tries = stretch.shard.with_suffix(".tries")
    tries.parent.mkdir()
    tries.write_bytes(b"..")  # two that began and did not come to an end
    row = on_ray._done(Failing(), [stretch], {"item": 0})
    assert "ended the process that was reading it" in row["failure"]
    tries.write_bytes(b".")
    assert on_ray._done(Failing(), [stretch], {"item": 0})["failure"] == "a torn film"
    assert not tries.exists()
