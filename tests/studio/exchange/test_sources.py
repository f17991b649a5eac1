"""Files beside a timeline: found by the ends of their names, and never elsewhere."""

import tracemalloc
import zipfile
from pathlib import Path

import pytest
from tests.studio import boards

from cut2next.film import InputError
from cut2next.studio.board import Board, Panel, Picture
from cut2next.studio.exchange import sources
from cut2next.studio.exchange.formats import export, handed_in, import_file
from cut2next.studio.exchange.naming import file_name, last_part, panel_named, stem_of
from cut2next.studio.exchange.sources import FolderSources, unpacked
from cut2next.studio.pictures import PictureFolder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "inside"
    for name in ("a/shot.png", "b/shot.png", "b/É 1.mov", "top.png"):
        (inside / name).parent.mkdir(parents=True, exist_ok=True)
        (inside / name).write_bytes(name.encode())
    (tmp_path / "secret.png").write_bytes(b"secret")
    (inside / "link.png").symlink_to(tmp_path / "secret.png")
    return inside


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("top.png", "top.png"),
        ("b/shot.png", "b/shot.png"),
        ("file://localhost/E%3a/job/b/shot.png", "b/shot.png"),
        (r"C:\job\a\SHOT.PNG", "a/shot.png"),
        ("file:///Volumes/X/%C3%89%201.mov", "b/É 1.mov"),
        ("E\N{COMBINING ACUTE ACCENT} 1.mov", "b/É 1.mov"),
        ("../secret.png", None),
        ("../top.png", "top.png"),
        ("link.png", None),
        ("/etc/passwd", None),
        ("..", None),
        ("", None),
        ("a", None),
        ("\0", None),
    ],
)
def test_only_what_lies_there_is_found(name: str, found: str | None, folder: Path) -> None:
    path = FolderSources(folder).file_of(name)
    assert path == (folder / found if found else None)
    assert FolderSources(folder).bytes_of(name) == (found.encode() if found else None)


def _zip(path: Path, names: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in names.items():
            packed.writestr(name, data)
    return path


def test_a_zip_is_unpacked_for_a_while(tmp_path: Path) -> None:
    path = _zip(tmp_path / "it.zip", {"a.otio": b"{}", "media/b.png": b"b"})
    with unpacked(path) as inside:
        assert (inside / "media" / "b.png").read_bytes() == b"b"
    assert not inside.exists()


@pytest.mark.parametrize("name", ["../a", "/a", "a/../../b", "a\\b", "a//b", "a" * 300, "a\nb"])
def test_names_that_lead_out_of_a_zip_are_refused(name: str, tmp_path: Path) -> None:
    path = _zip(tmp_path / "it.zip", {name: b""})
    with pytest.raises(InputError, match=r"it\.zip"), unpacked(path):
        pass


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "it.zip", "w") as packed:
        link = zipfile.ZipInfo("a")
        link.external_attr = 0o120777 << 16
        packed.writestr(link, "/etc/passwd")
    with pytest.raises(InputError, match="a link"), unpacked(tmp_path / "it.zip"):
        pass


def test_a_zip_that_swells_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_FREE", 1000)
    path = _zip(tmp_path / "it.zip", {"a": bytes(2**20)})
    with pytest.raises(InputError, match="unpacks to"), unpacked(path):
        pass


def test_a_zip_of_far_too_many_files_is_refused_before_they_are_listed(tmp_path: Path) -> None:
    path = _zip(tmp_path / "it.zip", {"a": b""})
    whole = path.read_bytes()
    at, end = whole.index(b"PK\1\2"), whole.index(b"PK\5\6")
    entries = whole[at:end] * 300_000
    told = len(entries).to_bytes(4, "little")
    path.write_bytes(whole[:at] + entries + whole[end : end + 12] + told + whole[end + 16 :])
    del entries
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=r"it\.zip"), unpacked(path):
            pass
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()


def test_a_zip_of_as_many_files_as_may_be_is_read(tmp_path: Path) -> None:
    path = tmp_path / "it.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for number in range(2000):
            packed.writestr(f"{'long name ' * 20}{number}.png", b"")
    with unpacked(path) as inside:
        assert len(list(inside.iterdir())) == 2000


def test_a_damaged_zip_is_refused(tmp_path: Path) -> None:
    path = _zip(tmp_path / "it.zip", {"a": b"text" * 100})
    whole = path.read_bytes()
    for damaged in (whole[:-10], whole[:40], whole.replace(b"text", b"tixt"), b""):
        path.write_bytes(damaged[:35] + b"\xff\xff" + damaged[37:])
        with pytest.raises(InputError, match=r"it\.zip"), unpacked(path):
            pass


def test_what_was_handed_in_is_told_by_its_names(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"a")
    with handed_in(tmp_path) as (path, _):
        assert path == tmp_path
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "cut.EDL").write_bytes(b"")
    with handed_in(tmp_path) as (path, _):
        assert path.name == "cut.EDL"
    (tmp_path / "b.otio").write_bytes(b"")
    with pytest.raises(InputError, match="2 files"), handed_in(tmp_path):
        pass


def test_a_zipped_export_comes_home(tmp_path: Path) -> None:
    pictures = boards.folder(tmp_path)
    board = boards.board(pictures)
    for format_id in ("otio", "storyboarder"):
        top = tmp_path / format_id
        top.mkdir()
        export(board, pictures, format_id, top / "Tea", {})
        files = {
            str(path.relative_to(top)): path.read_bytes()
            for path in top.rglob("*")
            if path.is_file()
        }
        inside = tmp_path / f"{format_id}-in"
        inside.mkdir()
        _zip(inside / "it.zip", {**files, "__MACOSX/Tea/._Tea rain.otio": b"\0"})
        with handed_in(inside) as (path, sources):
            elsewhere = PictureFolder(tmp_path / f"{format_id}-new")
            assert import_file(path, None, sources, elsewhere, Board()).board == board


def test_names_bring_panels_home() -> None:
    panel = Panel(id="4f1c-2", frames=1)
    assert stem_of(11, panel) == "0120-4f1c-2_empty"
    found = panel_named(r"E:\cut\0120-4f1c-2_empty.mp4")
    assert found is not None
    assert (found.id, found.is_empty) == ("4f1c-2", True)
    filled = Panel(id="4f1c-2", frames=1, picture=Picture(sha256="0" * 64, width=16, height=16))
    found = panel_named(stem_of(11, filled))
    assert found is not None
    assert not found.is_empty
    assert panel_named("A001_C002.mov") is None
    assert last_part("file:///a/b%20c.mov") == "b c.mov"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Tea & <rain>", "Tea rain"),
        ("../../etc/passwd", "etc passwd"),
        ("", "Board"),
        ("NUL", "Board"),
        ("雨", "雨"),
        ("…", "Board"),
    ],
)
def test_titles_make_names_of_files(title: str, name: str) -> None:
    assert file_name(title) == name
    assert len(file_name("é" * 500, ".otio").encode()) < 200
