"""Films are split by name alone, and nothing of a test film is ever seen in training."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cuts.sample import found
from tests.cuts.test_validation import told, write

from cut2next.cli.main import main
from cut2next.cuts.dataset import read_records
from cut2next.cuts.splitting import Shares, split_by_film, split_of_film
from cut2next.film import InputError

FILMS = [f"film {number}" for number in range(400)]
SHARES = Shares(test=0.1, validation=0.2)


def test_shares_are_kept_about() -> None:
    counts = Counter(split_of_film(film, SHARES) for film in FILMS)
    assert 25 < counts["test"] < 55
    assert 60 < counts["validation"] < 100


@given(st.text(), st.floats(0, 0.5), st.floats(0, 0.4), st.integers(0, 2**63 - 1))
def test_a_larger_share_only_adds_films(film: str, test: float, more: float, seed: int) -> None:
    try:
        film.encode()
    except UnicodeEncodeError:
        return
    small = split_of_film(film, Shares(test=test, validation=0.1, seed=seed))
    large = split_of_film(film, Shares(test=test + more / 2, validation=0.1 + more / 2, seed=seed))
    assert large == small or small == "train"


def test_the_seed_chooses_the_films() -> None:
    other = replace(SHARES, seed=1)
    assert any(split_of_film(film, SHARES) != split_of_film(film, other) for film in FILMS)


def test_what_made_a_split_is_told_once() -> None:
    once = next(split_by_film([found(0)], SHARES))
    twice = next(split_by_film([once], replace(SHARES, seed=3)))
    assert [by.tool for by in twice.made_by] == ["a test", "cut2next data split"]
    assert twice.made_by[1].parameters == {"test": 0.1, "validation": 0.2, "seed": 3}


@pytest.mark.parametrize(("test", "validation"), [(-0.1, 0), (1.0, 0), (0.5, 0.5), (0, 2)])
def test_shares_leave_something_to_train_on(test: float, validation: float) -> None:
    with pytest.raises(InputError, match="leave something for training"):
        Shares(test=test, validation=validation)


def test_a_folder_is_split_and_filtering_it_again_leaks_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cuts = [found(number, film=film) for film in FILMS[:30] for number in range(2)]
    folder = write(tmp_path / "cuts", *cuts)
    strict, loose = ["--min-sharpness", "1000"], ["--min-sharpness", "1", "--no-within-scene"]
    every = ["--max-motion=none", "--min-difference=none", "--min-novelty=none", "--max-gap=none"]
    assert main(["data", "filter", str(folder), *loose, *every]) == 0
    assert main(["data", "split", str(folder), "--test", "0.2", "--validation", ".1"]) == 0
    out = capsys.readouterr().out
    before = {record.id: record.placed for record in read_records(folder)}
    assert f"test: {len({record.film for record in read_records(folder, split='test')})} films" in (
        out
    )
    assert {*before.values()} >= {"train", "test", "validation"}
    assert main(["data", "filter", str(folder), *strict, *every]) == 0
    assert {record.placed for record in read_records(folder)} == {"rejected"}
    assert main(["data", "filter", str(folder), *loose, *every]) == 0
    assert {record.id: record.placed for record in read_records(folder)} == before
    assert not told(folder)


def test_rejected_cuts_stay_rejected_and_take_their_films_split(tmp_path: Path) -> None:
    rejected = [found(0, film=film, rejected=("motion: 9",)) for film in FILMS[:20]]
    folder = write(tmp_path / "cuts", *rejected)
    assert main(["data", "split", str(folder), "--test", "0.3"]) == 0
    back = list(read_records(folder))
    assert {one.placed for one in back} == {"rejected"}
    assert {one.split for one in back} == {"train", "test"}
