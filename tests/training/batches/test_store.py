"""What is kept is whole or not there, and what was damaged counts as not there."""

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cut2next.film import InputError, OutputError
from cut2next.training.batches.store import TensorStore, digest_of, share_of

DIGEST = digest_of("a")


def test_what_was_written_is_there(tmp_path: Path) -> None:
    store = TensorStore(folder=tmp_path)
    assert not store.has(DIGEST)
    given = {"a": torch.randn(3, 4).T, "b": torch.zeros(2, dtype=torch.bfloat16)}
    store.write(DIGEST, given)
    assert store.has(DIGEST)
    read = store.read(DIGEST)
    assert read.keys() == given.keys()
    assert all(torch.equal(read[name], given[name]) for name in given)
    assert [path.name for path in tmp_path.rglob("*")] == [DIGEST[:2], f"{DIGEST}.safetensors"]


@pytest.mark.parametrize("keep", [0, 5, 60, -1])
def test_what_is_cut_short_is_not_there_and_can_be_made_again(tmp_path: Path, keep: int) -> None:
    store = TensorStore(folder=tmp_path)
    store.write(DIGEST, {"a": torch.ones(10)})
    path = store.path(DIGEST)
    path.write_bytes(path.read_bytes()[:keep])
    assert not store.has(DIGEST)
    with pytest.raises(InputError, match=rf"{DIGEST}.*cannot be read.*start again"):
        store.read(DIGEST)
    store.write(DIGEST, {"a": torch.ones(10)})
    assert store.has(DIGEST)


def test_a_disk_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        TensorStore(folder=tmp_path / "file").write(DIGEST, {"a": torch.ones(1)})


def test_a_digest_tells_where_one_part_ends() -> None:
    assert (
        len({digest_of(parts) for parts in (("ab", "c"), ("a", "bc"), ("abc",), ("c", "ab"))}) == 4
    )


@given(st.integers(0, 100), st.integers(1, 9))
def test_processes_share_all_there_is_evenly(count: int, processes: int) -> None:
    shares = [share_of(count, process, processes) for process in range(processes)]
    assert [number for share in shares for number in share] == list(range(count))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
