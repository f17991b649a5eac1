"""Muon: orthogonal steps, as torch's own takes them, many matrices at once."""

import pytest
import torch
from torch import nn, optim

from cut2next.training.muon import Muon, orthogonal


@pytest.mark.parametrize("shape", [(64, 64), (32, 160), (160, 32), (1, 7)])
def test_singular_values_come_near_one_and_vectors_stay(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    matrices = torch.randn(3, *shape, dtype=torch.float64)
    made, matrix = orthogonal(matrices)[1], matrices[1]
    assert made.shape == matrix.shape
    torch.testing.assert_close(made, orthogonal(matrix[None])[0])
    values = torch.linalg.svdvals(made)
    assert values.max() < 1.3
    assert values.median() > 0.6
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    inner = left.T @ made @ right.T
    torch.testing.assert_close(inner, inner.diagonal().diag(), atol=1e-6, rtol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_steps_agree_with_those_of_torch(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    shapes = ((48, 96), (96, 48), (48, 96))
    ours = [nn.Parameter(torch.randn(shape)) for shape in shapes]
    theirs = [nn.Parameter(matrix.detach().clone()) for matrix in ours]
    starts = [matrix.detach().clone() for matrix in ours]
    muon = Muon(ours, lr=0.01, weight_decay=0.1, dtype=dtype)
    reference = optim.Muon(theirs, lr=0.01, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    for _ in range(4):
        for mine, other in zip(ours, theirs, strict=True):
            mine.grad = torch.randn(mine.shape)
            other.grad = mine.grad.clone()
        muon.step()
        reference.step()
    for mine, other, start in zip(ours, theirs, starts, strict=True):
        difference = (mine - other).abs().max().item()
        assert difference < 0.02 * (mine - start).abs().max().item()  # bfloat16's share


def test_what_has_no_gradient_stays() -> None:
    still = nn.Parameter(torch.ones(4, 4))
    Muon([still], lr=1.0).step()
    assert torch.equal(still, torch.ones(4, 4))
