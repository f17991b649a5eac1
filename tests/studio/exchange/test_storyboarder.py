"""Storyboarder's files: out and home, and as Storyboarder itself writes them."""

import json
from dataclasses import replace
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.studio import boards

from cut2next.film import InputError
from cut2next.studio.board import RATES, Board, Panel, Scene
from cut2next.studio.exchange.formats import export, import_file
from cut2next.studio.exchange.sources import FolderSources
from cut2next.studio.pictures import PictureFolder


@pytest.fixture
def pictures(tmp_path: Path) -> PictureFolder:
    return boards.folder(tmp_path)


def written(board: Board, pictures: PictureFolder, folder: Path) -> Path:
    export(board, pictures, "storyboarder", folder / "out", {})
    return next((folder / "out").glob("*.storyboarder"))


def home(path: Path, pictures: PictureFolder, board: Board, *told: str) -> Board:
    read = import_file(path, None, FolderSources(path.parent), pictures, board)
    assert read.told == told
    return read.board


def test_a_board_comes_home_as_it_was(tmp_path: Path, pictures: PictureFolder) -> None:
    board = boards.board(pictures)
    path = written(board, pictures, tmp_path)
    assert home(path, pictures, board) == board
    assert home(path, PictureFolder(tmp_path / "new"), Board()) == board


@pytest.mark.parametrize("rate", RATES)
def test_lengths_hold_though_they_are_told_in_milliseconds(
    rate: Fraction, tmp_path: Path, pictures: PictureFolder
) -> None:
    lengths = [1, 2, 3, 100_001, 7] * 20
    panels = tuple(Panel(id=f"p{place}", frames=frames) for place, frames in enumerate(lengths))
    board = Board(rate=rate, scenes=(Scene(id="s", panels=panels),))
    came = home(written(board, pictures, tmp_path), pictures, Board())
    assert came.rate == rate
    assert [panel.frames for panel in came.panels] == lengths


def test_storyboarder_finds_what_it_opens(tmp_path: Path, pictures: PictureFolder) -> None:
    board = boards.board(pictures)
    path = written(board, pictures, tmp_path)
    told = json.loads(path.read_text())
    assert told["aspectRatio"] == pytest.approx(16 / 9, abs=1e-3)
    assert [each["newShot"] for each in told["boards"]] == [True, True, False, True, True, True]
    assert told["boards"][1]["time"] == told["boards"][0]["duration"] == 2000
    for each in told["boards"]:
        for layer in each["layers"].values():
            with Image.open(path.parent / "images" / layer["url"]) as image:
                assert image.size == (1600, 900)


def test_what_was_changed_there_comes_home(tmp_path: Path, pictures: PictureFolder) -> None:
    board = boards.board(pictures)
    path = written(board, pictures, tmp_path)
    told = json.loads(path.read_text())
    told["boards"][0], told["boards"][1] = told["boards"][1], told["boards"][0]
    told["boards"][1] |= {"duration": 500, "action": "Ann pours."}
    ink = Image.new("RGBA", (1600, 900))
    ink.paste((255, 0, 0, 255), (0, 0, 1600, 300))
    ink.save(path.parent / "images" / "ink.png")
    told["boards"][1]["layers"]["ink"] = {"url": "ink.png"}
    path.write_text(json.dumps(told))
    panels = list(home(path, pictures, board).panels)
    assert panels[0] == board.by_id["close"]
    assert panels[1].picture is not None
    assert panels[1] == replace(
        board.by_id["wide"],
        frames=12,
        action="Ann pours.",
        continues=False,
        picture=panels[1].picture,
    )
    image = pictures.image(panels[1].picture)
    assert image.getpixel((800, 100)) == (255, 0, 0)
    assert image.getpixel((800, 800)) != (255, 0, 0)


