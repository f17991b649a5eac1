"""One pass over a film: the shots that are there, the same in whatever spans it is taken."""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import count, islice, pairwise
from math import inf
from pathlib import Path
from random import Random
from threading import active_count
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.films.edits import Edit, edited
from tests.films.footage import Coding, shots, write_film

from cut2next.films.picture import small
from cut2next.films.steps.blends import Frames, blended
from cut2next.films.steps.boundaries import Boundaries, thumb
from cut2next.films.steps.shots import MOST_CANDIDATES, FilmedShot, ahead, film_shots
from cut2next.films.video import Film, frames, open_film

USUAL = Boundaries()
NEAR = 2
"""Frames that a cut may be off."""
DOUBT = 6
"""Frames around an uncertain event that count for nothing."""


def told(shot: FilmedShot) -> tuple[Any, ...]:
    """All that can be compared of a shot."""
    held = tuple((one.timestamp, one.change) for one in shot.candidates)
    return shot.start, shot.end, shot.motion, shot.marks, held


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    """Twelve shots of two seconds, B-frames and a keyframe now and then."""
    path = tmp_path_factory.mktemp("films") / "twelve.mp4"
    coding = Coding(options={"g": "50", "preset": "ultrafast", "bf": "2"})
    return open_film(write_film(path, shots(range(12), length=48), coding), "twelve")


def test_every_shot_is_found(film: Film) -> None:
    found = list(film_shots(film, USUAL))
    bounds = [(float(one.start * film.time_base), float(one.end * film.time_base)) for one in found]
    assert bounds == [(2.0 * number, 2.0 * number + 2) for number in range(12)]
    for shot in found:
        assert not shot.marks
        assert 0 < len(shot.candidates) <= MOST_CANDIDATES
        for one in shot.candidates:
            assert shot.start <= one.timestamp < shot.end
            assert one.frame.pts == one.timestamp


@pytest.fixture(scope="module")
def whole(film: Film) -> list[tuple[Any, ...]]:
    return [told(one) for one in film_shots(film, USUAL)]


@settings(max_examples=6)
@given(st.lists(st.floats(0.1, 25.0), max_size=4))
def test_spans_that_adjoin_give_the_shots_of_the_whole(
    film: Film, whole: list[tuple[Any, ...]], limits: list[float]
) -> None:
    edges = [0.0, *sorted(limits), inf]
    parts = [one for span in pairwise(edges) for one in film_shots(film, USUAL, span=span)]
    assert [told(one) for one in parts] == whole


def test_of_a_long_shot_few_frames_are_held(tmp_path: Path) -> None:
    path = write_film(tmp_path / "long.mp4", shots([1], length=24 * 40), Coding())
    (shot,) = film_shots(open_film(path, "long"), USUAL)
    assert MOST_CANDIDATES / 2 <= len(shot.candidates) <= MOST_CANDIDATES
    gaps = np.diff([one.timestamp for one in shot.candidates])
    assert gaps.max() <= 1.1 * gaps.min()  # uniformly, as the paper samples


def without_colours(frame: Any) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A frame as of a black-and-white film."""
    grey, _ = small(frame)
    return grey, np.repeat(grey[..., None], 3, axis=2)


@pytest.mark.footage
@pytest.mark.parametrize("seen", [small, without_colours])
@pytest.mark.parametrize(
    ("name", "missed", "wrong"), [("tears-of-steel.webm", 2, 1), ("big-buck-bunny.mp4", 0, 0)]
)
def test_cuts_of_real_films_are_found(
    footage: Path,
    name: str,
    missed: int,
    wrong: int,
    seen: Callable[[Any], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At least 21 of 23 hard cuts, precision at least 0.95 (one wrong of 22)."""
    monkeypatch.setattr("cut2next.films.steps.shots.small", seen)
    truth = json.loads((footage / "cuts.json").read_text())[name]
    film = open_film(footage / name, "film")
    numbers = {frame.pts: number for number, frame in enumerate(frames(film))}
    found = list(film_shots(film, USUAL))
    hard = [
        numbers[following.start]
        for current, following in pairwise(found)
        if current.end == following.start
    ]
    in_doubt = {
        number for event in truth["uncertain"] for number in range(event - DOUBT, event + DOUBT + 1)
    }
    true = [cut for cut in truth["cuts"] if cut not in in_doubt]
    hits = [cut for cut in true if any(abs(cut - one) <= NEAR for one in hard)]
    false = [
        one
        for one in hard
        if one not in in_doubt and all(abs(cut - one) > NEAR for cut in truth["cuts"])
    ]
    assert len(true) - len(hits) <= missed
    assert len(false) <= wrong


def cut_out(footage: Path) -> list[NDArray[np.uint8]]:
    """The shots of the test films, small, without what is doubtful in them."""
    cuts = json.loads((footage / "cuts.json").read_text())
    found = []
    for name in ("tears-of-steel.webm", "big-buck-bunny.mp4"):
        film = open_film(footage / name, "film")
        small = [
            frame.reformat(width=256, height=144, format="rgb24").to_ndarray()
            for frame in frames(film)
        ]
        # What fades in or out for long is no plain shot either.
        doubts = cuts[name]["uncertain"] + ([20, 610, 700] if name.startswith("big") else [1670])
        edges = sorted(
            [0, *cuts[name]["cuts"], *(one + by for one in doubts for by in (-25, 25)), len(small)]
        )
        pieces = [
            np.stack(small[begin + 4 : end - 4])
            for begin, end in pairwise(edges)
            if end - begin > 50 and not any(begin + 4 <= one < end - 4 for one in doubts)
        ]
        found += pieces
    return found


