"""Encoded cuts in memory, as training draws from them, whatever they were encoded from."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from cut2next.backbones.mini.architecture import UNKNOWN
from cut2next.conditioning import Segment

STRANGE = 0.1


@dataclass(frozen=True, kw_only=True)
class DrawnCuts:
    """Cuts drawn for one step, still as numbers: K cuts from each of G current shots."""

    ids: Mapping[Segment, Tensor]
    """Token ids of prompts: [G, L] of the current one, [G·K, L] of the others."""
    latents: Mapping[Segment, Tensor]
    """Packed latents of shots: [G, L, C] of the current one, [G·K, L, C] of the next."""
    weights: Tensor
    """How much each token of the next shots counts, [G·K, L]."""


class Encoded(ABC):
    """Cuts in memory, as training draws from them."""

    latents: Tensor
    """Of all pictures, [N, ..., L, C]."""

    @property
    @abstractmethod
    def prompt_tokens(self) -> Mapping[Segment, int]:
        """How many token ids each prompt has."""

    @abstractmethod
    def draw(self, chance: np.random.Generator, groups: int, each: int) -> DrawnCuts:
        """`each` cuts from each of `groups` current shots; every pattern at hand equally likely."""

    def scale(self) -> float:
        """What makes the root mean square of the latents one: the autoencoder's factor."""
        return 1 / self.latents[:50].float().square().mean().sqrt().item()

    def to(self, device: str) -> Self:
        """Itself, with the latents on a device; in place."""
        self.latents = self.latents.to(device)
        return self

    def scaled(self, shift: float, scale: float) -> Self:
        """Itself, with latents at the transformer's scale; in place, for they may be gigabytes."""
        self.latents.sub_(shift).mul_(scale)
        return self


def with_strange_word(ids: Tensor, chance: np.random.Generator) -> Tensor:
    """Token ids [B, L] as they were stored, a word that is not known put into a share `STRANGE`.

    The film set's own prompts hold none, but people's do: the model learns to read over it.
    """
    ids, (count, length) = ids.long(), ids.shape
    at = chance.integers(length, size=(count, 1))
    at[chance.random((count, 1)) > STRANGE] = length  # beyond the end: nowhere
    place, strange = torch.arange(length), torch.from_numpy(at)
    moved = ids.gather(1, place - (place > strange).long())
    return torch.where(place == strange, UNKNOWN, moved)