def _stranger(folder: Path, **more: Any) -> Path:
    """As Storyboarder writes one: no part of ours in it."""
    images = folder / "images"
    images.mkdir(parents=True)
    fill, pencil = Image.new("RGBA", (90, 50)), Image.new("RGBA", (90, 50))
    fill.paste((0, 0, 255, 255), (0, 0, 45, 50))
    pencil.paste((0, 0, 0, 255), (0, 0, 90, 10))
    fill.save(images / "board-1-2ZQ8M-fill.png")
    pencil.save(images / "board-1-2ZQ8M-pencil.png")
    Image.new("RGB", (90, 50), "green").save(images / "board-3-OLD77.png")
    told = {
        "version": "2.2.0",
        "aspectRatio": 1.85,
        "fps": 23.98,
        "defaultBoardTiming": 1000,
        "boards": [
            {
                "uid": "2ZQ8M",
                "url": "board-1-2ZQ8M.png",
                "newShot": False,
                "duration": 2500,
                "dialogue": "Hello",
                "layers": {
                    "pencil": {"url": "board-1-2ZQ8M-pencil.png", "opacity": 0.5},
                    "fill": {"url": "board-1-2ZQ8M-fill.png"},
                },
            },
            {"uid": "EMPTY", "url": "board-2-EMPTY.png", "layers": {}},
            {"uid": "OLD77", "url": "board-3-OLD77.png", "newShot": True, "audio": {"a": 1}},
        ],
        **more,
    }
    path = folder / "Scene 1.storyboarder"
    path.write_text(json.dumps(told))
    return path


def test_layers_are_laid_on_paper(tmp_path: Path, pictures: PictureFolder) -> None:
    came = home(
        _stranger(tmp_path / "theirs"),
        pictures,
        Board(),
        "1 panel with sound, which was left out",
    )
    first, second, third = came.panels
    assert (came.title, came.width, came.height, came.rate) == ("Scene 1", 1332, 720, RATES[0])
    assert [panel.id for panel in came.panels] == ["2zq8m", "empty", "old77"]
    assert [panel.frames for panel in came.panels] == [60, 24, 24]
    assert (first.dialogue, first.continues, second.continues) == ("Hello", False, True)
    assert first.picture is not None
    assert third.picture is not None
    assert second.picture is None
    image = pictures.image(first.picture)
    assert image.getpixel((10, 40)) == (0, 0, 255)
    assert image.getpixel((80, 40)) == (255, 255, 255)
    assert image.getpixel((80, 5))[0] == pytest.approx(127, abs=2)  # type: ignore[index]
    assert pictures.image(third.picture).getpixel((5, 5)) == (0, 128, 0)


def _bomb() -> bytes:
    file = BytesIO()
    Image.new("1", (30_000, 30_000)).save(file, "PNG")
    return file.getvalue()


def test_a_drawing_that_is_no_picture_is_told(tmp_path: Path, pictures: PictureFolder) -> None:
    path = _stranger(tmp_path / "theirs")
    for data in (b"<svg/>", _bomb(), b""):
        (path.parent / "images" / "board-1-2ZQ8M-fill.png").write_bytes(data)
        read = import_file(path, None, FolderSources(path.parent), pictures, Board())
        assert len(list(read.board.panels)) == 3
        assert "drawing" in read.told[0] or "drawing" in read.told[1]


@pytest.mark.parametrize(
    "more",
    [
        {"boards": None},
        {"boards": "text"},
        {"boards": [{}] * 6000},
        {"fps": 1e9},
        {"boards": [{"a": [[[[]]]] * 3}], "fps": 0},
    ],
)
def test_what_is_no_storyboard_is_told(
    more: dict[str, Any], tmp_path: Path, pictures: PictureFolder
) -> None:
    with pytest.raises(InputError):
        home(_stranger(tmp_path / "theirs", **more), pictures, Board())


def test_nonsense_in_a_board_does_no_harm(tmp_path: Path, pictures: PictureFolder) -> None:
    odd: list[Any] = [
        *(7, None, "text", {"uid": "../..", "duration": -5, "layers": 4}),
        {"uid": ["x"], "duration": float("nan"), "dialogue": {"a": 1}, "layers": {"ink": 3}},
        {"uid": "A", "duration": 1e300},
        {"uid": "B", "cut2next": {"panel": {"id": "B"}}, "action": "\x00\ud800x"},
        {"layers": {"ink": {"url": "../../../etc/passwd", "opacity": "much"}}, "url": 3},
    ]
    path = _stranger(tmp_path / "theirs", boards=odd)
    read = import_file(path, None, FolderSources(path.parent), pictures, Board())
    assert [panel.action for panel in read.board.panels if panel.action] == ["x"]
