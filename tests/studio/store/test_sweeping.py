"""Pictures that nothing names go when a board is closed; whatever else lies there stays."""

import os
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from tests.studio.jobs.boards import png
from tests.studio.store.asking import ASKED, job, result

from cut2next.studio.board import Board, Panel, Picture, Scene
from cut2next.studio.operations import AddCandidate, DropCandidate, EditPanel
from cut2next.studio.store import Store
from cut2next.studio.store.sweeping import DAY

BOARD = Board(scenes=(Scene(id="s", panels=(Panel(id="p", frames=24),)),))
COLORS = ("red", "green", "blue", "teal", "navy", "gold", "pink", "gray", "lime", "plum")


def _old(folder: Path) -> None:
    """As if all had come two days ago."""
    for path in folder.iterdir():
        os.utime(path, (time.time() - 2 * DAY,) * 2)


def _queued(store: Store, picture: Picture, panel: str | None, end: bool) -> None:
    wanted = job(asked=replace(ASKED, picture=picture), panel=panel)
    store.add([wanted])
    if end:
        store.cancel(wanted.id)


def _named(store: Store, pictures: list[Picture]) -> list[Picture]:
    """Names pictures in every way, two by a program's jobs, which end at closing; the others."""
    undone, redone, taken, offered, dropped, waits, ended, programs, over = pictures
    panel = store.board.by_id["p"]
    for picture in (redone, taken, undone):
        store.do(EditPanel(panel=replace(panel, picture=picture)))
    store.undo()
    store.undo()
    for picture in (offered, dropped):
        store.do(
            AddCandidate(candidate=replace(result(job()), id=picture.sha256[:8], picture=picture))
        )
    store.do(DropCandidate(id=dropped.sha256[:8]))
    _queued(store, waits, "p", end=False)
    _queued(store, ended, "p", end=True)
    _queued(store, programs, None, end=False)
    _queued(store, over, None, end=True)
    return pictures[:-2]


def test_only_what_nothing_names_goes(tmp_path: Path) -> None:
    with closing(Store.open(tmp_path / "board", lambda: BOARD)) as store:
        *pictures, unnamed = [store.pictures.add_bytes(png(color)) for color in COLORS]
        kept = {picture.sha256 for picture in _named(store, pictures)}
        folder = store.pictures.folder
        _old(folder)
    assert {path.name for path in folder.iterdir()} == kept
    assert unnamed.sha256 not in kept
    with closing(Store.open(tmp_path / "board")) as store:
        while store.can_undo:
            store.undo()
        while store.can_redo:
            store.redo()
            picture = store.board.by_id["p"].picture
            assert picture is None or store.pictures.image(picture)


def test_what_just_came_or_came_again_stays(tmp_path: Path) -> None:
    with closing(Store.open(tmp_path / "board")) as store:
        store.pictures.add_bytes(png("red"))
        _old(store.pictures.folder)
        came = {store.pictures.add_bytes(png(color)).sha256 for color in ("red", "blue")}
    assert {path.name for path in store.pictures.folder.iterdir()} == came


def test_files_of_others_stay(tmp_path: Path) -> None:
    with closing(Store.open(tmp_path / "board")) as store:
        folder = store.pictures.folder
        (folder / "notes").write_bytes(b"a person's")
        (folder / sha256(b"upper").hexdigest().upper()).write_bytes(b"upper")
        (folder / ("0" * 64)).write_bytes(b"something else")
        (folder / ("1" * 64)).mkdir()
        linked = tmp_path / "linked"
        linked.write_bytes(b"linked")
        (folder / sha256(b"linked").hexdigest()).symlink_to(linked)
        before = sorted(folder.iterdir())
        _old(folder)
    assert sorted(folder.iterdir()) == before
    assert linked.exists()


def test_a_kill_in_the_midst_leaves_the_rest_to_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed: list[Path] = []
    unlink: Callable[..., None] = Path.unlink

    def killed(path: Path, *more: bool, **named: bool) -> None:
        if path.parent.name == "pictures":
            if removed:
                raise KeyboardInterrupt
            removed.append(path)
        unlink(path, *more, **named)

    store = Store.open(tmp_path / "board", lambda: BOARD)
    shown, *_ = [store.pictures.add_bytes(png(color)) for color in COLORS]
    store.do(EditPanel(panel=replace(store.board.by_id["p"], picture=shown)))
    _old(store.pictures.folder)
    monkeypatch.setattr(Path, "unlink", killed)
    with suppress(KeyboardInterrupt):
        store.close()
    monkeypatch.undo()
    assert len(list(store.pictures.folder.iterdir())) == len(COLORS) - 1
    with closing(Store.open(tmp_path / "board")) as again:
        assert again.pictures.image(shown)
    assert [path.name for path in again.pictures.folder.iterdir()] == [shown.sha256]
