"""Rushes as the transformer reads them: latents of every picture, words of every prompt.

Encoded once, reel by reel, into safetensors; a reel is written whole or not at all. Prompts are
worded several times over, and as in the paper the detailed description and the attributes are each
left out of a fifth of them; the summary stays.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any, Self

import numpy as np
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from einops import rearrange
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from cut2next.backbones import PIXELS_PER_TOKEN
from cut2next.backbones.flux1.encoding import packed
from cut2next.backbones.mini.architecture import PROMPT_TOKENS, UNKNOWN
from cut2next.conditioning import Segment
from cut2next.film import EditingPattern, IndividualPrompt
from cut2next.film.writing import make_folder, whole_file
from cut2next.recipes.mini.autoencoder import to_model
from cut2next.soundstage.camera import patterns_between
from cut2next.soundstage.film_set import FilmSet
from cut2next.soundstage.rushes import Rushes
from cut2next.soundstage.wording import individual_prompt, relational_prompt

DROPPED = 0.2
STRANGE = 0.4
WORDINGS = 4
PATTERNS = list(EditingPattern)


def encode_rushes(
    rushes: Rushes, autoencoder: AutoencoderKL, tokenizer: PreTrainedTokenizerFast, folder: Path
) -> Iterator[int]:
    """Encodes every reel on disk that is not encoded yet; yields the number of each."""
    make_folder(folder)
    for number in rushes.reels:
        path = folder / f"reel-{number:05d}.safetensors"
        if rushes.shot(number) and not path.exists():
            write_tensors(_encoded(rushes, number, autoencoder, tokenizer), path)
        yield number


def write_tensors(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Writes safetensors, whole or not at all. Raises OutputError when they cannot be written."""
    with whole_file(path, fault=SafetensorError) as partial:
        save_file(dict(tensors), partial)


def _encoded(
    rushes: Rushes, number: int, autoencoder: AutoencoderKL, tokenizer: PreTrainedTokenizerFast
) -> dict[str, Tensor]:
    first = number * rushes.sets_a_reel
    sets = [rushes.build(first + index) for index in range(rushes.sets_a_reel)]
    pictures = rushes.reel(number)
    shots = rearrange(np.asarray(pictures), "s k h w c -> (s k) h w c")
    latents = torch.cat([latents_of(autoencoder, part) for part in np.array_split(shots, 10)])
    told = [_told(rushes, film_set, tokenizer) for film_set in sets]
    return {
        "latents": rearrange(latents, "(s k) l c -> s k l c", s=len(sets)).to(torch.bfloat16),
        "people": people_shares(rushes.people(number)),
        **{name: torch.stack([one[name] for one in told]) for name in told[0]},
    }


@torch.no_grad()
def latents_of(autoencoder: AutoencoderKL, pictures: NDArray[np.uint8]) -> Tensor:
    """Packed latents of pictures [B, H, W, 3] at the autoencoder's own scale: [B, L, C]."""
    pixels = to_model(pictures).to(next(autoencoder.parameters()).device)
    return packed(autoencoder.encode(pixels).latent_dist.mean).cpu()


def people_shares(people: NDArray[Any]) -> Tensor:
    """How much of every packed token people fill, 0..1: [..., L] from masks [..., H, W]."""
    cells = rearrange(
        people, "... (h p) (w q) -> ... (h w) (p q)", p=PIXELS_PER_TOKEN, q=PIXELS_PER_TOKEN
    )
    return torch.from_numpy(cells.mean(axis=-1)).to(torch.bfloat16)


