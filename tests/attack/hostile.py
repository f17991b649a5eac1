"""Files as a stranger would make them: good ones with something in them that nobody expects."""

import json
import os
import shutil
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import pyarrow
import pyarrow.parquet
from PIL import Image

WORDS = (
    "", " ", "-", "--", "None", "null", "NaN", "café", "a\nb", "\x1b[31mred\x1b[0m", "\x07", "‮gnp",
    "\U0001d4b3" * 50, "x" * 100_000, "../../etc/passwd", "=1+1",
    "<script>alert(1)</script>", "a,b\"c'd",
    "%s%n{}", "\udcff", "\uff11\uff12", "İ", "{" * 50, "\\", "CON", "~", "$HOME", "*",
)  # fmt: skip
NUMBERS = (
    "0", "-1", "1", "2", "1e9", "1e400", "nan", "inf", "-inf", "0x10", "1_000", "٣", "9" * 400,
    "2147483648", "9223372036854775808", ".5", "1.5", "-0", "+1", "1/0", "1,5", "--", "",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1, 2**31, 2**63, 10**30, 0.5, -0.0, float("nan"), float("inf"), 1e308,
    "", "nan", "1/0", "x" * 5000, "\x1b[31m", "‮", "../..", [], {}, [None],
    [[[[]]]], {"": {}}, [1] * 999,
)  # fmt: skip


def a_word(chance: Random) -> str:
    """What may be typed, or not be."""
    return chance.choice((*WORDS, *NUMBERS))


def a_path(chance: Random, folder: Path) -> str:
    """A name of something that is no use, made in a folder where it must be."""
    made = folder / f"odd{chance.randrange(10**6)}"
    kind = chance.choice(_PATHS)
    if isinstance(kind, str):
        return kind
    with suppress(FileExistsError):
        kind(made)
    return str(made)


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def _locked(path: Path) -> None:
    path.mkdir(mode=0o000)


_PATHS: tuple[str | Callable[[Path], object], ...] = (
    "", ".", "/", "..", "nowhere", "nowhere/x", "a" * 256, "é" * 200, "x/" * 2100 + "x", "a\nb.png",
    "\udcff.png", "/dev/null", "/dev/zero", "/dev/stdin", "/dev/full", "/proc/self/mem", "-", "--",
    "http://127.0.0.1:9/x", "nobody/nothing", "C:\\x", "~", "x:0.5", ":", "out.png/",
    os.mkfifo, _loop, _socket, _locked, Path.mkdir, Path.touch,
    lambda path: path.write_bytes(b"\0" * 4096),
    lambda path: path.write_text("{" * 100_000),
    lambda path: path.write_text("a;b\n1;2\n"),
)  # fmt: skip


def changed(value: Any, chance: Random) -> Any:
    """A tree of lists and mappings in which one thing is something else, missing or there twice."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        name = chance.choice(list(value))
        match chance.randrange(8):
            case 0:
                return {key: inner for key, inner in value.items() if key != name}
            case 1:
                return {**value, chance.choice(WORDS): chance.choice(VALUES)}
            case _:
                return {**value, name: changed(value[name], chance)}
    if isinstance(value, list) and value and chance.random() < 0.9:
        at = chance.randrange(len(value))
        return [*value[:at], changed(value[at], chance), *value[at + chance.randrange(2) :]]
    return chance.choice(VALUES)


def changed_bytes(data: bytes, chance: Random) -> bytes:
    """Cut short, with some of them changed, with more behind, or something else altogether."""
    at = chance.randrange(max(len(data), 1))
    match chance.randrange(6):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + chance.randbytes(8) + data[at + 8 :]
        case 2:
            return chance.randbytes(8) + data[8:]
        case 3:
            return b""
        case 4:
            return data + chance.randbytes(100)
        case _:
            return chance.choice(PICTURES)


def changed_json(path: Path, chance: Random) -> None:
    """One value of a JSON file, or of one of its lines; or its text."""
    lines = path.read_bytes().splitlines() if path.suffix == ".jsonl" else [path.read_bytes()]
    at = chance.randrange(len(lines))
    if chance.random() < 0.8:
        lines[at] = json.dumps(changed(json.loads(lines[at]), chance)).encode()
    else:
        deep = (b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe", b'"\\ud800"', b"1" * 10_000)
        lines[at] = chance.choice((*deep, changed_bytes(lines[at], chance)))
    path.write_bytes(b"\n".join(lines))


def changed_safetensors(path: Path, chance: Random) -> None:
    """One value of a header that says where tensors lie, or its bytes."""
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    if chance.random() < 0.3:
        path.write_bytes(changed_bytes(data, chance))
        return
    header = json.dumps(changed(json.loads(data[8 : 8 + length]), chance)).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + data[8 + length :])


def changed_parquet(path: Path, chance: Random) -> None:
    """One value of a row, the type of a column, its name, or the file's bytes."""
    table = pyarrow.parquet.read_table(path)
    column = chance.choice(table.column_names)
    at = table.column_names.index(column)
    match chance.randrange(10):
        case 0:
            path.write_bytes(changed_bytes(path.read_bytes(), chance))
            return
        case 1:
            table = table.drop_columns([column])
        case 2:
            names = [chance.choice(WORDS[3:]) if n == column else n for n in table.column_names]
            table = table.rename_columns([name.encode(errors="replace").decode() for name in names])
        case 3:
            table = table.slice(0, 0)
        case 4:
            table = table.set_column(at, column, pyarrow.nulls(len(table), table[column].type))
        case 5:
            other = pyarrow.array([chance.choice(VALUES[1:4])] * len(table))
            table = table.set_column(at, column, other)
        case _:
            table = _with_a_changed_value(table, column, chance)
    pyarrow.parquet.write_table(table, path)


