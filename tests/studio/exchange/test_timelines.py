"""Timelines out and home: order, names, lengths, pictures; read by the libraries' own readers."""

import json
import zipfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import opentimelineio as otio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageChops, ImageStat
from tests.studio import boards

from cut2next.film import InputError
from cut2next.studio.board import RATES, Board, Media, Panel, Scene
from cut2next.studio.difference import difference
from cut2next.studio.exchange.edl import edl_text
from cut2next.studio.exchange.formats import FORMATS, export, format_of, import_file
from cut2next.studio.exchange.naming import panel_named, stem_of
from cut2next.studio.exchange.sources import FolderSources
from cut2next.studio.operations import apply
from cut2next.studio.pictures import PictureFolder

TIMELINES = ("otio", "otioz", "fcp7", "edl")
# Of the adapter for FCP7 XML, from Python 3.12 on.
pytestmark = pytest.mark.filterwarnings("ignore:Testing an element's truth value")


@pytest.fixture
def pictures(tmp_path: Path) -> PictureFolder:
    return boards.folder(tmp_path)


def written(board: Board, pictures: PictureFolder, format_id: str, folder: Path) -> Path:
    """The file that a program would open."""
    to = folder / f"{format_id}-out"
    export(board, pictures, format_id, to, {})
    if not FORMATS[format_id].is_folder:
        return to.rename(to.with_suffix(FORMATS[format_id].suffix))
    return next(to.glob(f"*{FORMATS[format_id].suffix}"))


def home(path: Path, pictures: PictureFolder, board: Board) -> Board:
    assert format_of(path).importer
    read = import_file(path, None, FolderSources(path.parent), pictures, board)
    assert read.told == ()
    return read.board


@pytest.mark.parametrize("format_id", TIMELINES)
def test_a_board_comes_home_as_it_was(
    format_id: str, tmp_path: Path, pictures: PictureFolder
) -> None:
    board = boards.board(pictures)
    path = written(board, pictures, format_id, tmp_path)
    assert home(path, pictures, board).scenes == board.scenes


@pytest.mark.parametrize("format_id", ["otio", "otioz"])
def test_elsewhere_all_of_it_is_there_too(
    format_id: str, tmp_path: Path, pictures: PictureFolder
) -> None:
    board = boards.board(pictures, Fraction(24_000, 1001))
    path = written(board, pictures, format_id, tmp_path)
    assert home(path, PictureFolder(tmp_path / "new"), Board()) == board


@pytest.mark.parametrize("format_id", ["fcp7", "edl"])
def test_elsewhere_order_lengths_and_pictures_are_there(
    format_id: str, tmp_path: Path, pictures: PictureFolder
) -> None:
    board, elsewhere = boards.board(pictures), PictureFolder(tmp_path / "new")
    came = home(written(board, pictures, format_id, tmp_path), elsewhere, Board())
    assert [(each.id, each.frames) for each in came.panels] == [
        (each.id, each.frames) for each in board.panels
    ]
    for before, after in zip(board.panels, came.panels, strict=True):
        assert (before.picture is None) == (after.picture is None)
        if before.picture and after.picture and format_id == "fcp7":
            assert before.picture.sha256 == after.picture.sha256
            assert (before.action, before.dialogue) == (after.action, after.dialogue)
        elif before.picture and after.picture:
            seen = elsewhere.image(after.picture)
            assert seen.size == (board.width, board.height)
            if (before.picture.width, before.picture.height) == seen.size:
                change = ImageChops.difference(pictures.image(before.picture), seen)
                assert max(ImageStat.Stat(change).mean) < 4


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("format_id", ["otio", "fcp7", "edl"])
def test_lengths_hold_at_every_rate(
    format_id: str, rate: Fraction, tmp_path: Path, pictures: PictureFolder
) -> None:
    lengths = (1, 1799, 2, 17_983) if format_id != "edl" else (1, 130, 2)
    picture = boards.picture(pictures, 1)
    panels = tuple(
        Panel(id=f"p{place}", frames=frames, picture=picture)
        for place, frames in enumerate(lengths)
    )
    board = Board(rate=rate, width=32, height=16, scenes=(Scene(id="s", panels=panels),))
    path = written(board, pictures, format_id, tmp_path)
    came = home(path, pictures, board)
    assert came.rate == rate
    assert tuple(panel.frames for panel in came.panels) == lengths


@pytest.mark.parametrize("format_id", TIMELINES)
def test_the_library_s_own_reader_reads_it(
    format_id: str, tmp_path: Path, pictures: PictureFolder
) -> None:
    board = boards.board(pictures)
    path = written(board, pictures, format_id, tmp_path)
    timeline = otio.adapters.read_from_file(str(path))
    assert timeline.duration().to_frames() == board.frames
    assert timeline.name.startswith("Tea & <rain>")
    ids = [found.id for clip in timeline.find_clips() if (found := panel_named(clip.name))]
    every = format_id in ("fcp7", "edl")
    assert ids == [panel.id for panel in board.panels if panel.picture or every]
    for clip in timeline.find_clips():
        url = clip.media_reference.target_url
        assert url.startswith("media/")
        if format_id != "otioz":
            assert (path.parent / url).is_file()
    if format_id == "otioz":
        with zipfile.ZipFile(path) as bundle:
            assert bundle.testzip() is None


