"""Other names for the same people: what binds a look to a name is then the prompt, never habit.

A set's people keep their names on disk. Drawn anew for every current shot, and alike in all prompts
of its cuts, the same picture is told of Anna and Ben, of Ben and Anna, and of any others.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from cut2next.conditioning import Segment
from cut2next.soundstage.people import NAMES


def name_ids(tokenizer: PreTrainedTokenizerFast) -> Tensor:
    """The numbers of the film set's names that a tokenizer of whole words knows: [N]."""
    vocabulary = tokenizer.get_vocab()
    return torch.tensor([vocabulary[name.lower()] for name in NAMES if name.lower() in vocabulary])


def renamed(
    ids: Mapping[Segment, Tensor], names: Tensor, chance: np.random.Generator, groups: int
) -> dict[Segment, Tensor]:
    """Token ids of prompts, the `names` [N] permuted anew for each of `groups` current shots.

    A prompt's ids are [G, L] or [G·K, L], those of one current shot next to each other.
    """
    words = 1 + max(int(numbers.max()) for numbers in (*ids.values(), names))
    others = chance.permuted(np.tile(names.numpy(), (groups, 1)), axis=1)
    table = torch.arange(words).repeat(groups, 1)  # [G, words]: what each is read as
    table[:, names] = torch.from_numpy(others)
    table = table.to(next(iter(ids.values())).device)
    return {
        prompt: table.repeat_interleave(len(numbers) // groups, dim=0).gather(1, numbers.long())
        for prompt, numbers in ids.items()
    }
