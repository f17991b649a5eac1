"""Muon in float32: orthogonal steps, as torch's own takes them in bfloat16."""

import pytest
import torch
from torch import nn, optim

from cut2next.training.muon import Muon, orthogonal


@pytest.mark.parametrize("shape", [(64, 64), (32, 160), (160, 32), (1, 7)])
def test_singular_values_come_near_one_and_vectors_stay(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    matrix = torch.randn(shape, dtype=torch.float64)
    made = orthogonal(matrix)
    assert made.shape == matrix.shape
    values = torch.linalg.svdvals(made)
    assert values.max() < 1.3
    assert values.median() > 0.6
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    inner = left.T @ made @ right.T
    torch.testing.assert_close(inner, inner.diagonal().diag(), atol=1e-6, rtol=0)


def test_steps_agree_with_those_of_torch() -> None:
    torch.manual_seed(0)
    ours, theirs = nn.Parameter(torch.randn(48, 96)), nn.Parameter(torch.empty(48, 96))
    theirs.data.copy_(ours.data)
    start = ours.detach().clone()
    muon = Muon([ours], lr=0.01, weight_decay=0.1)
    reference = optim.Muon([theirs], lr=0.01, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    for _ in range(4):
        ours.grad = torch.randn(48, 96)
        theirs.grad = ours.grad.clone()
        muon.step()
        reference.step()
    difference = (ours - theirs).abs().max().item()
    assert difference < 0.02 * (ours - start).abs().max().item()  # bfloat16's share


def test_what_has_no_gradient_stays() -> None:
    still = nn.Parameter(torch.ones(4, 4))
    Muon([still], lr=1.0).step()
    assert torch.equal(still, torch.ones(4, 4))
