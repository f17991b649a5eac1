"""Training the autoencoder on crops of the rushes; it is trained first, and looked at.

Left to themselves, an encoder and a decoder this small spend their first thousand steps agreeing on
a code. They are given one: the sixteen principal components of 8×8 blocks, to begin with.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from einops import rearrange
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from cut2next.backbones.mini.architecture import Autoencoder
from cut2next.training.loop import Run, train
from cut2next.training.optimizer import MatrixOptimizer

Pictures = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class AutoencoderRun(Run):
    """How the autoencoder is trained."""

    steps: int = 2400
    batch: int = 8
    crop: int = 64
    """Pixels a side; the autoencoder is convolutional, so crops teach it as much for less."""
    learning_rate: float = 2e-3
    warmup: int = 20
    cooldown: float = 0.4
    taught: int = 300
    """Steps, to begin with, in which the decoder reads the principal components."""
    noise: float = 0.03
    """Added to the code, so that small errors of a transformer do little harm."""
    checkpoint_every: int = 250


class PrincipalComponents:
    """The code to begin with: components of 8×8 blocks, weak ones made a little stronger."""

    def __init__(self, pictures: Tensor, channels: int) -> None:
        blocks = rearrange(_blocks(pictures), "b h w d -> (b h w) d")
        self.mean = blocks.mean(dim=0)
        strengths, components = torch.linalg.eigh(torch.cov((blocks - self.mean).T))
        strengths, components = strengths.flip(0)[:channels], components.flip(1)[:, :channels]
        # Half-way between raw components, where the weak drown in a transformer's noise, and
        # whitened ones, where what the eye hardly sees counts as much as the rest.
        self.components = components / strengths.sqrt().sqrt() / strengths.mean().sqrt().sqrt()

    def __call__(self, pictures: Tensor) -> Tensor:
        """[B, 3, H, W] to [B, C, H/8, W/8]."""
        code = (_blocks(pictures) - self.mean) @ self.components
        arranged: Tensor = rearrange(code, "b h w c -> b c h w")
        return arranged


def train_autoencoder(
    model: Autoencoder, pictures: Pictures, run: AutoencoderRun, folder: Path
) -> Iterator[tuple[int, float]]:
    """Trains in place on `pictures` [N, H, W, 3], going on from `folder`; yields (step, loss)."""
    model.to(memory_format=torch.channels_last)  # type: ignore[call-arg]
    components = PrincipalComponents(to_model(pictures[:: -(-len(pictures) // 200)]), 16)
    kernels = [
        name for name, p in model.named_parameters() if p.ndim == 4 and "conv_in" not in name
    ]
    optimizer = MatrixOptimizer(model, matrices=kernels, learning_rate=run.learning_rate)
    device = next(model.parameters()).device

    def loss(step: int) -> Tensor:
        torch.manual_seed(run.seed + step)
        batch = _crops(pictures, run.chance(step), run)
        code = components(batch).to(device)
        return _loss(model, batch.to(device), code, run, taught=step < run.taught)

    yield from train(run, loss, optimizer, folder)


def _loss(
    model: Autoencoder, batch: Tensor, taught_code: Tensor, run: AutoencoderRun, *, taught: bool
) -> Tensor:
    """How unlike the crops [B, 3, H, W] the decoded ones are, and the code the one it is taught."""
    code = model.encode(batch).latent_dist.mean
    decoder_input = taught_code if taught else code
    decoded = model.decode(decoder_input + run.noise * torch.randn_like(decoder_input)).sample
    likeness = functional.smooth_l1_loss(decoded, batch, beta=0.05)
    loss: Tensor = likeness + functional.mse_loss(code, taught_code) * (1.0 if taught else 0.1)
    return loss


def _blocks(pictures: Tensor) -> Tensor:
    return rearrange(pictures, "b c (h p) (w q) -> b h w (c p q)", p=8, q=8)


def _crops(pictures: Pictures, chance: np.random.Generator, run: AutoencoderRun) -> Tensor:
    height, width = pictures.shape[1:3]
    crops = []
    for _ in range(run.batch):
        top, left = chance.integers(height - run.crop + 1), chance.integers(width - run.crop + 1)
        picture = pictures[chance.integers(len(pictures))]
        crops.append(picture[top : top + run.crop, left : left + run.crop])
    return to_model(np.stack(crops))


def to_model(pictures: Pictures) -> Tensor:
    """Bytes [B, H, W, 3] as the autoencoder wants them: [B, 3, H, W] in -1..1."""
    floats = torch.tensor(pictures).float().div_(127.5).sub_(1)
    return rearrange(floats, "b h w c -> b c h w").contiguous(memory_format=torch.channels_last)
