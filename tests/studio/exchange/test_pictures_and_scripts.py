"""Folders of pictures, and scripts."""

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from tests.studio import boards

from cut2next.film import HierarchicalPrompt, IndividualPrompt, InputError, RelationalPrompt
from cut2next.film.keyframe import read_keyframe
from cut2next.film.png_prompt import png_text, read_png_prompt
from cut2next.studio.board import Board, Candidate, Origin, Way
from cut2next.studio.exchange.formats import export, handed_in, import_file
from cut2next.studio.exchange.sources import FolderSources
from cut2next.studio.pictures import PictureFolder


@pytest.fixture
def pictures(tmp_path: Path) -> PictureFolder:
    return boards.folder(tmp_path)


def home(path: Path, pictures: PictureFolder, board: Board, *told: str) -> Board:
    read = import_file(path, None, FolderSources(path.parent), pictures, board)
    assert read.told == told
    return read.board


def test_pictures_bring_their_panels_home(tmp_path: Path, pictures: PictureFolder) -> None:
    board = boards.board(pictures)
    export(board, pictures, "pictures", tmp_path / "out", {})
    with_pictures = [panel for panel in board.panels if panel.picture]
    assert list(home(tmp_path / "out", pictures, board).panels) == with_pictures
    elsewhere = PictureFolder(tmp_path / "new")
    came = home(tmp_path / "out", elsewhere, Board())
    assert [scene.heading for scene in came.scenes] == [scene.heading for scene in board.scenes]
    for before, after in zip(with_pictures, came.panels, strict=True):
        assert before.picture is not None
        assert after.picture is not None
        assert (before.id, before.dialogue, before.way) == (after.id, after.dialogue, after.way)
        assert (before.picture.origin, before.picture.source) == (
            after.picture.origin,
            after.picture.source,
        )
        images = pictures.image(before.picture), elsewhere.image(after.picture)
        assert images[0].tobytes() == images[1].tobytes()


def test_pictures_say_what_they_show_and_where_from(
    tmp_path: Path, pictures: PictureFolder
) -> None:
    board = boards.board(pictures)
    export(board, pictures, "pictures", tmp_path / "out", {})
    kinds = {
        Origin.MADE: "trainedAlgorithmicMedia",
        Origin.CAMERA: "digitalCapture",
        Origin.DRAWN: "digitalCreation",
    }
    for panel in board.panels:
        for path in (tmp_path / "out").glob(f"*-{panel.id}.png"):
            assert read_png_prompt(read_keyframe(path)) == panel.shows
            with Image.open(path) as image:
                xmp = image.info.get("XML:com.adobe.xmp", "")
                assert ("parameters" in image.info) == (panel.shows is not None)
            assert panel.picture is not None
            assert kinds.get(panel.picture.origin, "") in xmp
            assert bool(xmp) == (panel.picture.origin in kinds)


def test_a_picture_says_the_seed_that_it_was_made_by(
    tmp_path: Path, pictures: PictureFolder
) -> None:
    board = boards.board(pictures)
    first = board.by_id["wide"]
    assert first.picture is not None
    assert first.shows is not None
    prompt = HierarchicalPrompt(
        relational=RelationalPrompt(transition="A cut"), current=first.shows, next=first.shows
    )
    made = Candidate(
        id="c", panel="wide", picture=first.picture, maker="m", prompt=prompt, way=Way(seed=11)
    )
    export(replace(board, candidates=(made,)), pictures, "pictures", tmp_path / "out", {})
    (path,) = (tmp_path / "out").glob("*-wide.png")
    with Image.open(path) as image:
        assert ", Seed: 11, " in image.info["parameters"].replace("\n", ", ")


def test_what_a_maker_wrote_into_a_picture_stays(tmp_path: Path, pictures: PictureFolder) -> None:
    text: PngInfo = png_text(IndividualPrompt(summary="A shot"), {"made": {"seed": 7}})
    Image.new("RGB", (32, 32), "navy").save(tmp_path / "in.png", pnginfo=text)
    (tmp_path / "in").mkdir()
    (tmp_path / "in.png").rename(tmp_path / "in" / "a.png")
    board = home(tmp_path / "in", pictures, Board())
    assert next(board.panels).shows == IndividualPrompt(summary="A shot")
    export(board, pictures, "pictures", tmp_path / "out", {})
    image = read_keyframe(next((tmp_path / "out").iterdir()))
    assert json.loads(image.info["cut2next"])["made"] == {"seed": 7}


