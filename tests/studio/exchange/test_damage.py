"""Files that were damaged on the way: each is read, or refused in a line; nothing else happens."""

import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.studio import boards

from cut2next.film import InputError
from cut2next.studio.board import Board
from cut2next.studio.exchange.formats import export, import_file
from cut2next.studio.exchange.sources import FolderSources
from cut2next.studio.pictures import PictureFolder

_BITS = (
    b"",
    b"0",
    b"-1",
    b'"',
    b"{",
    b"[",
    b"null",
    b"<",
    b"\x00",
    b"1e400",
    b"NaN",
    b"\xff",
    b":",
)
Damage = list[tuple[float, int, bytes]]
DAMAGE = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 40), st.sampled_from(_BITS)), min_size=1, max_size=3
)


def _damaged(whole: bytes, damage: Damage) -> bytes:
    for place, length, put in damage:
        begin = int(place * len(whole))
        whole = whole[:begin] + put + whole[begin + length :]
    return whole


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Of every format that is read from one file, what it holds; films fall away."""
    folder = tmp_path_factory.mktemp("whole")
    pictures = boards.folder(folder)
    board = boards.board(pictures)
    found = {}
    for name in ("otio", "otioz", "fcp7", "edl", "storyboarder"):
        export(board, pictures, name, folder / name, {})
        inside = sorted(path for path in (folder / name).glob("*.*") if path.is_file())
        found[name] = (inside[0] if inside else folder / name).read_bytes()
    return found


@pytest.mark.parametrize("name", ["otio", "otioz", "fcp7", "edl", "storyboarder"])
@settings(max_examples=40)
@given(damage=DAMAGE)
@example(damage=[(0.5, 10**9, b"")])
def test_a_damaged_file_is_read_or_refused(
    name: str, damage: Damage, files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    path = folder / f"it.{name}"
    path.write_bytes(_damaged(files[name], damage))
    try:
        import_file(path, name, FolderSources(folder), PictureFolder(folder / "p"), Board())
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017


def test_nothing_heavy_is_loaded_before_it_is_needed() -> None:
    code = (
        "import sys, cut2next.studio.exchange.formats\n"
        "heavy = {'torch', 'av', 'numpy', 'cv2', 'fpdf', 'opentimelineio', 'screenplay_tools'}\n"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == ""
