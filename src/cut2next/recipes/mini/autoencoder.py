"""Training the autoencoder on crops of the rushes; it is trained first, and looked at.

It begins as the principal components of blocks (`first_code`), and goes on from there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from cut2next.backbones.mini.architecture import Autoencoder
from cut2next.recipes.mini.encoding import pixel_weights, to_model
from cut2next.recipes.mini.first_code import PrincipalComponents
from cut2next.soundstage.truth import PIXEL_KINDS
from cut2next.training.loop import Run, train
from cut2next.training.optimizer import Average, MasterOptimizer
from cut2next.training.step import Losses

Bytes = NDArray[np.uint8]
SMALL = PIXEL_KINDS.index("eyes")
"""Pixels of this kind and of later ones are of small things: eyes, and what is on a table."""
_SMALL_ERROR = 0.05
"""Errors from here on count by their size, smaller ones by its square; pixels are in -1..1."""


@dataclass(frozen=True, kw_only=True)
class AutoencoderRun(Run):
    """How the autoencoder is trained."""

    steps: int = 8000
    batch: int = 6
    crop: int = 128
    """Pixels a side; the autoencoder is convolutional, so crops teach it as much for less."""
    learning_rate: float = 2e-3
    matrix_rate: float = 6e-4
    warmup: int = 20
    cooldown: float = 0.4
    near: float = 0.02
    """What it counts that the code goes away from the first one."""
    noise: float = 0.03
    """Added to the code, in its standard deviations, so that a transformer's small errors do little
    harm."""
    edges: float = 0.5
    """What errors of the differences between neighbours count beside those of the pixels."""
    average: float = 0.99
    decoder_alone: bool = False
    """Whether the encoder stays as it is, so that what it has encoded can still be decoded."""
    checkpoint_every: int = 100


def train_autoencoder(
    model: Autoencoder, pictures: Bytes, kinds: Bytes, run: AutoencoderRun, folder: Path
) -> Iterator[tuple[int, float]]:
    """Trains in place on `pictures` [N, H, W, 3], going on from `folder`; yields (step, loss).

    `kinds` [N, H, W] says what their pixels show, by the numbers of `PIXEL_KINDS`. The model may
    hold bfloat16 weights; it is left in float32.
    """
    first_code = PrincipalComponents.of_code(model, some_of(pictures))
    device = next(model.parameters()).device
    model.to(memory_format=torch.channels_last)  # type: ignore[call-arg]
    model.encoder.requires_grad_(not run.decoder_alone)
    optimizer = MasterOptimizer(
        model,
        matrices=[name for name, p in model.named_parameters() if p.ndim == 4 and p.requires_grad],
        learning_rate=run.learning_rate,
        matrix_rate=run.matrix_rate,
    )
    average = Average(optimizer.masters, run.average)

    def crops(number: int) -> tuple[Tensor, Tensor]:
        return _crops(pictures, kinds, run.chance(number), run)

    def loss(drawn: tuple[Tensor, Tensor], number: int) -> Losses:
        torch.manual_seed(run.seed + number)
        batch, weights = drawn
        code = first_code(batch).to(device)
        return Losses(crop_loss(model, batch.to(device), weights.to(device), code, run))

    for done in train(run, loss, crops, optimizer, folder, average=average):
        yield done.number, done.loss
    nn.Module.to(model.requires_grad_(True), torch.float32)
    optimizer.publish(average.tensors)


def crop_loss(
    model: Autoencoder, batch: Tensor, weights: Tensor, first_code: Tensor, run: AutoencoderRun
) -> Tensor:
    """How unlike the crops [B, 3, H, W] the decoded ones are; the code stays about the first."""
    quick = next(model.parameters()).dtype
    code = model.encode(batch.to(quick)).latent.float()
    noise = run.noise * code.detach().std() * torch.randn_like(code)
    decoded = model.decode((code + noise).to(quick)).sample.float()
    far = functional.mse_loss(code, first_code)
    return unlikeness(decoded, batch, weights, run.edges) + run.near * far


def unlikeness(decoded: Tensor, true: Tensor, weights: Tensor, edges: float) -> Tensor:
    """The error of pictures [B, 3, H, W] and, `edges` times, that of the steps between neighbours.

    Pixels count by `weights` [B, 1, H, W]. Without the second part, what is thin is left out: it
    costs little to leave out an eye.
    """
    error = decoded - true
    total = _weighed(error, weights)
    for axis in (2, 3):
        step = error.diff(dim=axis)
        last = weights.shape[axis] - 1
        heavier = torch.maximum(weights.narrow(axis, 0, last), weights.narrow(axis, 1, last))
        total = total + edges * _weighed(step, heavier)
    return total


def _weighed(error: Tensor, weights: Tensor) -> Tensor:
    """The weighted mean of a smooth absolute error."""
    smooth = functional.smooth_l1_loss(
        error, torch.zeros_like(error), reduction="none", beta=_SMALL_ERROR
    )
    return (weights * smooth).sum() / weights.sum() / error.shape[1]


def _corner(kinds: Bytes, crop: int, chance: np.random.Generator) -> tuple[int, int]:
    """Top and left of a crop: anywhere, or half of the time about what is small, if it is there."""
    room = np.array(kinds.shape) - crop
    small = np.argwhere(kinds >= SMALL)
    if len(small) and chance.random() < 0.5:
        top, left = small[chance.integers(len(small))] - chance.integers(crop, size=2)
    else:
        top, left = chance.integers(room + 1)
    return int(np.clip(top, 0, room[0])), int(np.clip(left, 0, room[1]))


def some_of(pictures: Bytes) -> Tensor:
    """About 64 of pictures [N, H, W, 3], from all over, as the autoencoder wants them."""
    return to_model(pictures[:: -(-len(pictures) // 64)])


def _crops(
    pictures: Bytes, kinds: Bytes, chance: np.random.Generator, run: AutoencoderRun
) -> tuple[Tensor, Tensor]:
    """Crops [B, 3, crop, crop] and the weights of their pixels [B, 1, crop, crop]."""
    crops, shown = [], []
    for _ in range(run.batch):
        number = chance.integers(len(pictures))
        top, left = _corner(kinds[number], run.crop, chance)
        rows, columns = slice(top, top + run.crop), slice(left, left + run.crop)
        crops.append(pictures[number, rows, columns])
        shown.append(kinds[number, rows, columns])
    weights = torch.from_numpy(pixel_weights(np.stack(shown)))
    return to_model(np.stack(crops)), weights[:, None]
