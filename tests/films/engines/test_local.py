"""Processes of this machine take stretches, and one that ends its process fails alone."""

import os
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path

import pytest
from tests.films.footage import Coding, shots, write_film

from cut2next.films.engines.local import run_locally
from cut2next.films.engines.work import StretchOutcome, Work
from cut2next.films.shards import Stretch
from cut2next.films.video import open_film


@dataclass(frozen=True, kw_only=True)
class Telling(Work):
    """Work that tells which process does it, and ends that process at stretch number 1."""

    deadly: bool = False

    def do(self, stretch: Stretch) -> StretchOutcome:
        if self.deadly and stretch.number == 1:
            os._exit(9)
        threads = os.environ.get("OMP_NUM_THREADS")
        return StretchOutcome(stretch, f"{os.getpid()} {threads}")


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> list[Stretch]:
    folder = tmp_path_factory.mktemp("film")
    film = open_film(write_film(folder / "film.mp4", shots([1]), Coding()), "film")
    stretch = Stretch(film=film, number=0, start=0.0, end=inf, shard=Path("shard"))
    return [replace(stretch, number=number) for number in range(3)]


def test_one_worker_is_this_process(parts: list[Stretch]) -> None:
    outcomes = list(run_locally(Telling(), parts, workers=1))
    assert [outcome.stretch for outcome in outcomes] == parts
    assert {(outcome.failure or "").split()[0] for outcome in outcomes} == {str(os.getpid())}
    assert not list(run_locally(Telling(), []))


def test_workers_are_processes_of_one_thread(parts: list[Stretch]) -> None:
    outcomes = list(run_locally(Telling(), parts, workers=2))
    assert sorted(outcome.stretch.number for outcome in outcomes) == [0, 1, 2]
    for outcome in outcomes:
        process, threads = (outcome.failure or "").split()
        assert process != str(os.getpid())
        assert threads == "1"


@pytest.mark.slow
def test_a_stretch_that_ends_its_process_fails_alone(parts: list[Stretch]) -> None:
    outcomes = {
        outcome.stretch.number: outcome.failure
        for outcome in run_locally(Telling(deadly=True), parts, workers=2)
    }
    assert sorted(outcomes) == [0, 1, 2]
    assert "ended the process that was reading it" in (outcomes[1] or "")
    assert "ended" not in f"{outcomes[0]} {outcomes[2]}"
