"""The autoencoder for a given time, on the card, from what is shot meanwhile.

Loss and optimizer are the recipe's; pictures stay on the card, and crops are drawn there.
"""

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from scripts.mini_on_a_card.deadline import Deadline
from scripts.mini_on_a_card.shooting import reels_in, wait_for_reels
from torch import Tensor, nn
from torch.nn import functional

from cut2next.backbones.mini import architecture
from cut2next.backbones.mini.architecture import Autoencoder
from cut2next.film.writing import replaced_folder
from cut2next.recipes.mini.autoencoder import SMALL, AutoencoderRun, crop_loss
from cut2next.recipes.mini.encoding import latents_of, pixel_weights, to_model, unit_scale
from cut2next.recipes.mini.first_code import PrincipalComponents, balance, begin
from cut2next.recipes.mini.recipe import read_autoencoder
from cut2next.soundstage.truth import PIXEL_KINDS
from cut2next.training.machine import quick_type
from cut2next.training.optimizer import Average, MasterOptimizer

_LOOK_EVERY = 8.0
"""Seconds between two looks for new reels."""
_JUDGED = 64
"""Pictures that the first code is of, and that old and new are judged on."""
_AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class AutoencoderTraining:
    """Whatever a process of its own needs to know to train the autoencoder."""

    run: AutoencoderRun
    """Its number of steps counts for nothing."""
    start: Path | None
    """A finished one to go on from, in diffusers' layout; else it begins as the recipe's."""
    reels: Path
    """Where it is shot to. Nothing is taken away."""
    first: int
    """Reels that it begins with, or with what is there when its time is up."""
    out: Path
    """Where the finished one is written."""
    device: str
    deadline: Deadline
    """Until when it learns ..."""
    latest: Deadline
    """... and until when it waits for anything to be judged on."""

    def train(self) -> dict[str, Any]:
        """Trains and writes it, with the scale of its latents; tells how good it is."""
        torch.manual_seed(self.run.seed)
        torch.backends.cudnn.benchmark = True
        wait_for_reels(self.reels, self.first, self.deadline, self.latest)
        shot = ShotPictures(self.reels, self.device)
        example = shot.example()
        old = self._begun(example)
        model = deepcopy(old)
        steps = self._learn(model, shot, to_model(example))
        psnrs = [_psnr(one, example, self.device) for one in (old, model)]
        if psnrs[1] > psnrs[0]:
            balance(model, to_model(example))
        else:
            model = old
        model.register_to_config(scaling_factor=unit_scale(latents_of(model, example)))
        with replaced_folder(self.out, fault=SafetensorError) as folder:
            model.save_pretrained(folder)
        return {"autoencoder steps": steps, "psnr before": psnrs[0], "psnr after": psnrs[1]}

    def _begun(self, example: NDArray[np.uint8]) -> Autoencoder:
        if self.start is not None:
            return read_autoencoder(self.start)
        model = architecture.autoencoder().eval()
        begin(model, to_model(example))
        return model

    def _learn(self, model: Autoencoder, shot: "ShotPictures", example: Tensor) -> int:
        """Trains in place until the time is up; leaves the average, in float32 on the CPU."""
        run, first_code = self.run, PrincipalComponents.of_code(model, example).to(self.device)
        nn.Module.to(model, self.device, quick_type(self.device))
        model.to(memory_format=torch.channels_last)  # type: ignore[call-arg]
        optimizer = MasterOptimizer(
            model,
            matrices=[name for name, p in model.named_parameters() if p.ndim == 4],
            learning_rate=run.learning_rate,
            matrix_rate=run.matrix_rate,
        )
        average, deadline = Average(optimizer.masters, run.average), self.deadline.from_now()
        looked, step = monotonic(), 0
        while not deadline.is_over:
            crops, weights = shot.crops(run.batch, run.crop)
            crop_loss(model, crops, weights, first_code(crops), run).backward()
            optimizer.step(deadline.schedule(run, step))
            average.update(optimizer.masters, step)
            step += 1
            if monotonic() - looked > _LOOK_EVERY:
                shot.look()
                looked = monotonic()
        nn.Module.to(model, torch.float32)
        optimizer.publish(average.tensors)
        model.to("cpu", memory_format=torch.contiguous_format)  # type: ignore[arg-type]
        return step


