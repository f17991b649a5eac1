"""Warnings about cuts, from who is seen in both shots; nothing else is ever said."""

from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.cutbench.geometry.faces import face, sight
from tests.studio.jobs.boards import png

from cut2next.cutbench.geometry.sight import Sight
from cut2next.film import WeightsError
from cut2next.studio import continuity as module
from cut2next.studio.board import Board, Figure, Kind, Panel, Scene
from cut2next.studio.continuity import Concern, Continuity, Found, Remark, judged
from cut2next.studio.pictures import PictureFolder

ANNA = Figure(id="anna", kind=Kind.PERSON, name="Anna")


@pytest.mark.parametrize(
    ("before", "panel", "kinds"),
    [
        (sight(face(0, yaw=30)), sight(face(0, 0.6, yaw=-30)), [Concern.DIRECTION]),
        (sight(face(0, yaw=30)), sight(face(0, 0.6, yaw=35)), []),
        (sight(face(0)), sight(face(0, 0.32)), [Concern.SIZE]),
        (sight(face(0, yaw=0)), sight(face(0, yaw=40)), []),
        (sight(face(0), face(1, at=0.6)), sight(face(0, 0.3)), []),
        (sight(face(0, yaw=30)), sight(face(1, yaw=30)), [Concern.EYELINE]),
        (sight(face(0, yaw=30)), sight(face(1, yaw=-30)), []),
        (sight(face(0)), sight(), [Concern.UNKNOWN]),
    ],
)
def test_each_rule_speaks_of_its_own(before: Sight, panel: Sight, kinds: list[Concern]) -> None:
    assert [kind for kind, _ in judged(before, panel, together=False)] == kinds


def test_somebody_who_should_be_there_and_is_not_is_told() -> None:
    found = judged(sight(face(0)), sight(face(1)), together=True)
    assert [kind for kind, _ in found] == [Concern.IDENTITY]
    seen = sight(face(1), face(0, 0.1))
    assert not judged(sight(face(0)), seen, together=True)


@pytest.fixture
def pictures(tmp_path: Path) -> PictureFolder:
    return PictureFolder(tmp_path / "pictures")


def _board(pictures: PictureFolder) -> Board:
    stills = [pictures.add_bytes(png(color)) for color in ("red", "green", "blue")]
    red, green, blue = (
        Panel(id=f"p{n}", frames=1, picture=still, figures=("anna",) if n != 2 else ())
        for n, still in enumerate(stills)
    )
    empty = Panel(id="empty", frames=1)
    first = Scene(id="s1", panels=(red, empty, green))
    return Board(scenes=(first, Scene(id="s2", panels=(blue,))), figures=(ANNA,))


def test_cuts_within_a_scene_are_looked_at_once(pictures: PictureFolder) -> None:
    looked: list[tuple[str, str, bool]] = []

    def look(before: Path, panel: Path, together: bool) -> Found:
        looked.append((before.name, panel.name, together))
        return ((Concern.SIZE, "it may jump"),)

    board = _board(pictures)
    continuity = Continuity(pictures.folder, look)
    wanted = [Remark(panel="p1", kind=Concern.SIZE, words="it may jump")]
    for _ in range(2):
        assert continuity.remarks(board, pictures) == wanted
    assert [each[2] for each in looked] == [True]
    scene = board.scenes[0]
    same_shot = replace(scene, panels=(*scene.panels[:2], replace(scene.panels[2], continues=True)))
    again = replace(board, scenes=(same_shot,))
    assert continuity.remarks(again, pictures) == []


def _row(pictures: PictureFolder) -> Board:
    """Three panels, two cuts."""
    stills = [pictures.add_bytes(png(color)) for color in ("red", "green", "blue")]
    panels = tuple(Panel(id=f"p{n}", frames=1, picture=still) for n, still in enumerate(stills))
    return Board(scenes=(Scene(id="s", panels=panels),))


def test_a_picture_that_is_gone_is_said_of_its_cut_and_looked_at_when_it_is_back(
    pictures: PictureFolder,
) -> None:
    board = _row(pictures)
    first = next(board.panels).picture
    assert first is not None
    path, data = pictures.path(first), pictures.read(first)
    continuity = Continuity(pictures.folder, lambda *_: ((Concern.SIZE, "it may jump"),))
    path.unlink()
    gone, other = continuity.remarks(board, pictures)
    assert (gone.panel, gone.kind) == ("p1", Concern.UNKNOWN)
    assert "is gone" in gone.words
    assert (other.panel, other.kind) == ("p2", Concern.SIZE)
    path.write_bytes(data)
    assert {each.kind for each in continuity.remarks(board, pictures)} == {Concern.SIZE}


def test_a_damaged_picture_is_said_of_its_cut(
    pictures: PictureFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = _row(pictures)
    first = next(board.panels).picture
    assert first is not None
    pictures.path(first).write_bytes(b"no picture")
    watcher = SimpleNamespace(sight=lambda _: sight(face(0)))
    monkeypatch.setattr(module, "_watcher", lambda _: watcher)
    look = partial(module._look, pictures.folder)
    damaged, other = Continuity(pictures.folder, look).remarks(board, pictures)
    assert (damaged.panel, damaged.kind) == ("p1", Concern.UNKNOWN)
    assert "is not a picture" in damaged.words
    assert (other.panel, other.kind) == ("p2", Concern.SIZE)


def test_a_cut_whose_judge_ended_is_looked_at_again(
    pictures: PictureFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = [True, False, False]

    class Pool:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def submit(self, *_: object) -> SimpleNamespace:
            return SimpleNamespace(result=self.result)

        def result(self) -> Found:
            if ends.pop(0):
                raise BrokenProcessPool
            return ((Concern.SIZE, "it may jump"),)

    monkeypatch.setattr(module, "ProcessPoolExecutor", Pool)
    continuity, board = Continuity(pictures.folder), _row(pictures)
    first = continuity.remarks(board, pictures)
    assert [each.kind for each in first] == [Concern.UNKNOWN, Concern.SIZE]
    assert {each.kind for each in continuity.remarks(board, pictures)} == {Concern.SIZE}


def test_without_a_judge_that_is_said_once(pictures: PictureFolder) -> None:
    def look(before: Path, panel: Path, together: bool) -> Found:
        raise WeightsError("faces: is not there", expected="weights", hint="fetch them")

    (found,) = Continuity(pictures.folder, look).remarks(_board(pictures), pictures)
    assert found.kind is Concern.UNKNOWN
    assert "fetch them" in found.words
