"""Rushes as the transformer reads them: latents of every picture, token ids of every prompt.

Encoded once, reel by reel, into safetensors; a reel is written whole or not at all.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random

import numpy as np
import torch
from einops import rearrange
from safetensors.torch import load_file
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from cut2next.backbones.mini.architecture import Autoencoder, pixels_per_token
from cut2next.conditioning import Segment
from cut2next.film.writing import make_folder
from cut2next.recipes.mini.encoded import DrawnCuts, Encoded, with_strange_word
from cut2next.recipes.mini.encoding import (
    PATTERNS,
    WORDINGS,
    dropped,
    latents_of,
    pattern_bits,
    pixel_weights,
    token_ids,
    token_weights,
    write_tensors,
)
from cut2next.soundstage.camera import patterns_between
from cut2next.soundstage.film_set import FilmSet
from cut2next.soundstage.rushes import Rushes
from cut2next.soundstage.wording import individual_prompt, relational_prompt


def encode_rushes(
    rushes: Rushes,
    autoencoder: Autoencoder,
    tokenizer: PreTrainedTokenizerFast,
    prompt_tokens: Mapping[Segment, int],
    folder: Path,
) -> Iterator[int]:
    """Encodes every reel on disk that is not encoded yet; yields the number of each."""
    make_folder(folder)
    for number in rushes.reels:
        path = folder / f"reel-{number:05d}.safetensors"
        if rushes.shot(number) and not path.exists():
            encoded = _encoded(rushes, number, autoencoder, tokenizer, prompt_tokens)
            write_tensors(encoded, path)
        yield number


def _encoded(
    rushes: Rushes,
    number: int,
    autoencoder: Autoencoder,
    tokenizer: PreTrainedTokenizerFast,
    prompt_tokens: Mapping[Segment, int],
) -> dict[str, Tensor]:
    first = number * rushes.sets_a_reel
    sets = [rushes.build(first + index) for index in range(rushes.sets_a_reel)]
    pictures = rushes.reel(number)
    shots = rearrange(np.asarray(pictures), "s k h w c -> (s k) h w c")
    latents = torch.cat([latents_of(autoencoder, some) for some in np.array_split(shots, 10)])
    weights = pixel_weights(rushes.kinds(number))
    prompts = [_prompts(rushes, film_set, tokenizer, prompt_tokens) for film_set in sets]
    return {
        "latents": rearrange(latents, "(s k) l c -> s k l c", s=len(sets)).to(torch.bfloat16),
        "weights": token_weights(weights, pixels_per_token(autoencoder)),
        **{name: torch.stack([ids[name] for ids in prompts]) for name in prompts[0]},
    }


def _prompts(
    rushes: Rushes,
    film_set: FilmSet,
    tokenizer: PreTrainedTokenizerFast,
    prompt_tokens: Mapping[Segment, int],
) -> dict[str, Tensor]:
    """Token ids of a set's prompts, and which patterns join which of its shots (one bit each)."""
    chance = Random(f"wording {film_set.seed}")
    setups = rushes.setups(film_set)
    alone = [
        dropped(individual_prompt(film_set, setup, chance), chance).text
        for setup in setups
        for _ in range(WORDINGS)
    ]
    joins = [[patterns_between(current, following) for following in setups] for current in setups]
    between = [
        relational_prompt(film_set, joined, setups[column], chance).text if joined else ""
        for row in joins
        for column, joined in enumerate(row)
    ]
    bits = [[pattern_bits(joined) for joined in row] for row in joins]
    count = len(setups)
    individual = token_ids(tokenizer, alone, prompt_tokens[Segment.NEXT_PROMPT])
    relational = token_ids(tokenizer, between, prompt_tokens[Segment.RELATIONAL_PROMPT])
    return {
        "individual": rearrange(individual, "(k v) l -> k v l", k=count),
        "relational": rearrange(relational, "(k m) l -> k m l", k=count),
        "patterns": torch.tensor(bits, dtype=torch.uint8),
    }


class EncodedRushes(Encoded):
    """All encoded reels of a folder, in memory."""

    def __init__(self, folder: Path) -> None:
        reels = [load_file(path) for path in sorted(folder.glob("reel-*.safetensors"))]
        self.latents, self.weights, self.individual, self.relational, joins = (
            torch.cat([reel[name] for reel in reels])
            for name in ("latents", "weights", "individual", "relational", "patterns")
        )
        self.joins = joins.numpy()

    @property
    def prompt_tokens(self) -> Mapping[Segment, int]:
        """How many token ids each prompt has."""
        individual = self.individual.shape[-1]
        return {
            Segment.RELATIONAL_PROMPT: self.relational.shape[-1],
            Segment.CURRENT_PROMPT: individual,
            Segment.NEXT_PROMPT: individual,
        }

    def __len__(self) -> int:
        return len(self.latents)

    def draw(self, chance: np.random.Generator, groups: int, each: int) -> DrawnCuts:
        """`each` cuts from each of `groups` current shots; every pattern at hand equally likely."""
        sets: list[int] = []
        currents: list[int] = []
        nexts: list[list[int]] = []
        while len(sets) < groups:
            at = int(chance.integers(len(self)))
            current = int(chance.integers(self.joins.shape[1]))
            joins = self.joins[at, current]
            present = [bit for bit in range(len(PATTERNS)) if (joins >> bit & 1).any()]
            if present:
                sets.append(at)
                currents.append(current)
                wanted = chance.choice(present, size=each)
                nexts.append(
                    [int(chance.choice(np.flatnonzero(joins >> bit & 1))) for bit in wanted]
                )
        return self._gathered(chance, *(torch.tensor(np.array(x)) for x in (sets, currents, nexts)))

    def _gathered(
        self, chance: np.random.Generator, sets: Tensor, currents: Tensor, nexts: Tensor
    ) -> DrawnCuts:
        groups, each = nexts.shape
        wording = torch.from_numpy(chance.integers(WORDINGS, size=(groups, each + 1)))
        across, along = sets[:, None].expand(-1, each), currents[:, None].expand(-1, each)

        def cuts(grouped: Tensor) -> Tensor:
            return rearrange(grouped, "g k ... -> (g k) ...")

        current = self.individual[sets, currents, wording[:, -1]]
        relational = cuts(self.relational[across, along, nexts])
        following = cuts(self.individual[across, nexts, wording[:, :-1]])
        return DrawnCuts(
            ids={
                Segment.CURRENT_PROMPT: with_strange_word(current, chance),
                Segment.RELATIONAL_PROMPT: with_strange_word(relational, chance),
                Segment.NEXT_PROMPT: with_strange_word(following, chance),
            },
            latents={
                Segment.CURRENT_SHOT: self.latents[sets, currents],
                Segment.NEXT_SHOT: cuts(self.latents[across, nexts]),
            },
            weights=cuts(self.weights[across, nexts]),
        )
