"""The animatic: every frame is there, of the size and colour that it should have."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.studio import boards

from cut2next.film import InputError
from cut2next.studio.board import RATES, Board
from cut2next.studio.exchange.formats import export
from cut2next.studio.exchange.stills import fitted
from cut2next.studio.pictures import PictureFolder


@pytest.fixture
def pictures(tmp_path: Path) -> PictureFolder:
    return boards.folder(tmp_path)


@pytest.mark.parametrize("rate", [RATES[0], Fraction(25), RATES[7]])
def test_every_frame_is_there(rate: Fraction, tmp_path: Path, pictures: PictureFolder) -> None:
    board = boards.board(pictures, rate)
    export(board, pictures, "animatic", tmp_path / "it.mp4", {})
    with av.open(str(tmp_path / "it.mp4")) as film:
        stream = film.streams.video[0]
        assert stream.average_rate == rate
        assert stream.codec_context.pix_fmt == "yuv420p"
        seen = [(frame.time, frame.to_ndarray(format="rgb24")) for frame in film.decode(video=0)]
    assert len(seen) == board.frames
    first = 0
    for panel in board.panels:
        assert seen[first][0] == pytest.approx(float(first / rate), abs=1e-4)
        if panel.picture:
            shown = fitted(pictures.image(panel.picture), (board.width, board.height))
            for frame in (first, first + panel.frames - 1):
                assert np.abs(seen[frame][1] - np.asarray(shown, np.float64)).mean() < 5
        first += panel.frames


def test_numbers_are_laid_over(tmp_path: Path, pictures: PictureFolder) -> None:
    board = boards.board(pictures)
    for name, options in (("a.mp4", {}), ("b.mp4", {"numbers": True})):
        export(board, pictures, "animatic", tmp_path / name, options)
    corners = []
    for name in ("a.mp4", "b.mp4"):
        with av.open(str(tmp_path / name)) as film:
            frame = next(film.decode(video=0)).to_ndarray(format="rgb24")
            corners.append(frame[-12:, :8].mean())
    assert corners[1] < corners[0] - 20


def test_what_cannot_be_is_told(tmp_path: Path, pictures: PictureFolder) -> None:
    with pytest.raises(InputError, match="without panels"):
        export(Board(), pictures, "animatic", tmp_path / "it.mp4", {})
    with pytest.raises(InputError, match="numbers"):
        export(Board(), pictures, "animatic", tmp_path / "it.mp4", {"numbers": "perhaps"})
    with pytest.raises(InputError, match="a format 'tape'"):
        export(Board(), pictures, "tape", tmp_path / "it.mp4", {})
    assert [path.name for path in tmp_path.iterdir()] == ["pictures"]
