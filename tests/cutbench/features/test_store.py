import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from cut2next.cutbench.features.network import NetworkFacts
from cut2next.cutbench.features.store import FeatureStore
from cut2next.film import InputError, OutputError


def facts(**changed: str) -> NetworkFacts:
    """Of no network."""
    told = {"kind": "Toy", "name": "here", "weights": "0" * 64, "vector": "sum"} | changed
    return NetworkFacts(**told, preprocessing={"size": 8})


def test_vectors_come_back_to_the_last_bit(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    odd = np.array([-0.0, 1e-45, 3.4e38, np.nextafter(np.float32(1), np.float32(2))], np.float32)
    vectors = {bytes([n]): draw.normal(size=768).astype(np.float32) for n in range(9)} | {b"x": odd}
    FeatureStore(tmp_path / "features.sqlite").keep(facts(), vectors)
    found = FeatureStore(tmp_path / "features.sqlite").known(facts(), vectors)
    assert {key: one.tobytes() for key, one in found.items()} == {
        key: one.tobytes() for key, one in vectors.items()
    }


@pytest.mark.parametrize("changed", ["kind", "weights", "vector"])
def test_another_network_has_vectors_of_its_own(tmp_path: Path, changed: str) -> None:
    store = FeatureStore(tmp_path / "features.sqlite")
    store.keep(facts(), {b"a": np.ones(3, np.float32)})
    assert not store.known(facts(**{changed: "1"}), [b"a"])
    assert store.known(facts(name="elsewhere"), [b"a"])
    store.keep(facts(**{changed: "1"}), {b"a": np.zeros(3, np.float32)})
    assert [one.name for one in store.networks()] == ["here", "here"]
    assert set(store.known(facts(), [b"a"])[b"a"]) == {1}


def test_thousands_are_asked_for_at_once() -> None:
    store = FeatureStore(None)
    many = {number.to_bytes(4): np.full(2, number, np.float32) for number in range(3000)}
    store.keep(facts(), many)
    found = store.known(facts(), [*many, b"missing"])
    assert {key: one[0] for key, one in found.items()} == {key: one[0] for key, one in many.items()}


_WRITER = """
import sys
import numpy as np
from pathlib import Path
from tests.cutbench.features.test_store import facts
from cut2next.cutbench.features.store import FeatureStore
store = FeatureStore(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), int(sys.argv[3])):
    row = {f"{number}-{part}".encode(): np.full(64, number, np.float32) for part in range(8)}
    store.keep(facts(), row)
    print(number, flush=True)
"""


def writer(path: Path, first: int, last: int) -> "subprocess.Popen[str]":
    """Another process that keeps eight vectors at a time and says when it has."""
    command = [sys.executable, "-c", _WRITER, str(path), str(first), str(last)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def told(process: "subprocess.Popen[str]") -> list[int]:
    """What it said that it had kept."""
    assert process.stdout is not None
    with process.stdout as said:
        return [int(line) for line in said if line.endswith("\n")]


def test_what_was_kept_outlives_a_kill_and_nothing_is_half_there(tmp_path: Path) -> None:
    path = tmp_path / "features.sqlite"
    kept: list[int] = []
    for number in range(4):
        process = writer(path, 10_000 * number, 10_000 * (number + 1))
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.05 * number)
        process.send_signal(signal.SIGKILL)
        kept += [10_000 * number, *told(process)]
        process.wait()
    store = FeatureStore(path)
    for number in range(max(kept) + 3):
        keys = [f"{number}-{part}".encode() for part in range(8)]
        found = store.known(facts(), keys)
        assert len(found) == 8 if number in kept else len(found) in (0, 8)
        assert all((one == number).all() for one in found.values())


def test_many_processes_write_to_one_new_file(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "features.sqlite"
    processes = [writer(path, 10 * number, 10 * number + 15) for number in range(4)]
    assert [len(told(process)) for process in processes] == [15] * 4
    assert [process.wait() for process in processes] == [0] * 4
    keys = [f"{number}-7".encode() for number in range(45)]
    assert len(FeatureStore(path).known(facts(), keys)) == 45


def test_what_is_no_store_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not a store, by far " * 99)
    other = sqlite3.connect(tmp_path / "other")
    other.execute("CREATE TABLE votes (one)")
    other.close()
    before = (tmp_path / "other").read_bytes()
    with pytest.raises(InputError, match="not a database; expected a file of features"):
        FeatureStore(tmp_path / "text")
    with pytest.raises(InputError, match="holds other things"):
        FeatureStore(tmp_path / "other")
    assert (tmp_path / "other").read_bytes() == before  # not even its journal is another
    with pytest.raises(OutputError, match="cannot be used"):
        FeatureStore(tmp_path)
    FeatureStore(tmp_path / "ours").close()
    whole = (tmp_path / "ours").read_bytes()
    (tmp_path / "quoted").write_bytes(whole.replace(b"CREATE TABLE", b"CREATE \xa5ABLE"))
    with pytest.raises(InputError, match="damaged; expected a file of features"):
        FeatureStore(tmp_path / "quoted")


@pytest.mark.parametrize("mask", [0o077, 0o022, 0o002])
def test_a_store_has_the_rights_of_any_new_file(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        store = FeatureStore(tmp_path / "features.sqlite")
        store.keep(facts(), {b"a": np.ones(3, np.float32)})
        modes = {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes == {0o666 & ~mask}
