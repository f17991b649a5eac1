"""Training the autoencoder on crops of the rushes; it is trained first, and looked at."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from einops import rearrange
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from cut2next.training.checkpoint import load_checkpoint, save_checkpoint


@dataclass(frozen=True, kw_only=True)
class AutoencoderRun:
    """How the autoencoder is trained."""

    steps: int = 9000
    batch: int = 16
    crop: int = 64
    """Pixels a side; the autoencoder is convolutional, so crops teach it as much for less."""
    learning_rate: float = 2e-3
    warmup: int = 100
    kl_weight: float = 1e-4
    """On the mean over latents: enough to keep them near one scale and tolerant of small errors."""
    seed: int = 0
    checkpoint_every: int = 250


def train_autoencoder(
    model: AutoencoderKL, pictures: NDArray[np.uint8], run: AutoencoderRun, folder: Path
) -> Iterator[tuple[int, float]]:
    """Trains in place on `pictures` [N, H, W, 3], going on from `folder`; yields (step, loss)."""
    model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), lr=run.learning_rate, weight_decay=1e-4)
    modules, optimizers = {"autoencoder": model}, {"autoencoder": optimizer}
    first = load_checkpoint(folder, modules, optimizers)
    for step in range(first, run.steps):
        for group in optimizer.param_groups:
            group["lr"] = run.learning_rate * _schedule(step, run)
        # Seeded by step: a run that was killed draws what it would have drawn.
        batch = _crops(pictures, np.random.default_rng((run.seed, step)), run)
        loss = _loss(model, batch, run)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if (step + 1) % run.checkpoint_every == 0 or step + 1 == run.steps:
            save_checkpoint(folder, step + 1, modules, optimizers)
        yield step + 1, loss.item()


def _loss(model: AutoencoderKL, batch: Tensor, run: AutoencoderRun) -> Tensor:
    posterior = model.encode(batch).latent_dist
    decoded = model.decode(posterior.sample()).sample
    likeness = functional.smooth_l1_loss(decoded, batch, beta=0.05)
    kl: Tensor = posterior.kl().mean() / posterior.mean[0].numel()
    return likeness + run.kl_weight * kl


def _schedule(step: int, run: AutoencoderRun) -> float:
    """Linear warm-up, then a cosine to nearly nothing."""
    if step < run.warmup:
        return (step + 1) / run.warmup
    return 0.01 + 0.99 * 0.5 * (1 + float(np.cos(np.pi * step / run.steps)))


def _crops(pictures: NDArray[np.uint8], chance: np.random.Generator, run: AutoencoderRun) -> Tensor:
    height, width = pictures.shape[1:3]
    crops = []
    for _ in range(run.batch):
        top, left = chance.integers(height - run.crop + 1), chance.integers(width - run.crop + 1)
        picture = pictures[chance.integers(len(pictures))]
        crops.append(picture[top : top + run.crop, left : left + run.crop])
    return to_model(np.stack(crops))


def to_model(pictures: NDArray[np.uint8]) -> Tensor:
    """Bytes [B, H, W, 3] as the autoencoder wants them: [B, 3, H, W] in -1..1."""
    floats = torch.from_numpy(np.ascontiguousarray(pictures)).float().div_(127.5).sub_(1)
    return rearrange(floats, "b h w c -> b c h w").contiguous(memory_format=torch.channels_last)
