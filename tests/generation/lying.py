"""Model folders that lie: every key of every configuration with odd values, and odd files.

A lie is made of a whole folder, whichever it is, so that it does not matter what its numbers are.
"""

import json
import os
import random
import shutil
import signal
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

DEEP = "[" * 100_000
ODD: Sequence[str] = (
    *("null", "true", "-1", "0", "1", "7", "0.5", "1000000000", "1e30", "1" + "0" * 30, "NaN"),
    *("Infinity", "1e999", '""', '"9"', '"closed"', r'"\u001b[2J\ud800"', "[]", "{}", "[null]"),
    *("[1]", "[8, 8, 8, 8]", "[-1, 0, 3]", "[1000000000, 1000000000]", '["a", "b"]', '{"a": 1}'),
    *('["os", "system"]', "[" * 900 + "]" * 900),
)
"""Values as they are written: JSON of the wrong kind, too large, too small, no number."""


TRAINED = ("format", "backbone", "table", "base", "segments", "prompt_tokens")
"""What the header of a LoRA says of how it was trained."""
UNWRITTEN: Mapping[str, Sequence[str]] = {
    "config.json": (
        *("auto_map", "quantization_config", "attn_implementation", "return_dict", "is_decoder"),
        *("output_hidden_states", "output_attentions", "chunk_size_feed_forward", "torch_dtype"),
        *(
            "pruned_heads",
            "num_labels",
            "id2label",
            "tie_word_embeddings",
            "experts_implementation",
        ),
    ),
    "tokenizer_config.json": (
        *("auto_map", "extra_ids", "padding_side", "truncation_side", "added_tokens_decoder"),
        *("extra_special_tokens", "chat_template", "vocab_file", "legacy", "from_slow"),
    ),
    "model_index.json": ("image_encoder", "feature_extractor", "evil", "backbone", "format"),
}
"""Keys that a file of that name may have, and libraries go by, though those here have not."""


class Lie(NamedTuple):
    """What is told, and what tells it in a copy of a folder."""

    name: str
    tell: Callable[[Path], None]


def lies(folder: Path) -> Iterator[Lie]:
    """All lies about a folder, in the same order each time."""
    for path in sorted(folder.rglob("*")):
        file = str(path.relative_to(folder))
        if path.is_file():
            yield from _odd_files(file)
        if path.suffix == ".json" and path.name != "tokenizer.json":
            yield from _odd_values(file, json.loads(path.read_bytes()))
        elif path.suffix == ".json":
            yield from _odd_words(file, json.loads(path.read_bytes()))
        elif path.suffix == ".safetensors":
            yield from _odd_headers(file)


def chosen(folder: Path, count: int, seed: int) -> list[Lie]:
    """So many of them, the same for a seed."""
    every = list(lies(folder))
    return random.Random(seed).sample(every, min(count, len(every)))


def lying(folder: Path, lie: Lie, copy: Path) -> Path:
    """A copy of a folder that tells a lie; what is not written anew is linked."""
    shutil.copytree(folder, copy, copy_function=os.link)
    lie.tell(copy)
    return copy


@contextmanager
def within(seconds: int = 20) -> Iterator[None]:
    """Ends what waits for a pipe, say: nothing that is done here takes so long."""

    def late(*_: object) -> None:
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _odd_values(file: str, held: dict[str, Any]) -> Iterator[Lie]:
    for key in (*held, *UNWRITTEN.get(Path(file).name, ())):
        for value in (*ODD, DEEP):
            name = f"{file}: {key}={value[:32]}"
            yield Lie(name, partial(_rewrite, file=file, key=key, value=value))


def _rewrite(folder: Path, *, file: str, key: str, value: str) -> None:
    """One key anew; the value is put in as it is written, whether JSON or not."""
    held = json.loads((folder / file).read_bytes())
    kept = json.dumps({name: x for name, x in held.items() if name != key})
    comma = "" if kept == "{}" else ", "
    _replace(folder / file, f"{kept[:-1]}{comma}{json.dumps(key)}: {value}}}".encode())


def _odd_words(file: str, held: dict[str, Any]) -> Iterator[Lie]:
    """A tokenizer's file, whose keys have an inside that counts."""
    yield from _odd_values(file, held)
    for part in ("model", "normalizer", "post_processor"):
        for key in held.get(part) or ():
            for value in ODD:
                yield Lie(
                    f"{file}: {part}.{key}={value[:32]}",
                    partial(_rewrite_within, file=file, part=part, key=key, value=value),
                )


def _rewrite_within(folder: Path, *, file: str, part: str, key: str, value: str) -> None:
    held = json.loads((folder / file).read_bytes())
    held[part][key] = "@@"
    _replace(folder / file, json.dumps(held).replace('"@@"', value).encode())


def _odd_files(file: str) -> Iterator[Lie]:
    contents = {
        "empty": b"",
        "null": b"null",
        "a list": b"[1]",
        "deep": DEEP.encode(),
        "deep objects": b'{"a":' * 100_000,
        "zeros": bytes(100),
        "no UTF-8": b'{"a": "\xff\xfe"}',
        "an escape": b'{"\\u001b[2J": 1}',
        "many digits": b'{"a": ' + b"9" * 5000 + b"}",
    }
    for name, content in contents.items():
        yield Lie(f"{file} is {name}", partial(_overwrite, file=file, content=content))
    for kind in (_missing, _fifo, _loop, _folder, _huge, _device):
        yield Lie(f"{file} is {kind.__name__[1:]}", partial(kind, file=file))