class ShotPictures:
    """All pictures that were shot so far, on a device."""

    def __init__(self, folder: Path, device: str) -> None:
        self._folder, self._device = folder, device
        self._known: set[Path] = set()
        kinds = np.arange(len(PIXEL_KINDS), dtype=np.uint8)
        self._weights = torch.from_numpy(pixel_weights(kinds)).to(device)
        self.pictures = self.kinds = torch.empty(0, dtype=torch.uint8, device=device)
        self.look()

    def look(self) -> None:
        """Reads what is new."""
        fresh = [path for path in reels_in(self._folder) if path not in self._known]
        if not fresh:
            return
        self._known.update(fresh)
        reels = [load_file(path) for path in fresh]
        self.pictures, self.kinds = (
            torch.cat([*([known] if len(known) else []), *(self._of(reel[name]) for reel in reels)])
            for name, known in (("pictures", self.pictures), ("kinds", self.kinds))
        )
        # Where the pixels of small things are, picture by picture: [N, 3], and whose begin where.
        small = (self.kinds >= SMALL).nonzero()
        self._counts = torch.bincount(small[:, 0], minlength=len(self.kinds))
        self._small = functional.pad(small, (0, 0, 0, 1))  # one more, for pictures without any
        self._starts = self._counts.cumsum(0) - self._counts

    def _of(self, of_sets: Tensor) -> Tensor:
        return of_sets.flatten(0, 1).to(self._device)

    def example(self) -> NDArray[np.uint8]:
        """Some pictures from all over, [N, H, W, 3]."""
        bytes_: NDArray[np.uint8] = (
            self.pictures[:: -(-len(self.pictures) // _JUDGED)].cpu().numpy()
        )
        return bytes_

    def crops(self, batch: int, crop: int) -> tuple[Tensor, Tensor]:
        """Crops [B, 3, crop, crop] as the model wants them, their pixels' weights [B, 1, ...].

        They lie as the recipe's do: anywhere, or half of the time about a small thing.
        """
        picture = torch.randint(len(self.pictures), (batch,), device=self._device)
        corner = self._corners(picture, crop)
        along = torch.arange(crop, device=self._device)
        rows, columns = (corner[:, axis, None] + along for axis in (0, 1))
        at = picture[:, None, None], rows[:, :, None], columns[:, None]
        pixels = self.pictures[at].permute(0, 3, 1, 2).float().div_(127.5).sub_(1)
        weights = self._weights[self.kinds[at].long()][:, None]
        return pixels.contiguous(memory_format=torch.channels_last), weights

    def _corners(self, picture: Tensor, crop: int) -> Tensor:
        """Top and left of a crop of each picture, [B, 2]."""
        room = torch.tensor(self.kinds.shape[1:], device=self._device) - crop
        batch = len(picture)
        anywhere = (torch.rand(batch, 2, device=self._device) * (room + 1)).long()
        count = self._counts[picture]
        nth = (torch.rand(batch, device=self._device) * count).long()
        thing = self._small[self._starts[picture] + nth, 1:]
        about = thing - torch.randint(crop, (batch, 2), device=self._device)
        taken = (count > 0) & (torch.rand(batch, device=self._device) < 0.5)
        return torch.where(taken[:, None], about, anywhere).clamp(min=0).minimum(room)


@torch.no_grad()
def _psnr(model: Autoencoder, example: NDArray[np.uint8], device: str) -> float:
    """How near an autoencoder comes to pictures, in dB; it is left on the CPU."""
    nn.Module.to(model, device)
    errors = []
    for true in to_model(example).to(device).split(_AT_ONCE):
        decoded = model.decode(model.encode(true).latent).sample.clamp(-1, 1)
        errors.append((decoded - true).square().mean(dim=(1, 2, 3)))
    nn.Module.to(model, "cpu")
    return round(-10 * torch.log10(torch.cat(errors).mean() / 4).item(), 2)
