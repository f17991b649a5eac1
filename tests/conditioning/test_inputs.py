"""Inputs are a value; what has fewer samples is shared by neighbours."""

import pytest
import torch

from cut2next.conditioning import Segment, SegmentInputs
from cut2next.conditioning.inputs import of_batch

CP, CS, NP = Segment.CURRENT_PROMPT, Segment.CURRENT_SHOT, Segment.NEXT_PROMPT


def _inputs(batch: int = 2) -> SegmentInputs:
    return SegmentInputs(
        {CP: torch.randn(batch, 3, 4), CS: torch.randn(batch, 5, 6)}, {CP: torch.randn(batch, 7)}
    )


def test_nothing_is_given_of_nothing() -> None:
    empty = SegmentInputs()
    assert (empty.segments, empty.batch, empty.bytes) == (frozenset(), 0, 0)


def test_of_two_that_are_joined_the_second_counts() -> None:
    shots, cuts = _inputs(2), SegmentInputs({NP: torch.randn(6, 2, 4), CP: torch.randn(6, 3, 4)})
    both = shots | cuts
    assert both.segments == {CP, CS, NP}
    assert both.tokens[CP] is cuts.tokens[CP]
    assert both.pooled == shots.pooled
    assert both.batch == 6
    assert shots.segments == {CP, CS}


def test_some_segments_come_with_what_is_pooled_of_them_or_of_others() -> None:
    given = _inputs()
    assert given.only({CS}).pooled == {}
    assert given.only({CP}).pooled == given.pooled
    assert given.only({CS}, pooled={CP}).pooled == given.pooled
    assert given.only({CS}, pooled={CP}).segments == {CS}


def test_draws_of_a_sample_are_neighbours() -> None:
    given = _inputs(2)
    many = given.of_batch(6)
    assert torch.equal(many.tokens[CS], given.tokens[CS][[0, 0, 0, 1, 1, 1]])
    assert torch.equal(many.pooled[CP], given.pooled[CP][[0, 0, 0, 1, 1, 1]])
    with pytest.raises(ValueError, match="2 samples cannot be shared evenly by a batch of 3"):
        given.of_batch(3)


def test_one_sample_is_shared_without_a_copy() -> None:
    sample = torch.randn(1, 5, 6)
    shared = of_batch(sample, 4)
    assert shared.shape == (4, 5, 6)
    assert shared.data_ptr() == sample.data_ptr()
    assert of_batch(shared, 4) is shared


def test_gradients_of_all_draws_come_back() -> None:
    for batch in (1, 2):
        sample = torch.randn(batch, 3, requires_grad=True)
        of_batch(sample, 4).sum().backward()
        assert sample.grad is not None
        assert (sample.grad == 4 / batch).all()


def test_it_moves_as_a_whole() -> None:
    moved = _inputs().to("cpu", torch.bfloat16)
    tensors = [*moved.tokens.values(), *moved.pooled.values()]
    assert {tensor.dtype for tensor in tensors} == {torch.bfloat16}
    assert moved.bytes * 2 == _inputs().bytes


def test_several_are_one_batch_and_one_alone_stays_to_be_shared() -> None:
    first, second = _inputs(1), _inputs(1)
    both = SegmentInputs.cat([first, second])
    assert torch.equal(both.tokens[CS], torch.cat([first.tokens[CS], second.tokens[CS]]))
    assert both.pooled[CP].shape == (2, 7)
    assert SegmentInputs.cat([first, first]) is first