def _overwrite(folder: Path, *, file: str, content: bytes) -> None:
    _replace(folder / file, content)


def _missing(folder: Path, *, file: str) -> None:
    (folder / file).unlink()


def _fifo(folder: Path, *, file: str) -> None:
    (folder / file).unlink()
    os.mkfifo(folder / file)


def _loop(folder: Path, *, file: str) -> None:
    (folder / file).unlink()
    (folder / file).symlink_to(Path(file).name)


def _device(folder: Path, *, file: str) -> None:
    (folder / file).unlink()
    (folder / file).symlink_to("/dev/zero")


def _folder(folder: Path, *, file: str) -> None:
    (folder / file).unlink()
    (folder / file).mkdir()


def _huge(folder: Path, *, file: str) -> None:
    """Two gigabytes, and nothing on the disk."""
    _replace(folder / file, b"")
    os.truncate(folder / file, 2 << 30)


def _odd_headers(file: str) -> Iterator[Lie]:
    changes: dict[str, dict[str, Any]] = {
        "numbers of another kind": {"dtype": "I64"},
        "an unknown kind": {"dtype": "Q7"},
        "no kind": {"dtype": None},
        "one number": {"shape": []},
        "a negative shape": {"shape": [-1]},
        "a huge shape": {"shape": [2**40, 2**40]},
        "nothing by many": {"shape": [2**40, 0], "data_offsets": [0, 0]},
        "offsets that overlap": {"data_offsets": [0, 4]},
        "offsets the wrong way": {"data_offsets": [8, 4]},
        "offsets beyond": {"data_offsets": [0, 2**50]},
        "a deep shape": {"shape": [[[[1]]]]},
    }
    for name, change in changes.items():
        yield Lie(f"{file}: {name}", partial(_reheaded, file=file, change=change))
    for key in ("format", "lora_adapter_metadata", *(f"cut2next.{name}" for name in TRAINED)):
        for value in (*ODD, DEEP):
            change = {key: value}
            name = f"{file}: metadata {key}={value[:32]}"
            yield Lie(name, partial(_reheaded, file=file, change=change, of="__metadata__"))
    yield Lie(f"{file}: whole numbers", partial(_whole_numbers, file=file))
    yield Lie(f"{file}: transposed", partial(_transposed, file=file))
    yield Lie(f"{file}: many more", partial(_more, file=file))
    for size in (0, 2**31, 2**63, 100_000_000):
        yield Lie(f"{file}: a header of {size}", partial(_resized, file=file, size=size))
    names: tuple[object, ...] = ("../../x", "/etc/passwd", "a/b", "", "\0", "x" * 300, 5, None, [])
    for beside in names:
        yield Lie(f"{file}: in {beside!r:.20}", partial(_indexed, file=file, name=beside))


def header_of(path: Path) -> tuple[dict[str, Any], bytes]:
    """The header of a file of safetensors, and what comes after it."""
    held = path.read_bytes()
    (size,) = struct.unpack("<Q", held[:8])
    return json.loads(held[8 : 8 + size]), held[8 + size :]


def reheaded(path: Path, header: dict[str, Any], content: bytes) -> None:
    """The file anew."""
    told = json.dumps(header).encode()
    _replace(path, struct.pack("<Q", len(told)) + told + content)


def _reheaded(folder: Path, *, file: str, change: dict[str, Any], of: str = "") -> None:
    header, content = header_of(folder / file)
    name = of or min(header.keys() - {"__metadata__"})
    reheaded(folder / file, {**header, name: {**header.get(name, {}), **change}}, content)


def _whole_numbers(folder: Path, *, file: str) -> None:
    header, content = header_of(folder / file)
    kinds = {"F32": "I32", "BF16": "I16", "F16": "I16"}
    for name in header.keys() - {"__metadata__"}:
        header[name]["dtype"] = kinds[header[name]["dtype"]]
    reheaded(folder / file, header, content)


def _transposed(folder: Path, *, file: str) -> None:
    header, content = header_of(folder / file)
    for name in header.keys() - {"__metadata__"}:
        header[name]["shape"].reverse()
    reheaded(folder / file, header, content)


def _more(folder: Path, *, file: str) -> None:
    header, content = header_of(folder / file)
    nothing = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    reheaded(folder / file, {**header, **{f"x{n}": nothing for n in range(200_000)}}, content)


def _resized(folder: Path, *, file: str, size: int) -> None:
    held = (folder / file).read_bytes()
    _replace(folder / file, struct.pack("<Q", size) + held[8:])


def _indexed(folder: Path, *, file: str, name: object) -> None:
    header, _ = header_of(folder / file)
    told = {"metadata": {}, "weight_map": dict.fromkeys(header.keys() - {"__metadata__"}, name)}
    index = (folder / file).with_suffix(".safetensors.index.json")
    _replace(index, json.dumps(told).encode())
    (folder / file).unlink()


def _replace(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    path.write_bytes(content)
