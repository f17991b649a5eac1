"""A store is a value: joined, repeated, moved, never emptied."""

import pytest
import torch

from cut2next.conditioning import KeysValues, KeyValueStore, Segment

CP, CS, RP = Segment.CURRENT_PROMPT, Segment.CURRENT_SHOT, Segment.RELATIONAL_PROMPT


def _store(*segments: Segment, layers: int = 2) -> KeyValueStore:
    return KeyValueStore(
        {
            f"blocks.{layer}": {
                segment: KeysValues(torch.randn(2, 3, 4, 5), torch.randn(2, 3, 4, 5))
                for segment in segments
            }
            for layer in range(layers)
        }
    )


def test_an_empty_store_holds_nothing() -> None:
    empty = KeyValueStore()
    assert empty.segments == frozenset()
    assert empty.bytes == 0
    assert empty.at("blocks.0") == {}


def test_reading_takes_nothing_out() -> None:
    store = _store(CP, CS)
    assert store.at("blocks.0") is store.at("blocks.0")
    assert store.segments == {CP, CS}
    assert store.bytes == 2 * 2 * 2 * (2 * 3 * 4 * 5) * 4


def test_merged_holds_both() -> None:
    half, relational = _store(CP, CS), _store(RP)
    both = half.merged(relational)
    assert both.segments == {CP, CS, RP}
    assert both.bytes == half.bytes + relational.bytes
    assert both.at("blocks.1")[RP] is relational.at("blocks.1")[RP]
    assert half.segments == {CP, CS}


def test_merging_with_nothing_changes_nothing() -> None:
    store = _store(CP)
    assert store.merged(KeyValueStore()) is KeyValueStore().merged(store) is store


def test_what_cannot_be_merged() -> None:
    with pytest.raises(ValueError, match="both stores hold current prompt"):
        _store(CP).merged(_store(CP, RP))
    with pytest.raises(ValueError, match="different layers"):
        _store(CP).merged(_store(RP, layers=3))


def test_draws_of_a_sample_are_neighbours() -> None:
    store = _store(CP)
    keys, repeated = store.at("blocks.0")[CP].keys, store.expand(3).at("blocks.0")[CP].keys
    assert torch.equal(repeated, keys[[0, 0, 0, 1, 1, 1]])


def test_it_moves_as_a_whole() -> None:
    moved = _store(CP).to("cpu", torch.bfloat16)
    assert {x.dtype for kv in moved.layers.values() for x in kv[CP]} == {torch.bfloat16}
