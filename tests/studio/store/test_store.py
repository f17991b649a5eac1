"""A board's folder: what was done is there again, undo included; what is no board is left alone."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.studio.any_board import boards, operations
from tests.studio.store.asking import job, result

from cut2next.film import Cut2NextError, InputError, OutputError
from cut2next.studio.board import Board, Numbering, Panel, Scene
from cut2next.studio.operations import (
    ASIDE,
    AddCandidate,
    DropCandidate,
    EditBoard,
    InsertPanel,
    Keep,
    RemovePanel,
    apply,
)
from cut2next.studio.store import NothingError, StaleError, Store

BOARD = Board(scenes=(Scene(id="s", panels=(Panel(id="p", frames=24),)),))


def titled(title: str) -> EditBoard:
    return EditBoard(title=title, width=1280, height=720, numbering=Numbering.PLAIN)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a board is to be."""
    return tmp_path / "a board?#%"


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    """A new board of one panel, open."""
    with closing(Store.open(folder, lambda: BOARD)) as opened:
        yield opened


@settings(max_examples=30)
@given(st.data())
def test_undo_goes_back_step_by_step_and_redo_forth(data: st.DataObject) -> None:
    with closing(Store.in_memory(data.draw(boards()))) as store:
        seen = [store.board]
        for _ in range(data.draw(st.integers(1, 4))):
            operation = data.draw(operations(store.board))
            store.do(operation)
            if not isinstance(operation, ASIDE):
                seen.append(store.board)
        back = [store.board]
        while store.can_undo:
            store.undo()
            back.append(store.board)
        assert [replace(board, candidates=()) for board in reversed(back)] == [
            replace(board, candidates=()) for board in seen
        ]
        while store.can_redo:
            store.redo()
        assert store.board == back[0]


def test_all_is_there_again_and_may_be_undone(store: Store, folder: Path) -> None:
    for title in "abc":
        store.do(titled(title))
    store.undo()
    before = store.board, store.version, store.since(0)
    store.close()
    with closing(Store.open(folder)) as again:
        assert (again.board, again.version, again.since(0)) == before
        assert again.redo() == 5
        assert again.board.title == "c"
        for _ in range(3):
            again.undo()
        assert again.board == BOARD
        assert not again.can_undo


def test_what_is_done_anew_ends_what_could_be_done_again(store: Store) -> None:
    store.do(titled("a"))
    store.undo()
    store.do(titled("b"))
    with pytest.raises(NothingError):
        store.redo()
    assert [(row.number, row.kind) for row in store.since(1)] == [(2, "undo"), (3, "do")]


def test_what_was_kept_is_done_again_though_its_candidate_is_gone(store: Store) -> None:
    candidate = result(job("j"))
    store.do(AddCandidate(candidate=candidate))
    store.do(Keep(panel="p", candidate="j"))
    kept = store.board.by_id["p"]
    store.undo()
    store.do(DropCandidate(id="j"))
    store.redo()
    assert store.board.by_id["p"] == kept
    assert store.board.candidates == ()


def test_a_change_of_a_board_that_is_no_more_is_stale_but_candidates_come_at_any_time(
    store: Store,
) -> None:
    seen = store.do(titled("a"))
    store.do(AddCandidate(candidate=result(job())))
    store.do(titled("b"), version=seen)
    with pytest.raises(StaleError):
        store.do(titled("c"), version=seen)
    with pytest.raises(StaleError):
        store.do(titled("c"), version=99)
    assert store.board.title == "b"


def test_what_does_not_fit_leaves_no_row(store: Store) -> None:
    with pytest.raises(InputError):
        store.do(RemovePanel(id="gone"))
    with pytest.raises(NothingError):
        store.undo()
    assert (store.version, store.since(-(2**70)), store.since(2**70)) == (0, [], [])


@pytest.mark.parametrize("often", [99, 100, 101, 205])
def test_a_snapshot_changes_nothing(often: int, tmp_path: Path, folder: Path) -> None:
    with closing(Store.open(folder)) as store:
        for number in range(often):
            store.do(titled(str(number)))
        shutil.copytree(folder, tmp_path / "killed")  # as a kill leaves it
    for left in (folder, tmp_path / "killed"):
        with closing(Store.open(left)) as again:
            assert (again.version, again.board.title) == (often, str(often - 1))
            again.undo()
            assert again.board.title == str(often - 2)


