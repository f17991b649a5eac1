"""What a stranger's model has in its folder is looked into before any library is let at it."""

import json
import os
import resource
import struct
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cut2next.backbones.mini import weights_folder
from cut2next.film import InputError
from cut2next.film.model_files import check_files, check_folder, opened
from cut2next.film.paths import refused

WHOLE = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
NOTHING = {"dtype": "F32", "shape": [0], "data_offsets": [4, 4]}
MANY = {"w": WHOLE, **{f"x{number}": NOTHING for number in range(2**15)}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model of one number."""
    settings = {"num_layers": 2, "hidden_size": 4, "id2label": {str(n): "x" for n in range(5000)}}
    (tmp_path / "config.json").write_text(json.dumps(settings))
    (tmp_path / "sub").mkdir()
    written(tmp_path, {"w": WHOLE})
    return tmp_path


def written(folder: Path, header: dict[str, Any]) -> None:
    told = json.dumps(header).encode()
    file = folder / "model.safetensors"
    file.write_bytes(struct.pack("<Q", len(told)) + told + bytes(4))


def line(folder: Path) -> str:
    with pytest.raises(InputError) as error:
        check_folder(folder)
    assert str(error.value).isprintable()
    return str(error.value)


def test_a_whole_one_passes(folder: Path) -> None:
    check_folder(folder)
    with opened(folder / "model.safetensors", refused) as file:
        assert list(file.keys()) == ["w"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"num_hidden_layers": 10**9}, "num_hidden_layers=1000000000, of which no network"),
        ({"vision_config": {"depth": 2000}}, "depth=2000"),
        ({"hidden_size": -(10**12)}, "hidden_size=-1000000000000"),
        ({"blocks": [1] * 5000}, "blocks=[1, 1"),
        ({"blocks": [[[10**10]]]}, "blocks=10000000000"),
    ],
)
def test_what_asks_for_something_enormous_is_refused(
    folder: Path, settings: dict[str, Any], said: str
) -> None:
    (folder / "config.json").write_text(json.dumps(settings))
    assert said in line(folder)


def test_a_pipe_or_a_device_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "merges.txt")
    assert "merges.txt: is a pipe" in line(folder)
    (folder / "merges.txt").unlink()
    (folder / "vocab.json").symlink_to("/dev/zero")
    assert "vocab.json: is a pipe, a device" in line(folder)


def test_json_is_whole_and_neither_deep_nor_large(folder: Path) -> None:
    other = folder / "generation_config.json"
    other.write_text("[" * 100_000 + "]" * 100_000)
    assert "generation_config.json: is no JSON" in line(folder)
    os.truncate(other, 2**31)
    assert "generation_config.json: is too large" in line(folder)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}, "damaged"),
        ({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 2**50]}}, "damaged"),
        ({"w": {"dtype": "Q7", "shape": [1], "data_offsets": [0, 4]}}, "damaged"),
        ({"__metadata__": {"a": "b" * 2**24}}, "a header of 16,777,"),
        (MANY, "over 32,768 tensors"),
        ({"w" * 1001: WHOLE}, "1,000 letters"),
    ],
    ids=["size", "beyond", "kind", "flood", "many", "name"],
)
def test_headers_of_weights_are_held_against_their_file(
    folder: Path, header: dict[str, Any], said: str
) -> None:
    written(folder, header)
    assert said in line(folder)


def test_a_tokenizer_is_tried(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{}")
    assert "has a tokenizer that does not read a sentence" in line(folder)


def test_what_file_managers_put_beside_each_file_is_left_alone(folder: Path) -> None:
    for name in ("._config.json", "._model.safetensors", ".DS_Store"):
        (folder / name).write_bytes(b"\x00\x05\x16\x07")
    check_folder(folder)
    os.mkfifo(folder / ".hidden.json")
    assert ".hidden.json: is a pipe" in line(folder)


@pytest.mark.parametrize("name", ["tokenizer.json", "tekken.json"])
def test_files_of_words_may_be_as_large_as_those_that_there_are(folder: Path, name: str) -> None:
    """Gemma 2's, as text encoders of diffusers' models have it, takes 34.4 MB."""
    (folder / name).write_bytes(b"{}" + b" " * 34_400_000)
    check_files(folder, refused)


def test_an_index_names_files_beside_it(folder: Path) -> None:
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"w": "model.safetensors"}}))
    check_folder(folder)
    index.write_text(json.dumps({"weight_map": {"w": "../pipe"}}))
    assert "names ../pipe, which is elsewhere" in line(folder)


def test_a_tokenizer_is_tried_where_there_is_less_memory_than_it_may_take() -> None:
    """As `ulimit -v` has it."""
    least = (3 * 2**30, 3 * 2**30)
    command = [sys.executable, "-m", "cut2next.film.word_trial", "20"]
    command.append(str(weights_folder() / "tokenizer"))
    limited = partial(resource.setrlimit, resource.RLIMIT_AS, least)
    tried = subprocess.run(command, preexec_fn=limited, capture_output=True, check=False)
    assert (tried.returncode, tried.stderr) == (0, b"")