def _lasting(start: int, frames: int, rate: float = 24) -> "otio.opentime.TimeRange":
    time = otio.opentime.RationalTime
    return otio.opentime.TimeRange(time(start, rate), time(frames, rate))


def _edited(timeline: "otio.schema.Timeline") -> None:
    """As an editor would: another order, another length, a shot cut in two, footage put in."""
    track = timeline.tracks[0]
    wide, close, rest = (track[place].clone() for place in (0, 1, 1))
    del track[0], track[0]
    wide.source_range = _lasting(0, 12)
    close.source_range, rest.source_range = _lasting(0, 11), _lasting(11, 20)
    footage = otio.schema.Clip(
        name="A001",
        media_reference=otio.schema.ExternalReference(
            target_url="file:///E:/rushes/A001.mov", available_range=_lasting(0, 900)
        ),
        source_range=_lasting(240, 10),
    )
    for item in (footage, rest, wide, close):
        track.insert(0, item)


@pytest.mark.parametrize("format_id", ["otio", "fcp7"])
def test_an_edit_of_it_comes_home(format_id: str, tmp_path: Path, pictures: PictureFolder) -> None:
    board = boards.board(pictures)
    path = written(board, pictures, format_id, tmp_path)
    timeline = otio.adapters.read_from_file(str(path))
    _edited(timeline)
    otio.adapters.write_to_file(timeline, str(path))
    read = import_file(path, None, FolderSources(path.parent), pictures, board)
    panels = list(read.board.panels)
    assert [panel.id for panel in panels[:2]] == ["close", "wide"]
    assert [panel.id for panel in panels[4:]] == ["hands", "nobody", "markup", "last"]
    assert [panel.frames for panel in panels[:4]] == [11, 12, 20, 10]
    assert panels[0] == replace(board.by_id["close"], frames=11)
    assert panels[1] == replace(board.by_id["wide"], frames=12)
    assert panels[2] == replace(panels[0], id=panels[2].id, frames=20)
    assert panels[3].picture is None
    assert panels[3].media is not None
    assert panels[3].media == Media(url="file:///E:/rushes/A001.mov", start=Fraction(10))
    assert read.told == ("1 medium not among the files that came with it",)
    changes = difference(board, read.board)
    taken = apply(board, changes.operation([change.id for change in changes.changes]))
    assert [(panel.id, panel.frames) for panel in taken.panels] == [
        (panel.id, panel.frames) for panel in panels
    ]


def test_a_picture_that_was_painted_over_comes_home(
    tmp_path: Path, pictures: PictureFolder
) -> None:
    board = boards.board(pictures)
    path = written(board, pictures, "fcp7", tmp_path)
    new = boards.picture(pictures, 9)
    (path.parent / "media" / "0020-close.png").write_bytes(pictures.read(new))
    came = home(path, pictures, board).by_id["close"]
    assert came.picture is not None
    assert came.picture.sha256 == new.sha256
    assert came.dialogue == "ANN\nTea?"


@pytest.mark.footage
def test_footage_gives_its_frame(tmp_path: Path, footage: Path, pictures: PictureFolder) -> None:
    film = next(path for path in sorted(footage.rglob("*.mp4")))
    track = otio.schema.Track(kind="Video")
    for start in (0, 48):
        reference = otio.schema.ExternalReference(target_url=f"/Volumes/X/{film.name}")
        clip = otio.schema.Clip(media_reference=reference, source_range=_lasting(start, 24))
        track.append(clip)
    timeline = otio.schema.Timeline()
    timeline.tracks.append(track)
    path = tmp_path / "cut.otio"
    timeline.to_json_file(str(path))
    came = import_file(path, None, FolderSources(film.parent), pictures, Board())
    seen = [panel.picture for panel in came.board.panels]
    assert all(seen)
    assert seen[0] != seen[1]


TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
    | st.just("\n"),
    max_size=60,
)


def _of_text(text: str) -> Board:
    line = " ".join(text.split())
    panels = (
        Panel(id="a", frames=3, action=text, dialogue=text, notes=text),
        Panel(id="b", frames=4, dialogue=f"001  AX V C\n{text}"),
    )
    scene = Scene(id="s", heading=line, panels=panels)
    return Board(title=line, width=16, height=16, scenes=(scene,))


@pytest.mark.parametrize("format_id", ["fcp7", "otio"])
@settings(max_examples=25)
@given(text=TEXT)
def test_any_text_stays_text(format_id: str, text: str) -> None:
    board = _of_text(text)
    with TemporaryDirectory() as name:
        folder = Path(name)
        pictures = boards.folder(folder)
        came = home(written(board, pictures, format_id, folder), pictures, board)
    assert came.scenes == board.scenes


