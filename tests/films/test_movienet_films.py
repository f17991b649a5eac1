"""A film at hand gives its shots their times and full size, if it is the film of the stills."""

from collections.abc import Callable
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.cuts.test_validation import told
from tests.films.test_movienet import COUNT, STARTS, keyframes, movienet, shoot

from cut2next.cli.main import main
from cut2next.cuts.dataset import read_records
from cut2next.film import InputError
from cut2next.films.movienet import open_movienet


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_film_at_hand_gives_times_and_full_size(suffix: str, tmp_path: Path) -> None:
    root, out = movienet(tmp_path / "mn", "tt1"), tmp_path / "cuts"
    films = tmp_path / "films"
    films.mkdir()
    shoot(films / f"tt1.{suffix}")
    asked = ["--out", str(out), "--films", str(films)]
    assert main(["data", "movienet", str(root), *asked]) == 0
    records = list(read_records(out))
    assert not told(out)
    assert records[0].source == f"MovieNet tt1, pictures of tt1.{suffix}"
    shots = [records[0].current, *(record.next for record in records)]
    for shot, start, end in zip(shots, STARTS, [*STARTS[1:], COUNT], strict=True):
        assert shot.span is not None
        with Image.open(BytesIO(shot.image)) as image:
            assert image.size == (640, 480)
            corner = np.asarray(image.convert("L"))[8:56, 8:56].mean()
        middle = keyframes(start, end)[1]
        assert corner == pytest.approx(5 * middle, abs=2)  # the very frame, by its brightness
        times = [shot.span.seconds(at) for at in (shot.span.start, shot.span.keyframe)]
        # Matroska rounds to milliseconds.
        assert times == pytest.approx([at * 1001 / 24000 for at in (start, middle)], abs=1e-3)
        assert shot.span.seconds(shot.span.end) == pytest.approx(end * 1001 / 24000, abs=2e-3)
    spans = [shot.span for shot in shots if shot.span]
    assert all(one.end == other.start for one, other in pairwise(spans))


@pytest.mark.parametrize(
    ("film", "fault"),
    [
        (lambda path: shoot(path, count=40), "has 40 frames; expected 50"),
        (lambda path: shoot(path, [5, 6, 7, 8, 9]), "shows other pictures than the stills"),
        (lambda path: path.write_bytes(b"no film"), "cannot be read"),
        (lambda path: path.with_name("tt8.mp4").write_bytes(b""), "tt1: no film file of that"),
    ],
)
def test_another_film_is_told_from_the_one_of_the_stills(
    film: Callable[[Path], object],
    fault: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root, films = movienet(tmp_path / "mn", "tt1"), tmp_path / "films"
    films.mkdir()
    film(films / "tt1.mp4")
    asked = ["--out", str(tmp_path / "cuts"), "--films", str(films)]
    assert main(["data", "movienet", str(root), *asked]) == 2
    assert fault in capsys.readouterr().err
    assert not (tmp_path / "cuts").exists()


def test_two_files_of_one_film_are_refused(tmp_path: Path) -> None:
    root = movienet(tmp_path / "mn", "tt1")
    for suffix in ("mp4", "mkv"):
        (tmp_path / f"tt1.{suffix}").touch()
    with pytest.raises(InputError, match="both are tt1"):
        open_movienet(root, films=tmp_path)
