"""The same frames are the same cuts, scenes and kept cuts, however a film is coded."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.films.footage import Coding, Picture, write_film
from tests.films.test_rawcuts import made
from tests.soundstage.sets import film_set

from cut2next.cuts.record import CutRecord
from cut2next.films.engines.work import Work
from cut2next.films.picture import picture
from cut2next.films.rawcuts import RawCuts
from cut2next.films.video import frames, open_film

FAST = {"deadline": "realtime", "cpu-used": "8", "b": "2M"}
CODINGS = {
    "h264.mp4": Coding(),
    "h265.mp4": Coding(codec="libx265", options={"x265-params": "log-level=none"}),
    "mpeg2.ts": Coding(codec="mpeg2video", options={"b": "3M"}),
    "mpeg4.avi": Coding(codec="mpeg4", options={"b": "2M"}),
    "vp8.webm": Coding(codec="libvpx", options=FAST),
    "vp9.webm": Coding(codec="libvpx-vp9", options=FAST),
    "av1.mkv": Coding(codec="libsvtav1", options={"preset": "10", "crf": "20"}),
    "prores.mov": Coding(codec="prores_ks", pixels="yuv422p10le"),
    "mjpeg.avi": Coding(codec="mjpeg", pixels="yuvj420p", full=True, options={"b": "8M"}),
}
RECIPE = RawCuts(work=Work(scorers=()))


Told = tuple[int, int | None, int | None, bool]
"""Of a cut its first frame, the scenes of its shots, and whether it is kept."""


def told(records: Iterable[CutRecord]) -> list[Told]:
    return sorted(
        (
            round(24 * record.next.span.seconds(record.next.span.start)),
            record.current.scene,
            record.next.scene,
            not record.rejected,
        )
        for record in records
        if record.next.span is not None
    )


def one_film(pictures: list[Picture], folder: Path) -> list[Told]:
    """What is found in these frames, which must be the same in all codings."""
    found = {}
    for name, coding in CODINGS.items():
        path = write_film(folder / name, pictures, coding)
        found[name] = told(made(path, folder / f"{name} cuts", RECIPE))
    first, *others = found.values()
    assert [told for told in others if told != first] == [], found
    return first


def on_film_sets() -> Iterator[Picture]:
    """Two sets, four shots of half a second on each; the camera pans a little."""
    for seed in (1, 2):
        stage = film_set(seed, aspect=2.0)
        wide, *others = stage.setups[::4]
        for setup in (wide, others[0], wide, others[1]):  # no cut is the same as another
            still = Image.fromarray(stage.picture(setup, (352, 176), 2))
            for number in range(12):
                moved = still.crop((number // 2, 0, 320 + number // 2, 160))
                yield np.asarray(moved)


@pytest.mark.slow
def test_film_sets_in_nine_codings(tmp_path: Path) -> None:
    found = one_film(list(on_film_sets()), tmp_path)
    assert [frame for frame, *_ in found] == list(range(12, 96, 12))


@pytest.mark.slow
@pytest.mark.footage
def test_footage_in_nine_codings(footage: Path, tmp_path: Path) -> None:
    film = open_film(footage / "tears-of-steel.webm", "film")
    wanted = {*range(330), *range(1465, 1685)}
    pictures = [
        np.asarray(picture(frame).resize((400, 166), Image.Resampling.BOX))
        for number, frame in enumerate(frames(film))
        if number in wanted
    ]
    found = one_film(pictures, tmp_path)
    assert any(kept for *_, kept in found)
