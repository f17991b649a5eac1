"""How a film's two files count follows from their numbers, or the film is refused."""

from pathlib import Path

import pytest

from cut2next.film import InputError
from cut2next.films.movienet_shots import EXCLUSIVE, INCLUSIVE, FilmShots, read_labels, read_shots

TOUCHING = "0 10 2 5 8\n10 20 12 15 18\n20 30 22 25 28\n"
APART = "0 9 2 5 8\n10 19 12 15 18\n20 29 22 25 28\n"


def shots(folder: Path, text: str) -> FilmShots:
    (folder / "shots.txt").write_text(text)
    return read_shots(folder / "shots.txt")


def labels(folder: Path, text: str) -> FilmShots:
    (folder / "labels.txt").write_text(text)
    return read_labels(folder / "labels.txt", shots(folder, TOUCHING))


@pytest.mark.parametrize(("text", "end"), [(TOUCHING, EXCLUSIVE), (APART, INCLUSIVE)])
def test_ends_are_told_from_the_shot_that_follows(text: str, end: str, tmp_path: Path) -> None:
    film = shots(tmp_path, text)
    assert film.end == end
    assert [(shot.start, shot.keyframe, shot.end) for shot in film.shots] == [
        (0, 5, 10),
        (10, 15, 20),
        (20, 25, 30),
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("0 10 2 5 8\n", "has 1 shots"),
        ("0 10 2 5 8\n11 20 12 15 18\n21 30 22 25 28\n20 30 22 25 28\n", "line 4: starts at 20"),
        ("0 10 2 5 8\n12 20 12 15 18\n", "line 2: starts at 12 after an end at 10"),
        ("0 10 2 5 10\n10 20 12 15 18\n", r"line 1: keyframes \[2, 5, 10\]"),
        ("0 10 2 5\n10 20 12 15 18\n", "line 1: '0 10 2 5'"),
        ("0 10 2 five 8\n10 20 12 15 18\n", "expected 5 whole numbers"),
    ],
)
def test_shots_that_count_in_no_one_way_are_refused(text: str, fault: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=fault):
        shots(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "counting", "scenes"),
    [
        ("0 0\n1 1\n2 0\n", "from 0", [0, 0, 1]),
        ("0 1\n1 0\n", "from 0", [0, 1, 1]),
        ("1 1\n2 -1\n3 0\n", "from 1", [0, 1, 2]),
    ],
)
def test_a_label_of_1_ends_a_scene(
    text: str, counting: str, scenes: list[int], tmp_path: Path
) -> None:
    film = labels(tmp_path, text)
    assert film.labels == counting
    assert [shot.scene for shot in film.shots] == scenes


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is empty"),
        ("0 0\n2 0\n", "line 2: says 2 0; expected shot 1 and 0 or 1"),
        ("0 0\n1 2\n", "line 2: says 1 2"),
        ("1 0\n2 0\n", "labels shots 1 to 2 of 3, which may be counted from 0 or from 1"),
        ("2 0\n3 0\n4 0\n", "labels shots 2 to 4 of 3"),
    ],
)
def test_labels_that_do_not_say_which_shot_they_are_of_are_refused(
    text: str, fault: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=fault):
        labels(tmp_path, text)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shots.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="cannot be read \\(not ASCII\\)"):
        read_shots(tmp_path / "shots.txt")
    with pytest.raises(InputError, match="does not exist"):
        read_shots(tmp_path / "missing.txt")
