"""What the autoencoder begins as."""

import numpy as np
import torch
from torch import Tensor

from cut2next.backbones.mini import architecture
from cut2next.recipes.mini.encoding import to_model
from cut2next.recipes.mini.first_code import PrincipalComponents, balance, begin


def coarse(count: int, block: int) -> Tensor:
    """Pictures of four by four squares, each of one colour."""
    chance = np.random.default_rng(0)
    colors = chance.integers(0, 256, (count, 4, 4, 3)).astype(np.uint8)
    return to_model(colors.repeat(block, axis=1).repeat(block, axis=2))


def test_the_first_code_is_uncorrelated_and_of_what_varies_most() -> None:
    pictures = coarse(40, 8)
    code = PrincipalComponents(pictures, 4, block=8)(pictures)
    assert code.shape == (40, 4, 4, 4)
    values = code.permute(1, 0, 2, 3).flatten(1)
    covariance = torch.cov(values)
    torch.testing.assert_close(covariance, covariance.diagonal().diag(), atol=1e-3, rtol=0)
    assert covariance[3, 3] < 1e-3 * covariance[2, 2]  # three colors are all that varies


@torch.no_grad()
def test_a_new_autoencoder_knows_there_and_back_without_training() -> None:
    torch.manual_seed(0)
    model, pictures = architecture.autoencoder(), coarse(30, 16)
    begin(model, pictures)
    code = model.encode(pictures).latent
    torch.testing.assert_close(
        code, PrincipalComponents.of_code(model, pictures)(pictures), atol=0.05, rtol=0
    )
    error = (model.decode(code).sample - pictures).square().mean().sqrt()
    assert error < 0.15 * pictures.std()


@torch.no_grad()
def test_balanced_channels_spread_as_at_first_and_pictures_come_back_the_same() -> None:
    torch.manual_seed(0)
    model, pictures = architecture.autoencoder().eval(), torch.rand(12, 3, 128, 128) * 2 - 1
    before = model.decode(model.encode(pictures).latent).sample
    balance(model, pictures)
    code = model.encode(pictures).latent
    wanted = PrincipalComponents.of_code(model, pictures)(pictures).std(dim=(0, 2, 3))
    torch.testing.assert_close(code.std(dim=(0, 2, 3)), wanted, atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(model.decode(code).sample, before, atol=1e-4, rtol=1e-3)
