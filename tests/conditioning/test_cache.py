"""A cache is a value: joined, repeated, moved, never emptied."""

import pytest
import torch

from cut2next.conditioning import KeysValues, KVCache, Segment

CP, CS, RP = Segment.CURRENT_PROMPT, Segment.CURRENT_SHOT, Segment.RELATIONAL_PROMPT


def _cache(*segments: Segment, layers: int = 2) -> KVCache:
    return KVCache(
        {
            f"blocks.{layer}": {
                segment: KeysValues(torch.randn(2, 3, 4, 5), torch.randn(2, 3, 4, 5))
                for segment in segments
            }
            for layer in range(layers)
        }
    )


def test_an_empty_cache_holds_nothing() -> None:
    empty = KVCache()
    assert empty.segments == frozenset()
    assert empty.bytes == 0
    assert empty.at("blocks.0") == {}


def test_reading_takes_nothing_out() -> None:
    cache = _cache(CP, CS)
    assert cache.at("blocks.0") is cache.at("blocks.0")
    assert cache.segments == {CP, CS}
    assert cache.bytes == 2 * 2 * 2 * (2 * 3 * 4 * 5) * 4


def test_merged_holds_both() -> None:
    half, relational = _cache(CP, CS), _cache(RP)
    both = half.merged(relational)
    assert both.segments == {CP, CS, RP}
    assert both.bytes == half.bytes + relational.bytes
    assert both.at("blocks.1")[RP] is relational.at("blocks.1")[RP]
    assert half.segments == {CP, CS}


def test_merging_with_nothing_changes_nothing() -> None:
    cache = _cache(CP)
    assert cache.merged(KVCache()) is KVCache().merged(cache) is cache


def test_what_cannot_be_merged() -> None:
    with pytest.raises(ValueError, match="both caches hold current prompt"):
        _cache(CP).merged(_cache(CP, RP))
    with pytest.raises(ValueError, match="different layers"):
        _cache(CP).merged(_cache(RP, layers=3))


def test_draws_of_a_sample_are_neighbours() -> None:
    cache = _cache(CP)
    keys, repeated = cache.at("blocks.0")[CP].keys, cache.at("blocks.0")[CP].of_batch(6).keys
    assert torch.equal(repeated, keys[[0, 0, 0, 1, 1, 1]])


def test_it_moves_as_a_whole() -> None:
    moved = _cache(CP).to("cpu", torch.bfloat16)
    assert {x.dtype for kv in moved.layers.values() for x in kv[CP]} == {torch.bfloat16}


def test_a_batch_of_caches_holds_the_samples_of_each_in_turn() -> None:
    first, second = _cache(CP, CS), _cache(CP, CS)
    both = KVCache.cat([first, second])
    for layer in ("blocks.0", "blocks.1"):
        for segment in (CP, CS):
            for cache, samples in ((first, slice(2)), (second, slice(2, 4))):
                assert torch.equal(
                    both.at(layer)[segment].keys[samples], cache.at(layer)[segment].keys
                )
                assert torch.equal(
                    both.at(layer)[segment].values[samples], cache.at(layer)[segment].values
                )
    assert KVCache.cat([first, first]) is first  # shared, not copied