def hard_cuts(film: Film) -> list[tuple[FilmedShot, FilmedShot]]:
    found = list(film_shots(film, USUAL))
    return [(one, other) for one, other in pairwise(found) if one.end == other.start]


@pytest.mark.footage
@pytest.mark.slow
def test_edits_with_known_truth(footage: Path, tmp_path: Path) -> None:
    """Hard cuts: F1 at least 0.97. No cut that is kept straddles a dissolve or a fade."""
    pieces = cut_out(footage)
    right = wrong = missed = 0
    for seed in range(1000, 1016):
        edit: Edit = edited(pieces, Random(seed), 11)
        path = write_film(
            tmp_path / "edit.mp4", edit.frames, Coding(options={"preset": "ultrafast"})
        )
        film = open_film(path, "edit")
        tick = 1 / (24 * film.time_base)
        pairs = hard_cuts(film)
        cuts = [round(other.start / tick) for _, other in pairs]
        # Of a shot that is hardly longer than the dissolve it comes out of, nothing is kept.
        whole = [
            cut
            for cut in edit.cuts
            if all(not cut - USUAL.shortest < after <= cut for _, after in edit.transitions)
        ]
        hits = [cut for cut in whole if any(abs(cut - one) <= NEAR for one in cuts)]
        right += len(hits)
        missed += len(whole) - len(hits)
        wrong += sum(all(abs(cut - one) > NEAR for cut in edit.cuts) for one in cuts)
        for current, following in pairs:
            begin, end = round(current.start / tick), round(following.end / tick)
            for first, after in edit.transitions:
                inside = begin <= (first + after) / 2 < end
                assert not inside, (seed, begin, end, first, after)
    assert 2 * right / (2 * right + wrong + missed) >= 0.97


@cache
def grey_pieces(footage: Path) -> list[NDArray[np.uint8]]:
    """The shots that are cut out, [T, 72, 128] each."""
    return [piece[:, ::2, ::2, 1] for piece in cut_out(footage)]


def thumbs(pictures: Iterable[NDArray[np.uint8]]) -> Frames:
    return np.stack([thumb(cv2.resize(one, (128, 72)).astype(np.uint8)) for one in pictures])


@pytest.mark.footage
@pytest.mark.parametrize(("name", "true"), [("tears-of-steel.webm", 0), ("big-buck-bunny.mp4", 2)])
def test_what_moves_in_real_films_is_no_blend(footage: Path, name: str, true: int) -> None:
    """Blends are the fade that the animation begins with, and at most its title coming up."""
    film = thumbs(small(frame)[0] for frame in frames(open_film(footage / name, "film")))
    cut = np.zeros(len(film), bool)
    truth = json.loads((footage / "cuts.json").read_text())[name]
    cut[[*truth["cuts"], truth["uncertain"][-1]]] = True  # of one there are two frames left
    blend = blended(film, cut, USUAL.blends)
    assert np.count_nonzero(np.diff(blend.astype(int)) == -1) <= true
    assert blend[:48].all() == (true > 0)


@pytest.mark.footage
@pytest.mark.parametrize("length", [8, 12, 24, 40, 60, 96])
def test_dissolves_between_real_shots_are_found(footage: Path, length: int) -> None:
    """At least 17 of 20 of each length; shots that are too short go back and forth."""
    pieces = grey_pieces(footage)
    share = np.linspace(0, 1, length + 2)[1:-1, None, None]
    found = 0
    for seed in range(2000, 2020):
        one, other = Random(seed).sample(pieces, 2)
        while min(len(one), len(other)) < length + 40:
            one, other = (np.concatenate((side, side[-2:0:-1])) for side in (one, other))
        mixed = one[40 : 40 + length] * (1 - share) + other[:length] * share
        parts = (one[:40], mixed.round().astype(np.uint8), other[length : length + 40])
        film = thumbs(np.concatenate(parts))
        blend = blended(film, np.zeros(len(film), bool), USUAL.blends)
        found += blend[40 : 40 + length].mean() > 0.5
    assert found >= 17


@pytest.mark.parametrize("number", [0, 1, 16, 100])
def test_things_read_ahead_are_the_same_things(number: int) -> None:
    assert list(ahead(range(number))) == list(range(number))


def test_what_goes_wrong_ahead_is_raised_in_its_place() -> None:
    def sixteen() -> Iterator[int]:
        yield from range(16)
        raise KeyError("next")

    taken = ahead(sixteen())
    assert list(islice(taken, 16)) == list(range(16))
    with pytest.raises(KeyError, match="next"):
        next(taken)


def test_no_more_is_taken_ahead_than_asked_for_and_a_few() -> None:
    numbers, before = count(), active_count()
    taken = ahead(numbers)
    assert list(islice(taken, 10)) == list(range(10))
    taken.close()
    assert next(numbers) <= 16 * 4
    assert active_count() == before
