"""A small MovieNet of our own pictures: both ways to count, everything that can be amiss, films."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from tests.cuts.test_validation import told

from cut2next.cli.main import main
from cut2next.cuts.dataset import read_records
from cut2next.film import InputError
from cut2next.films.movienet import LICENCE, film_cuts, open_movienet
from cut2next.films.movienet_shots import EXCLUSIVE, INCLUSIVE, read_labels, read_shots

STARTS = (0, 10, 17, 30, 44)
COUNT = 50
"""Frames of a film."""
ENDS_SCENE = (False, True, False, True, False)
SIZE = (320, 240)


@dataclass(frozen=True, kw_only=True)
class Counting:
    """How the files of a film count."""

    inclusive: bool = True
    labels_from: int = 0
    last_label: bool = True


def pattern(shot: int, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """The picture of a shot: coarse noise that survives scaling and coding."""
    coarse = np.random.default_rng(shot).integers(30, 200, (5, 8, 3)).astype(np.uint8)
    return np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.NEAREST))


def keyframes(start: int, end: int) -> tuple[int, int, int]:
    step = (end - start) // 4
    return start + step, start + 2 * step, start + 3 * step


def add_film(root: Path, film: str, counting: Counting | None = None) -> None:
    """A film of five shots, three stills each."""
    counting = counting or Counting()
    ends = [*STARTS[1:], COUNT]
    shots = [
        " ".join(map(str, (start, end - counting.inclusive, *keyframes(start, end))))
        for start, end in zip(STARTS, ends, strict=True)
    ]
    labels = [
        f"{number:04d} {int(ends_scene)}"
        for number, ends_scene in enumerate(ENDS_SCENE, counting.labels_from)
    ]
    put(root, f"scene318/shot_movie318/{film}.txt", "\n".join(shots) + "\n")
    put(
        root,
        f"scene318/label318/{film}.txt",
        "\n".join(labels[: None if counting.last_label else -1]),
    )
    for number in range(len(STARTS)):
        for still in range(3):
            path = root / "240P_frames" / film / f"shot_{number:04d}_img_{still}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            # The outer stills show something else, so that the middle one is told from them.
            Image.fromarray(pattern(number if still == 1 else 90 + still)).save(path)


def put(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)


def movienet(root: Path, *films: str, counting: Counting | None = None) -> Path:
    for film in films:
        add_film(root, film, counting)
    put(
        root,
        "scene318/meta/split318.json",
        json.dumps({"train": ["tt1", "tt4"], "val": ["tt2"], "test": ["tt3", "tt4"], "all": []}),
    )
    return root


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize(("labels_from", "last_label"), [(0, True), (0, False), (1, True)])
def test_stills_become_cuts_however_the_files_count(
    inclusive: bool,
    labels_from: int,
    last_label: bool,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    counting = Counting(inclusive=inclusive, labels_from=labels_from, last_label=last_label)
    root, out = movienet(tmp_path / "mn", "tt1", "tt2", "tt3", counting=counting), tmp_path / "cuts"
    assert main(["data", "movienet", str(root), "--out", str(out)]) == 0
    assert f"{out}: 12 cuts of 3 in 3 films" in capsys.readouterr().out
    records = [record for record in read_records(out) if record.film == "tt1"]
    assert [record.id for record in records] == [
        "tt1:0000-0001",
        "tt1:0001-0002",
        "tt1:0002-0003",
        "tt1:0003-0004",
    ]
    scenes = [(record.current.scene, record.next.scene) for record in records]
    assert scenes == [(0, 0), (0, 1), (1, 1), (1, 2)]
    still = root / "240P_frames" / "tt1" / "shot_0001_img_1.jpg"
    assert records[0].next.image == records[1].current.image == still.read_bytes()
    assert records[0].current.span is None
    assert (records[0].licence, records[0].source) == (LICENCE, "MovieNet tt1")
    assert records[0].made_by[0].parameters == {
        "end": INCLUSIVE if inclusive else EXCLUSIVE,
        "labels": f"from {labels_from}",
        "films": False,
    }
    splits = {record.film: record.split for record in read_records(out)}
    assert splits == {"tt1": "train", "tt2": "validation", "tt3": "test"}
    assert not told(out)


def _line(name: str, number: int, text: str | None) -> Callable[[Path], object]:
    """Changes a line of a text file, or leaves it out."""

    def change(root: Path) -> None:
        lines = (root / name).read_text().splitlines()
        lines[number - 1 : number] = [] if text is None else [text]
        (root / name).write_text("\n".join(lines))

    return change


SHOTS, LABELS = "scene318/shot_movie318/tt1.txt", "scene318/label318/tt1.txt"
STILL = "240P_frames/tt1/shot_0002_img_1.jpg"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (_line(SHOTS, 3, "18 29 20 22 24"), "line 3: starts at 18 after an end at 16"),
        (_line(SHOTS, 3, "16 29 20 22 24"), "line 3: starts at 16 after an end at 16"),
        (_line(SHOTS, 2, None), "line 2: starts at 17 after an end at 9"),
        (_line(SHOTS, 5, "44 49 44 50 49"), "line 5: keyframes [44, 50, 49] in a shot from 44"),
        (_line(SHOTS, 4, "30 43 33 36"), "line 4: '30 43 33 36'; expected 5 whole numbers"),
        (_line(SHOTS, 4, "30 43 33 36 x"), "line 4: '30 43 33 36 x'; expected 5 whole numbers"),
        (lambda root: (root / SHOTS).write_text("0 9 1 2 3"), "tt1.txt: has 1 shots"),
        (lambda root: (root / SHOTS).write_bytes(b"\xff"), "cannot be read (not ASCII)"),
        (lambda root: (root / LABELS).unlink(), "label318/tt1.txt: does not exist"),
        (lambda root: (root / LABELS).write_text(""), "label318/tt1.txt: is empty"),
        (_line(LABELS, 2, "0001 2"), "line 2: says 1 2; expected shot 1 and 0 or 1"),
        (_line(LABELS, 2, None), "line 2: says 2 0; expected shot 1 and 0 or 1"),
        (_line(LABELS, 1, None), "labels shots 1 to 4 of 5, which may be counted from 0 or from 1"),
        (_line(LABELS, 5, "0004 1\n0005 0"), "labels shots 0 to 5 of 5"),
        (lambda root: (root / STILL).unlink(), "240P_frames/tt1: holds stills of 4 shots"),
        (
            lambda root: (root / STILL).rename(root / STILL.replace("0002", "0009")),
            "shot_0002_img_1.jpg: does not exist",
        ),
        (lambda root: (root / STILL).write_bytes(b"\xff\xd8"), "shot_0002_img_1.jpg: is not a"),
        (
            lambda root: Image.new("RGB", (300, 199)).save(root / STILL),
            "is 300x199 pixels; expected 200 lines or more; ask for fewer with --min-height",
        ),
        (
            lambda root: put(
                root, "scene318/meta/split318.json", '{"train": [], "val": ["tt2"], "test": []}'
            ),
            "tt1: is in no split",
        ),
    ],
)
def test_a_film_that_is_not_in_order_is_left_out_and_told(
    change: Callable[[Path], object],
    fault: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root, out = movienet(tmp_path / "mn", "tt1", "tt2"), tmp_path / "cuts"
    change(root)
    assert main(["data", "movienet", str(root), "--out", str(out)]) == 2
    shown = capsys.readouterr()
    (line, refusal) = shown.err.splitlines()
    assert fault in line
    assert "1 of 2 films left out" in refusal
    assert shown.out == f"{out}: 4 cuts of 1 in 2 films\n"
    assert {record.film for record in read_records(out)} == {"tt2"}


def test_a_film_in_two_splits_is_left_out(tmp_path: Path) -> None:
    found = open_movienet(movienet(tmp_path, "tt1", "tt4"))
    with pytest.raises(InputError, match="tt4: is in train and test"):
        film_cuts(found, "tt4")
    assert len(film_cuts(found, "tt1")) == 4


def test_nothing_is_written_where_no_film_is_in_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = movienet(tmp_path / "mn", "tt9")
    assert main(["data", "movienet", str(root), "--out", str(tmp_path / "cuts")]) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith("tt9: is in no split")
    assert shown.err.count("\n") == 2
    assert [path.name for path in tmp_path.iterdir()] == ["mn"]


@pytest.mark.parametrize(
    "text", ["{}", "[]", '{"train": 3}', '{"train": [1], "val": [], "test": []}']
)
def test_a_split_file_names_films(text: str, tmp_path: Path) -> None:
    root = movienet(tmp_path / "mn", "tt1")
    put(root, "scene318/meta/split318.json", text)
    with pytest.raises(InputError, match="names no films for train, val and test"):
        open_movienet(root)


@given(st.lists(st.lists(st.integers(-3, 60), max_size=6), max_size=4), st.booleans())
def test_any_numbers_are_read_or_refused(lines: list[list[int]], in_order: bool) -> None:
    """Whatever is accepted lies in order, one shot after the other."""
    if in_order:
        starts = sorted({abs(number) for line in lines for number in line})
        lines = [[start, end - 1, start, start, start] for start, end in pairwise(starts)]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tt1.txt"
        path.write_text("\n".join(" ".join(map(str, line)) for line in lines))
        try:
            shots = read_shots(path).shots
        except InputError:
            assert not in_order or len(lines) < 2
            return
    assert all(shot.start <= shot.keyframe < shot.end for shot in shots)
    assert all(one.end == other.start for one, other in pairwise(shots))


def shoot(
    path: Path, shots: Sequence[int] = (0, 1, 2, 3, 4), *, count: int = COUNT, size: int = 480
) -> None:
    """A film of these pictures; the top left corner grows brighter with every frame."""
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=Fraction(24000, 1001), options={"crf": "8"})
        stream.width, stream.height, stream.pix_fmt = size * 4 // 3, size, "yuv420p"
        for number in range(count):
            shot = shots[sum(start <= number for start in STARTS) - 1]
            pixels = pattern(shot, (stream.width, stream.height)).copy()
            pixels[:64, :64] = 5 * number
            film.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        film.mux(stream.encode(None))


def test_labels_of_minus_one_end_a_scene(tmp_path: Path) -> None:
    """As the authors' own reader has it."""
    add_film(tmp_path, "tt1")
    shots = read_shots(tmp_path / SHOTS)
    _line(LABELS, 1, "0000 -1")(tmp_path)
    scenes = [shot.scene for shot in read_labels(tmp_path / LABELS, shots).shots]
    assert scenes == [0, 1, 2, 2, 3]
    assert replace(shots.shots[1], scene=0) == shots.shots[1]