def _with_a_changed_value(table: Any, column: str, chance: Random) -> Any:
    rows = table.to_pylist()
    row = chance.choice(rows)
    for _ in range(20):
        before, row[column] = row[column], changed(row[column], chance)
        with suppress(pyarrow.ArrowException, OverflowError, UnicodeError, TypeError, ValueError):
            return pyarrow.Table.from_pylist(rows, table.schema)
        with suppress(pyarrow.ArrowException, OverflowError, UnicodeError, TypeError, ValueError):
            return pyarrow.Table.from_pylist(rows)
        row[column] = before
    return table


def changed_folder(path: Path, chance: Random) -> None:
    """One file of it is something else, gone, a pipe, or leads elsewhere."""
    files = [file for file in path.rglob("*") if file.is_file() and not file.is_symlink()]
    file = chance.choice(files)
    match chance.randrange(12):
        case 0:
            file.unlink()
        case 1:
            file.unlink()
            os.mkfifo(file)
        case 2:
            file.unlink()
            file.symlink_to(chance.choice((file, Path("/etc/passwd"), Path("/dev/zero"), path)))
        case 3:
            file.unlink()
            file.mkdir()
        case _:
            change_file(file, chance)


def change_file(path: Path, chance: Random) -> None:
    """Something in it is not as it should be, in the way of its kind."""
    match path.suffix:
        case ".json" | ".jsonl":
            changed_json(path, chance)
        case ".safetensors":
            changed_safetensors(path, chance)
        case ".parquet":
            changed_parquet(path, chance)
        case _:
            path.write_bytes(changed_bytes(path.read_bytes(), chance))


def hostile_copy(good: Path, place: Path, chance: Random) -> None:
    """A copy of a file or a folder that a stranger has had in hands."""
    if good.is_dir():
        shutil.copytree(good, place)
        changed_folder(place, chance)
    else:
        shutil.copyfile(good, place)
        change_file(place, chance)


def _picture(kind: str, size: tuple[int, int] = (64, 48), mode: str = "RGB", **more: Any) -> bytes:
    file = BytesIO()
    Image.new(mode, size).save(file, format=kind, **more)
    return file.getvalue()


def _bomb() -> bytes:
    """A PNG that says it is of 60,000 by 60,000."""
    data = bytearray(_picture("PNG"))
    data[16:24] = struct.pack(">II", 60_000, 60_000)
    return bytes(data)


PICTURES = (
    _picture("EPS"),
    _picture("PNG", (1, 1)),
    _picture("GIF", save_all=True, append_images=[Image.new("RGB", (64, 48), "red")]),
    _picture("TIFF", mode="F"),
    _picture("JPEG", mode="CMYK"),
    _picture("PNG", mode="I;16"),
    _picture("PNG", (3000, 16)),
    _bomb(),
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) run\n",
    b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    b"GGUF" + b"\xff" * 100,
    b"PK\x03\x04" + b"\0" * 100,
    b"\x80\x04\x95junk.",
)
"""Pictures that are not what is expected, and files that are none."""