def test_anybody_s_pictures_are_panels_in_their_order(
    tmp_path: Path, pictures: PictureFolder
) -> None:
    folder = tmp_path / "shots"
    for place, name in enumerate(("10.jpg", "2.png", "2 night/1.webp", "1.PNG")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (64, 38), (place * 60, 0, 0)).save(folder / name)
    (folder / "notes.txt").write_text("text")
    (folder / "broken.png").write_bytes(b"no picture")
    (folder / "link.png").symlink_to("/etc/passwd")
    board = home(
        folder,
        pictures,
        Board(),
        "1 file left out that are no pictures",
        "1 picture that cannot be read: broken.png: is not a picture that can be read",
    )
    assert [panel.picture.source for panel in board.panels if panel.picture] == [
        *("1.PNG", "2.png", "10.jpg", "1.webp")
    ]
    assert [(scene.heading, len(scene.panels)) for scene in board.scenes] == [
        ("", 3),
        ("2 night", 1),
    ]
    assert {panel.frames for panel in board.panels} == {48}
    assert (board.width, board.height) == (64, 38)
    with handed_in(folder) as (path, sources):
        assert len(list(import_file(path, None, sources, pictures, board).board.panels)) == 4


def test_a_folder_without_pictures_is_told(tmp_path: Path, pictures: PictureFolder) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="0 pictures"):
        home(tmp_path / "empty", pictures, Board())


SCRIPT = """Title: _**TEA**_
Author: Somebody

INT. KITCHEN - DAY #4A#

= She cannot sleep.

Ann puts the *kettle* on. [[Blue light.]] It is still dark
outside.

ANN (V.O.)
(quietly)
Tea?

ÉMILE
À demain. I shall not be long, I promise, and then we shall see what becomes of it.

CUT TO:

.SOMEWHERE ELSE

/* crossed out */

@McCLANE
Yippee.

<b>Markup</b> & "signs".
"""


def test_a_script_is_panels_to_draw(tmp_path: Path, pictures: PictureFolder) -> None:
    path = tmp_path / "tea.fountain"
    path.write_text(SCRIPT, encoding="utf-8")
    board = home(path, pictures, Board(), "1 transition left out")
    assert board.title == "TEA"
    kitchen, elsewhere = board.scenes
    assert (kitchen.heading, kitchen.number) == ("INT. KITCHEN - DAY", "4A")
    assert kitchen.notes == "She cannot sleep."
    assert [(panel.action, panel.dialogue, panel.notes) for panel in kitchen.panels] == [
        (
            "Ann puts the kettle on. It is still dark\noutside.",
            "ANN (V.O.)\n(quietly)\nTea?",
            "Blue light.",
        ),
        (
            "",
            "ÉMILE\nÀ demain. I shall not be long, I promise, and then we shall see what becomes "
            "of it.",
            "",
        ),
    ]
    assert elsewhere.heading == "SOMEWHERE ELSE"
    assert [(panel.action, panel.dialogue) for panel in elsewhere.panels] == [
        ("", "McCLANE\nYippee."),
        ('<b>Markup</b> & "signs".', ""),
    ]
    lengths = [panel.frames for panel in board.panels]
    assert lengths[3] == 48
    assert lengths[1] > 96
    assert not any(panel.picture for panel in board.panels)


@given(
    text=st.lists(
        st.sampled_from(
            [
                *("INT. A - DAY", "ANN", "ÉVA (V.O.)", "(so)", "Hello", "", "[[n]]", "[[", "]]"),
                *("/*", "*/", "> A <", "TO:", "CUT TO:", "= s", "# a", "===", "~la", "!X", "@Y"),
                *(".Z", "[[9]]", "/*3*/"),
            ]
        )
        | st.text(max_size=12),
        max_size=25,
    ).map("\n".join)
)
@settings(max_examples=60)
def test_no_script_does_harm(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("script")
    path = folder / "it.fountain"
    path.write_bytes(text.encode("utf-8", errors="surrogatepass"))
    pictures = PictureFolder(folder / "pictures")
    with suppress(InputError):
        assert any(import_file(path, None, FolderSources(folder), pictures, Board()).board.panels)
