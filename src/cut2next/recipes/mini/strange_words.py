"""Words that no tokenizer knows: the film set's prompts hold none, but people's do."""

import numpy as np
import torch
from torch import Tensor

from cut2next.backbones.mini.architecture import UNKNOWN

STRANGE = 0.1
"""The share of prompts that one is put into."""


def with_strange_word(ids: Tensor, chance: np.random.Generator) -> Tensor:
    """Token ids [B, L] as they were stored, a word that is not known put into a share `STRANGE`.

    So the model learns to read over it.
    """
    ids, (count, length) = ids.long(), ids.shape
    at = chance.integers(length, size=(count, 1))
    at[chance.random((count, 1)) > STRANGE] = length  # beyond the end: nowhere
    place, strange = (x.to(ids.device) for x in (torch.arange(length), torch.from_numpy(at)))
    moved = ids.gather(1, place - (place > strange).long())
    return torch.where(place == strange, UNKNOWN, moved)
