"""What is done to a stretch: its shots are written once, and what goes wrong is one line."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.films.footage import Coding, shots, write_film

from cut2next.film import OutputError
from cut2next.films.engines import work as module
from cut2next.films.engines.work import Work
from cut2next.films.shards import Stretch, read_shard, stretches
from cut2next.films.steps.boundaries import Boundaries
from cut2next.films.video import open_film

WORK = Work(scorers=())


@pytest.fixture
def stretch(tmp_path: Path) -> Stretch:
    path = write_film(tmp_path / "film.mp4", shots(range(2), length=36), Coding())
    (whole,) = stretches(open_film(path, "film"), 100.0, tmp_path / "shards", WORK.identity)
    return whole


def test_the_shots_of_a_stretch_are_written_and_not_again(stretch: Stretch) -> None:
    assert WORK.do(stretch).failure is None
    assert [shot.record.name for shot in read_shard(stretch.shard)] == [
        "00h00m00.000s",
        "00h00m01.500s",
    ]
    before = stretch.shard.stat().st_mtime_ns
    assert WORK.do(stretch).failure is None
    assert stretch.shard.stat().st_mtime_ns == before


def test_a_film_that_breaks_is_an_outcome(
    stretch: Stretch, monkeypatch: pytest.MonkeyPatch
) -> None:
    stretch.film.path.write_bytes(stretch.film.path.read_bytes()[:100])
    failure = WORK.do(stretch).failure
    assert failure is not None
    assert str(stretch.film.path) in failure
    assert "\n" not in failure

    def strange(*args: object, **options: object) -> None:
        raise KeyError("nobody knows")

    monkeypatch.setattr(module, "film_shots", strange)
    assert "cannot be worked on (KeyError: 'nobody knows')" in (WORK.do(stretch).failure or "")
    assert not stretch.shard.exists()


def test_a_shard_that_cannot_be_written_stops_the_work(stretch: Stretch) -> None:
    stretch.shard.parent.parent.write_text("no folder")
    with pytest.raises(OutputError, match="what is done so far is kept"):
        WORK.do(stretch)


def test_what_shots_depend_on_is_in_the_identity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = tmp_path / "transnet.safetensors"
    weights.write_bytes(b"one")
    others = [
        replace(WORK, boundaries=Boundaries(content=30.0)),
        Work(),
        replace(WORK, transnet=weights),
    ]
    identities = [WORK.identity, *(other.identity for other in others)]
    weights.write_bytes(b"three")
    identities.append(others[-1].identity)
    monkeypatch.setattr(module, "__version__", "another")
    identities.append(WORK.identity)
    for number, identity in enumerate(identities):
        assert identity not in identities[:number]
    monkeypatch.undo()
    assert WORK.identity == identities[0]