def test_a_closed_board_is_one_file_and_its_pictures(store: Store, folder: Path) -> None:
    store.do(titled("a"))
    store.close()
    store.close()
    assert sorted(path.name for path in folder.iterdir()) == ["board.sqlite", "pictures"]
    assert str(folder).encode() not in (folder / "board.sqlite").read_bytes()
    with closing(Store.open(folder.rename(folder.with_name("elsewhere")))) as again:
        assert again.board.title == "a"


def test_one_server_at_a_time(store: Store, folder: Path) -> None:
    with pytest.raises(OutputError, match="another process"):
        Store.open(folder)
    store.do(titled("a"))


def test_many_hands_at_once(store: Store) -> None:
    def insert(number: int) -> int:
        return store.do(InsertPanel(panel=Panel(id=f"n{number}", frames=1), scene="s", at=0))

    with ThreadPoolExecutor(8) as pool:
        versions = list(pool.map(insert, range(40)))
    assert sorted(versions) == list(range(1, 41))
    board = BOARD
    for row in store.since(0):
        board = apply(board, row.operation)
    assert board == store.board


def test_a_disk_without_room_changes_nothing(store: Store) -> None:
    store.do(titled("a"))
    (pages,) = store._database.ask("PRAGMA page_count")[0]
    store._database.ask(f"PRAGMA max_page_count = {pages}")
    panel = Panel(id="n", frames=1, notes="long " * 4_000)
    with pytest.raises(OutputError):
        store.do(InsertPanel(panel=panel, scene="s", at=0))
    assert (store.version, store.board.title, len(store.board.by_id)) == (1, "a", 1)
    store._database.ask("PRAGMA max_page_count = 1000000")
    assert store.do(InsertPanel(panel=panel, scene="s", at=0)) == 2


def _newer(path: Path) -> None:
    _sql(path, "PRAGMA user_version = 2")


def _foreign(path: Path) -> None:
    _sql(path, "PRAGMA application_id = 0")


def _table_more(path: Path) -> None:
    _sql(path, "CREATE TABLE more (a)")


def _sql(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute(statement)
        database.commit()


def _row_gone(path: Path) -> None:
    _sql(path, "DELETE FROM log WHERE number = 1")


def _no_snapshot(path: Path) -> None:
    _sql(path, "UPDATE snapshots SET board = '{'")


def _no_board(path: Path) -> None:
    _sql(path, """UPDATE snapshots SET board = '{"width": 1}'""")


def _cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def _overwritten(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:8192] = b"\xff" * 4096
    path.write_bytes(data)


def _schema(path: Path) -> None:
    """SQLite quotes the byte that is no UTF-8 in what it says."""
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE", b"CREATE \xa5ABLE"))


def _text(path: Path) -> None:
    path.write_text("a board\n")


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES = [
    *(_newer, _foreign, _table_more, _row_gone, _no_snapshot, _no_board, _cut_off),
    *(_overwritten, _schema, _text, _folder),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_board_is_told_in_a_line_and_stays_as_it_is(
    damage: Callable[[Path], None], store: Store, folder: Path
) -> None:
    store.do(titled("a"))
    store.close()
    path = folder / "board.sqlite"
    damage(path)
    before = _seen(path)
    with pytest.raises(Cut2NextError) as error:
        Store.open(folder)
    assert "\n" not in str(error.value)
    assert ("newer" in error.value.got) == (damage is _newer)
    assert _seen(path) == before


def _seen(path: Path) -> str:
    return "" if path.is_dir() else sha256(path.read_bytes()).hexdigest()


def test_what_a_kill_leaves_of_a_board_that_is_being_made_is_no_obstacle(folder: Path) -> None:
    folder.mkdir()
    (folder / ".cut2next-lock").touch()
    (folder / "board.sqlite").touch()
    with closing(Store.open(folder, lambda: BOARD)) as store:
        assert store.board == BOARD


def test_no_board_is_begun_among_other_things(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").touch()
    with pytest.raises(InputError, match=r"film\.mp4"):
        Store.open(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]
    with pytest.raises(OutputError, match="is a file"):
        Store.open(tmp_path / "film.mp4")
