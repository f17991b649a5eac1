"""A shard holds the shots of a stretch, whole; its place says all that it depends on."""

import os
from dataclasses import replace
from math import inf
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from tests.cuts.sample import found
from tests.films.footage import Coding, shots, write_film

from cut2next.film import InputError
from cut2next.films.shards import is_whole, read_shard, stretches, write_shard
from cut2next.films.steps.keyframes import KeyframedShot
from cut2next.films.video import Film, open_film


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    return open_film(write_film(path, shots(range(2), length=36), Coding()), "film")


def keyframed(number: int) -> KeyframedShot:
    look = np.random.default_rng(number).random(192, np.float32)
    print_ = (2**64 - 1 - number, number)[number % 2]
    return KeyframedShot(record=found(number).current, look=look, fingerprint=print_)


def test_stretches_cover_a_film_from_end_to_end(film: Film) -> None:
    parts = stretches(replace(film, duration=10.0), 3.0, Path("shards"), {})
    assert [(part.start, part.end) for part in parts] == [(0.0, 3.0), (3.0, 6.0), (6.0, inf)]
    assert len({part.shard for part in parts}) == 3
    (whole,) = stretches(replace(film, duration=10.0, seekable=False), 3.0, Path("shards"), {})
    assert (whole.start, whole.end) == (0.0, inf)


def test_a_shard_lies_where_its_film_and_settings_say(film: Film) -> None:
    def place(of: Film, seconds: float, **identity: object) -> Path:
        return stretches(of, seconds, Path("shards"), identity)[0].shard

    places = {
        place(film, 3.0, version=1),
        place(film, 3.0, version=2),
        place(film, 4.0, version=1),
        place(replace(film, digest="another"), 3.0, version=1),
    }
    assert len(places) == 4
    assert place(replace(film, name="renamed"), 3.0, version=1) in places


@pytest.mark.parametrize("count", [0, 1, 20])
def test_shots_come_back_as_they_were(count: int, tmp_path: Path) -> None:
    path = tmp_path / "new" / "shard.parquet"
    write_shard(path, map(keyframed, range(count)))
    assert is_whole(path)
    again = list(read_shard(path))
    assert len(again) == count
    for number, shot in enumerate(again):
        expected = keyframed(number)
        assert (shot.record, shot.fingerprint) == (expected.record, expected.fingerprint)
        assert (shot.look == expected.look).all()
    bare = list(read_shard(path, images=False))
    assert [replace(shot.record, image=b"") for shot in again] == [shot.record for shot in bare]


def test_a_shard_that_is_missing_or_torn_is_not_whole(tmp_path: Path) -> None:
    path = tmp_path / "shard.parquet"
    assert not is_whole(path)
    write_shard(path, [keyframed(0)])
    path.write_bytes(path.read_bytes()[:-10])
    assert not is_whole(path)


def test_a_shard_whose_shots_fail_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "shard.parquet"
    with pytest.raises(ZeroDivisionError):
        write_shard(path, (keyframed(1 // number) for number in (1, 0)))
    assert not path.exists()


def test_another_table_in_the_place_of_a_shard_is_not_whole(tmp_path: Path) -> None:
    path = tmp_path / "shard.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"name": ["a"]}), path)
    assert not is_whole(path)
    path.unlink()
    os.mkfifo(path)
    assert not is_whole(path)


@pytest.mark.parametrize("column", ["name", "prompt", "shot", "look", "fingerprint"])
def test_a_shard_that_somebody_else_has_written_is_refused(column: str, tmp_path: Path) -> None:
    path = tmp_path / "shard.parquet"
    write_shard(path, [keyframed(0)])
    table = pyarrow.parquet.read_table(path)
    nothing = pyarrow.nulls(1, table.schema.field(column).type)
    at = table.column_names.index(column)
    odd = table.set_column(at, table.schema.field(column), nothing)
    pyarrow.parquet.write_table(odd, path)
    with pytest.raises(InputError, match="is no shard of a film"):
        list(read_shard(path))
