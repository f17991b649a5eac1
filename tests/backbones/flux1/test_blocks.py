"""One block: a segment feels exactly what its rule reads, and its own modulation row."""

import pytest
import torch
from hypothesis import example, given, settings
from tests.backbones.flux1.toy import toy
from tests.conditioning.oracle import layout_of, some_table
from torch import Tensor

from cut2next.backbones.flux1.attention import Rotary, rotated
from cut2next.backbones.flux1.blocks import gated, modulated
from cut2next.backbones.flux1.transformer import Flux1Transformer
from cut2next.conditioning import PAPER, TABLES, Segment, SegmentTable
from cut2next.conditioning.layout import Modulated, Pass

WIDTH = 16
MODEL = toy(num_layers=1, num_single_layers=1)


@pytest.mark.parametrize("kind", ["transformer_blocks", "single_transformer_blocks"])
@example(table=TABLES["paper"])
@example(table=TABLES["closed"])
@example(table=TABLES["sync-cond"])
@example(table=TABLES["full-attention"])
@given(table=some_table())
@settings(max_examples=25)
def test_a_change_is_felt_where_the_table_says(kind: str, table: SegmentTable) -> None:
    plan = layout_of(table).step()
    hidden, modulation = _hidden(plan), torch.randn(2, len(plan.rows), WIDTH).double()
    before = _through(kind, hidden, modulation, plan)
    # Not hidden + 1: a layer norm takes that away again.
    other = _hidden(plan)
    for changed in table.segments:
        after = _through(kind, {**hidden, changed: other[changed]}, modulation, plan)
        for reader in table.segments:
            felt = not torch.equal(before[reader], after[reader])
            assert felt == (changed in table[reader].reads), (reader, changed)


@pytest.mark.parametrize("kind", ["transformer_blocks", "single_transformer_blocks"])
@example(table=TABLES["paper"])
@example(table=TABLES["closed"])
@example(table=TABLES["sync-cond"])
@example(table=TABLES["full-attention"])
@given(table=some_table())
@settings(max_examples=10)
def test_a_modulation_row_is_felt_first_by_its_own_segments(kind: str, table: SegmentTable) -> None:
    plan = layout_of(table).step()
    hidden, modulation = _hidden(plan), torch.randn(2, len(plan.rows), WIDTH).double()
    before = _through(kind, hidden, modulation, plan)
    for row in range(len(plan.rows)):
        other = modulation.clone()
        other[:, row] += 1
        after = _through(kind, hidden, other, plan)
        under = {segment for segment in table.segments if plan.row[segment] == row}
        for segment in table.segments:
            felt = not torch.equal(before[segment], after[segment])
            assert felt == bool(under & table[segment].reads)


@pytest.mark.parametrize("kind", ["transformer_blocks", "single_transformer_blocks"])
def test_modulation_without_its_rows_is_refused(kind: str) -> None:
    plan = layout_of(PAPER).step()
    for shape in [(2, WIDTH), (2, 2, WIDTH), (2, 13, WIDTH)]:
        with pytest.raises(ValueError, match=r"expected \[B, 3, D\]"):
            _through(kind, _hidden(plan), torch.zeros(shape).double(), plan)


@pytest.mark.parametrize("kind", ["transformer_blocks", "single_transformer_blocks"])
def test_activations_stay_in_the_range_of_float16(kind: str) -> None:
    plan, model = layout_of(PAPER).step(), toy(torch.float16, num_layers=1, num_single_layers=1)
    for name, bias in model.named_parameters():
        if name.endswith((".ff.net.2.bias", ".ff_context.net.2.bias", "blocks.0.proj_out.bias")):
            torch.nn.init.constant_(bias, 60000)  # times a gate it is too much
    hidden = {segment: x.half() for segment, x in _hidden(plan).items()}
    modulation = torch.full((2, len(plan.rows), WIDTH), 9.0, dtype=torch.float16)
    for x in _through(kind, hidden, modulation, plan, model).values():
        assert x.isfinite().all()
        assert x.abs().max() == 65504


def test_stretches_get_their_rows() -> None:
    x, update, shift, scale = (torch.randn(2, length, 3) for length in (5, 5, 2, 2))
    stretches, row_of_token = (Modulated(1, 2), Modulated(0, 3)), [1, 1, 0, 0, 0]
    torch.testing.assert_close(
        modulated(x, shift, scale, stretches),
        x * (1 + scale[:, row_of_token]) + shift[:, row_of_token],
    )
    torch.testing.assert_close(
        gated(x, update, scale, stretches), x + scale[:, row_of_token] * update
    )


def test_positions_turn_pairs_by_their_angle() -> None:
    x, angle = torch.randn(2, 3, 4, 6, dtype=torch.float64), torch.randn(3, 1, 3).double()
    turned = torch.view_as_complex(x.unflatten(-1, (3, 2))) * torch.exp(1j * angle)
    twice = angle.repeat_interleave(2, dim=-1)
    rotary = Rotary(twice.cos(), twice.sin() * torch.tensor([-1, 1]).repeat(3))
    torch.testing.assert_close(rotated(x, rotary), torch.view_as_real(turned).flatten(-2))


def _hidden(plan: Pass) -> dict[Segment, Tensor]:
    return {
        segment: torch.randn(2, plan.layout.tokens(segment), WIDTH).double()
        for segment in plan.running
    }


def _through(
    kind: str,
    hidden: dict[Segment, Tensor],
    modulation: Tensor,
    plan: Pass,
    model: Flux1Transformer = MODEL,
) -> dict[Segment, Tensor]:
    """What one block makes of each segment."""
    rotary, sequence = model._rotary(plan, modulation.device), plan.sequence(plan.gathered(hidden))
    (block,) = getattr(model, kind)
    with torch.no_grad():
        return plan.split(block(sequence, modulation, rotary, plan, {}))