def _told(
    rushes: Rushes, film_set: FilmSet, tokenizer: PreTrainedTokenizerFast
) -> dict[str, Tensor]:
    """Word ids of a set's prompts, and which patterns join which of its shots (one bit each)."""
    chance = Random(f"wording {film_set.seed}")
    setups = rushes.setups(film_set)
    alone = [
        dropped(individual_prompt(film_set, setup, chance), chance).text
        for setup in setups
        for _ in range(WORDINGS)
    ]
    joins = [[patterns_between(one, other) for other in setups] for one in setups]
    between = [
        relational_prompt(film_set, joined, setups[column], chance).text if joined else ""
        for row in joins
        for column, joined in enumerate(row)
    ]
    bits = [[pattern_bits(joined) for joined in row] for row in joins]
    count = len(setups)
    individual = token_ids(tokenizer, alone, PROMPT_TOKENS[Segment.NEXT_PROMPT])
    relational = token_ids(tokenizer, between, PROMPT_TOKENS[Segment.RELATIONAL_PROMPT])
    return {
        "individual": rearrange(individual, "(k v) l -> k v l", k=count),
        "relational": rearrange(relational, "(k m) l -> k m l", k=count),
        "patterns": torch.tensor(bits, dtype=torch.uint8),
    }


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
    """Word numbers of texts, padded or cut to `length`: int16 [N, length]."""
    ids = tokenizer(texts, padding="max_length", truncation=True, max_length=length)["input_ids"]
    return torch.tensor(ids, dtype=torch.int16)


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """Cuts drawn for one step, still as numbers: K cuts from each of G current shots."""

    current_words: Tensor
    current_latents: Tensor
    relational_words: Tensor
    next_words: Tensor
    next_latents: Tensor
    next_people: Tensor


class Encoded(ABC):
    """Cuts in memory, as training draws from them."""

    latents: Tensor
    """Of all pictures, [N, ..., L, C]."""

    @abstractmethod
    def draw(self, chance: np.random.Generator, groups: int, each: int) -> Drawn:
        """`each` cuts from each of `groups` current shots; every pattern at hand equally likely."""

    def shift_and_scale(self) -> tuple[float, float]:
        """Mean of the latents, and what makes their spread one: the autoencoder's two factors."""
        some = self.latents[:50].float()
        return some.mean().item(), 1 / some.std().item()

    def scaled(self, shift: float, scale: float) -> Self:
        """Itself, with latents at the transformer's scale; in place, for they may be gigabytes."""
        self.latents.sub_(shift).mul_(scale)
        return self


class EncodedRushes(Encoded):
    """All encoded reels of a folder, in memory."""

    def __init__(self, folder: Path) -> None:
        reels = [load_file(path) for path in sorted(folder.glob("reel-*.safetensors"))]
        self.latents, self.people, self.individual, self.relational, joins = (
            torch.cat([reel[name] for reel in reels])
            for name in ("latents", "people", "individual", "relational", "patterns")
        )
        self.joins = joins.numpy()

    def __len__(self) -> int:
        return len(self.latents)

    def draw(self, chance: np.random.Generator, groups: int, each: int) -> Drawn:
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
    ) -> Drawn:
        groups, each = nexts.shape
        wording = torch.from_numpy(chance.integers(WORDINGS, size=(groups, each + 1)))
        across, along = sets[:, None].expand(-1, each), currents[:, None].expand(-1, each)

        def cuts(found: Tensor) -> Tensor:
            return rearrange(found, "g k ... -> (g k) ...")

        return Drawn(
            current_words=with_strange_words(
                self.individual[sets, currents, wording[:, -1]], chance
            ),
            current_latents=self.latents[sets, currents],
            relational_words=with_strange_words(
                cuts(self.relational[across, along, nexts]), chance
            ),
            next_words=with_strange_words(
                cuts(self.individual[across, nexts, wording[:, :-1]]), chance
            ),
            next_latents=cuts(self.latents[across, nexts]),
            next_people=cuts(self.people[across, nexts]),
        )


def with_strange_words(words: Tensor, chance: np.random.Generator) -> Tensor:
    """Word ids [B, L] as they were stored, with up to two strange words."""
    return with_strange_word(with_strange_word(words.long(), chance), chance)


def with_strange_word(words: Tensor, chance: np.random.Generator) -> Tensor:
    """Word ids [B, L], with a word that the tokenizer does not know put into a share `STRANGE`.

    The film set's own prompts hold none, but people's do: the model learns to read over it.
    """
    count, length = words.shape
    at = chance.integers(length, size=(count, 1))
    at[chance.random((count, 1)) > STRANGE] = length  # beyond the end: nowhere
    place, strange = torch.arange(length), torch.from_numpy(at)
    moved = words.gather(1, place - (place > strange).long())
    return torch.where(place == strange, UNKNOWN, moved)