@pytest.mark.parametrize("rate", RATES)
def test_an_edl_says_what_it_is_called_and_how_it_counts(rate: Fraction) -> None:
    lengths = (1799, 2, 17_983, 1, 100_000)
    panels = tuple(Panel(id=f"p{place}", frames=each) for place, each in enumerate(lengths))
    board = Board(rate=rate, scenes=(Scene(id="s", panels=panels),))
    told = edl_text(board, {panel.id: f"{panel.id}.mp4" for panel in panels})
    drop = rate in (Fraction(30_000, 1001), Fraction(60_000, 1001))
    mode = "DROP FRAME" if drop else "NON-DROP FRAME"
    assert told.splitlines()[:2] == ["TITLE: Board", f"FCM: {mode}"]
    assert ("00:00:00;00" in told) == drop
    read = otio.adapters.read_from_string(told, "cmx_3600", rate=float(rate))
    assert tuple(clip.duration().to_frames() for clip in read.find_clips()) == lengths


@pytest.mark.parametrize(("count", "digits"), [(999, 3), (1000, 6)])
def test_cuts_of_an_edl_beyond_three_digits_all_have_six(count: int, digits: int) -> None:
    panels = tuple(
        Panel(id=f"p{place}", frames=2, action="1000  AX") for place in range(1, count + 1)
    )
    board = Board(scenes=(Scene(id="s", panels=panels),))
    told = edl_text(board, {panel.id: f"{panel.id}.mp4" for panel in panels})
    numbers = [line.split()[0] for line in told.splitlines() if line[:1].isdigit()]
    assert numbers == [f"{number:0{digits}}" for number in range(1, count + 1)]
    read = otio.adapters.read_from_string(told, "cmx_3600", rate=24)
    assert [clip.name for clip in read.find_clips()] == [f"{panel.id}.mp4" for panel in panels]


@given(text=TEXT)
@settings(max_examples=50)
def test_any_text_stays_a_comment_of_an_edl(text: str) -> None:
    board = _of_text(text)
    names = {panel.id: f"{stem_of(place, panel)}.mp4" for place, panel in enumerate(board.panels)}
    told = edl_text(board, names)
    timeline = otio.adapters.read_from_string(told, "cmx_3600", rate=24)
    assert [clip.duration().value for clip in timeline.find_clips()] == [3, 4]
    assert [clip.name for clip in timeline.find_clips()] == list(names.values())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.otio", b""),
        ("a.otio", b"{}"),
        ("a.otio", b"[" * 5000),
        ("a.otio", b"[" * 500 + b"]" * 500),
        ("a.otio", b'{"OTIO_SCHEMA": "Clip.1"}'),
        ("a.otio", b'{"OTIO_SCHEMA": "Timeline.1", "tracks": 3}'),
        ("a.otioz", b"PK"),
        ("a.otioz", b""),
        ("a.xml", b"<xmeml/>"),
        ("a.xml", b"<a>" * 2000),
        ("a.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><xmeml>&a;</xmeml>'),
        ("a.xml", b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xmeml>&a;</xmeml>'),
        ("a.xml", b"\xff\xfe<"),
        ("a.edl", b""),
        ("a.edl", b"\x00\xff" * 50),
        ("a.edl", b"001  AX V C 00:00\n"),
        ("a.edl", b"001  AX V C 00:00:00:00 00:00:01:00 00:00:00:00 00:00:02:00\n"),
        ("a.doc", b"text"),
    ],
)
def test_what_is_no_timeline_is_told(
    name: str, content: bytes, tmp_path: Path, pictures: PictureFolder
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        import_file(path, None, FolderSources(tmp_path), pictures, Board())
    assert name in error.value.got
    assert "\n" not in str(error.value)


def test_metadata_of_a_stranger_cannot_name_what_is_not_there(
    tmp_path: Path, pictures: PictureFolder
) -> None:
    board = boards.board(pictures)
    path = written(board, pictures, "otio", tmp_path)
    told = json.loads(path.read_text())
    for clip in told["tracks"]["children"][0]["children"]:
        clip["metadata"]["cut2next"] = {"panel": {"id": "../../etc"}, "scene": 4}
    told["metadata"]["cut2next"] = ["board"]
    path.write_text(json.dumps(told))
    came = home(path, pictures, Board())
    assert next(came.panels).id == "wide"
    assert len({panel.id for panel in came.panels}) == 6


def test_a_picture_that_is_gone_leaves_nothing(tmp_path: Path, pictures: PictureFolder) -> None:
    board = boards.board(pictures)
    pictures.path(next(panel.picture for panel in board.panels if panel.picture)).unlink()
    for format_id in TIMELINES:
        with pytest.raises(InputError, match="is gone"):
            export(board, pictures, format_id, tmp_path / "out", {})
    assert [path.name for path in tmp_path.iterdir()] == ["pictures"]
