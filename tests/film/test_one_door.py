"""Nothing but the door opens a file of a stranger: every call in the code that opens one is read.

A call that is none of a stranger's files stands below, with the reason.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

OPENS = {
    *("open", "read_text", "read_bytes", "ParquetFile", "safe_open", "load_file"),
    *("metadata_load", "read_table", "memory_map", "load", "ZipFile"),
}
"""Names of calls that open a file to read it."""
DOOR = {"checked", "opened", "BytesIO", "read_bytes"}
"""What such a call may be given: a path that was looked at, or what was read."""
NONE_OF_A_STRANGER = {
    "film/paths.py": "the door itself",
    "film/writing.py": "what it is writing",
    "film/scratch.py": "what it is writing",
    "film/locking.py": "locks, which are opened without waiting",
    "film/workers.py": "what the system tells",
    "film/packaged_weights.py": "archives that pip and npm just fetched, to the byte",
    "film/keyframe.py": "the door to pictures, which looks first",
    "cuts/opening.py": "the door to tables, which looks first",
    "cuts/parquet_pages.py": "what that door has looked at",
    "film/model_files.py": "the door to models, which looks first",
    "backbones/flux1/single_file.py": "what that door has looked at",
    "films/scorers/open_nsfw.py": "a picture that it has packed itself",
    "films/video.py": "films, which PyAV opens by name once they are regular files",
    "annotation/cache.py": "its own file, open already and known by its first line",
    "cli/threads.py": "what the system tells",
    "cli/streams.py": "/dev/null",
    "cutbench/features/store.py": "SQLite's business",
    "cutbench/study/server.py": "pages of the package",
    "cli/studio.py": "the store's business, and a browser",
    "studio/server/curation_routes.py": "pages of the package",
    "studio/server/files.py": "pages of the package",
    "pages/html.py": "pages of the package",
    "soundstage/raycaster.py": "the package's own code",
    "studio/exchange/sources.py": "files in a zip that the door has looked at",
    "cutbench/geometry/face_watcher.py": "weights that were compared to the byte",
}


def _opening(file: Path) -> Iterator[str]:
    """Calls that open a file to read it, other than what was looked at."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = _name(node.func)
        method = isinstance(node.func, ast.Attribute)
        given = node.args[0] if node.args else None
        if name not in OPENS or (given is not None and DOOR & set(_called(given))):
            continue
        if name == "load" and "np" not in ast.unparse(node.func):
            continue
        if name in ("read_text", "read_bytes") and not method:
            continue  # the door's
        if any(mode in ("w", "wb", "a", "ab", "x", "xb") for mode in _texts(node)):
            continue
        yield f"line {node.lineno}: {ast.unparse(node)[:80]}"


def _called(given: ast.expr) -> Iterator[str]:
    return (_name(node.func) for node in ast.walk(given) if isinstance(node, ast.Call))


def _texts(call: ast.Call) -> Iterator[object]:
    for value in (*call.args, *(keyword.value for keyword in call.keywords)):
        if isinstance(value, ast.Constant):
            yield value.value


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def test_every_call_that_opens_a_file_goes_through_the_door(project: Path) -> None:
    source = project / "src" / "cut2next"
    found = {
        str(file.relative_to(source)): calls
        for file in sorted(source.rglob("*.py"))
        if (calls := list(_opening(file)))
    }
    assert {name: found[name] for name in found.keys() - NONE_OF_A_STRANGER.keys()} == {}


def test_a_call_that_does_not_is_found(tmp_path: Path) -> None:
    file = tmp_path / "code.py"
    file.write_text("path.open('rb')\nopen(path)\npq.ParquetFile(checked(path))\npath.open('w')\n")
    assert list(_opening(file)) == ["line 1: path.open('rb')", "line 2: open(path)"]
