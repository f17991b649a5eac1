"""Pictures and prompts as numbers: packed latents, weights of tokens, token ids.

Prompts are worded several times over, and as in the paper the detailed description and the
attributes are each left out of a fifth of them; the summary stays.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import torch
from einops import rearrange
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from cut2next.backbones.mini.architecture import Autoencoder, likely_latents, packed
from cut2next.film import EditingPattern, IndividualPrompt
from cut2next.film.writing import whole_file
from cut2next.soundstage.truth import PIXEL_KINDS

DROPPED = 0.2
WORDINGS = 4
WEIGHTS = {"setting": 1.0, "people": 3.0, "eyes": 6.0, "props": 10.0}
"""How much a pixel counts in the loss, by what it shows. Weighed alike, the things on a table were
.6 % of the pixels and 14.6 % of the error."""
PATTERNS = list(EditingPattern)
"""In the order of their bits on disk: append only, and eight at most."""


def write_tensors(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Writes safetensors, whole or not at all. Raises OutputError when they cannot be written."""
    with whole_file(path, fault=SafetensorError) as partial:
        save_file(dict(tensors), partial)


def to_model(pictures: NDArray[np.uint8]) -> Tensor:
    """Bytes [B, H, W, 3] as the autoencoder wants them: [B, 3, H, W] in -1..1."""
    floats = torch.tensor(pictures).float().div_(127.5).sub_(1)
    return rearrange(floats, "b h w c -> b c h w").contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def latents_of(autoencoder: Autoencoder, pictures: NDArray[np.uint8]) -> Tensor:
    """Packed latents of pictures [B, H, W, 3] at the autoencoder's own scale: [B, L, C]."""
    pixels = to_model(pictures).to(next(autoencoder.parameters()).device)
    return packed(likely_latents(autoencoder, pixels)).cpu()


def unit_scale(latents: Tensor) -> float:
    """What makes the root mean square of latents one."""
    return 1 / latents.float().square().mean().sqrt().item()


def pixel_weights(kinds: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How much every pixel counts, by what it shows (numbers of `PIXEL_KINDS`)."""
    return np.array([WEIGHTS[kind] for kind in PIXEL_KINDS], np.float32)[kinds]


def token_weights(weights: NDArray[np.float32], step: int) -> Tensor:
    """How much every packed token counts: the mean of its pixels' weights, [..., H, W] to [..., L].

    `step` is the pixels a side of a token.
    """
    cells = rearrange(weights, "... (h p) (w q) -> ... (h w) (p q)", p=step, q=step)
    return torch.from_numpy(cells.mean(axis=-1)).to(torch.bfloat16)


def pattern_bits(joined: Collection[EditingPattern]) -> int:
    """Patterns as a number, one bit each."""
    return sum(1 << PATTERNS.index(pattern) for pattern in joined)


def dropped(prompt: IndividualPrompt, chance: Random) -> IndividualPrompt:
    """The prompt as training shows it: now and then without one of its fields."""
    if chance.random() < DROPPED:
        prompt = replace(prompt, description="")
    if chance.random() < DROPPED:
        prompt = replace(prompt, attributes={})
    return prompt


def token_ids(tokenizer: PreTrainedTokenizerFast, texts: list[str], length: int) -> Tensor:
    """Token ids of texts, padded or cut to `length`: int16 [N, length]."""
    ids = tokenizer(texts, padding="max_length", truncation=True, max_length=length)["input_ids"]
    return torch.tensor(ids, dtype=torch.int16)
