"""Rushes as the transformer reads them: latents of every picture, token ids of every prompt.

Encoded once, reel by reel, into safetensors; a reel is written whole or not at all. Each cut is
told several times over (`tellings.py`), half of it in its relational and half in its next prompt.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Protocol, Self

import numpy as np
import torch
from einops import rearrange
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from cut2next.backbones.mini.architecture import Autoencoder, pixels_per_token
from cut2next.conditioning import Segment
from cut2next.film.paths import checked
from cut2next.film.workers import in_order, processors, worker_pool
from cut2next.film.writing import make_folder
from cut2next.recipes.mini.encoding import (
    PATTERNS,
    WORDINGS,
    latents_of,
    pattern_bits,
    pixel_weights,
    token_ids,
    token_weights,
    unit_scale,
    write_tensors,
)
from cut2next.recipes.mini.renaming import renamed
from cut2next.recipes.mini.strange_words import with_strange_word
from cut2next.recipes.mini.tellings import (
    NAMES_ALONE,
    SUBJECT_ALONE,
    current_prompt,
    told,
)
from cut2next.soundstage.camera import patterns_between
from cut2next.soundstage.film_set import FilmSet
from cut2next.soundstage.rushes import Rushes
from cut2next.soundstage.shooting import PossibleCut

_OF_CUTS = {"relational": Segment.RELATIONAL_PROMPT, "next": Segment.NEXT_PROMPT}
"""What a cut's telling is kept as."""
TENSORS = ("latents", "weights", "current", "relational", "next")
"""What a reel holds of its sets, beside the patterns that join their shots."""


def encode_rushes(
    rushes: Rushes,
    autoencoder: Autoencoder,
    tokenizer: PreTrainedTokenizerFast,
    prompt_tokens: Mapping[Segment, int],
    folder: Path,
    workers: int | None = None,
) -> Iterator[int]:
    """Encodes every reel on disk that is not encoded yet; yields the number of each.

    `workers` processes word the prompts, one for each processor unless given.
    """
    make_folder(folder)
    paths = {number: folder / f"reel-{number:05d}.safetensors" for number in rushes.reels}
    missing = [n for n, path in paths.items() if rushes.shot(n) and not path.exists()]
    yield from (number for number in rushes.reels if number not in missing)
    if not missing:
        return
    workers = min(workers or processors(), len(missing))
    with worker_pool(workers) as pool:
        jobs = (pool.submit(worded, rushes, n, tokenizer, prompt_tokens) for n in missing)
        for number, prompts in zip(missing, in_order(jobs, 2 * workers), strict=True):
            shots = _encoded(rushes, number, autoencoder)
            write_tensors(
                shots | {k: torch.from_numpy(x) for k, x in prompts.items()}, paths[number]
            )
            yield number


def _encoded(rushes: Rushes, number: int, autoencoder: Autoencoder) -> dict[str, Tensor]:
    """The pictures of a reel as latents, and how much their tokens count."""
    weights = pixel_weights(rushes.kinds(number))
    return {
        "latents": latents_of_sets(autoencoder, rushes.reel(number)),
        "weights": token_weights(weights, pixels_per_token(autoencoder)),
    }


def latents_of_sets(autoencoder: Autoencoder, pictures: NDArray[np.uint8]) -> Tensor:
    """Packed latents of the pictures of sets, [S, K, H, W, 3], in bfloat16: [S, K, L, C]."""
    latents = [latents_of(autoencoder, of_a_set) for of_a_set in pictures]
    return torch.stack(latents).to(torch.bfloat16)


def worded(
    rushes: Rushes,
    number: int,
    tokenizer: PreTrainedTokenizerFast,
    prompt_tokens: Mapping[Segment, int],
) -> dict[str, NDArray[Any]]:
    """The prompts of a reel's sets, as arrays: tensors do not travel well between processes."""
    sets = map(rushes.build, rushes.seeds(number))
    prompts = [_prompts(rushes, film_set, tokenizer, prompt_tokens) for film_set in sets]
    return {name: torch.stack([ids[name] for ids in prompts]).numpy() for name in prompts[0]}


def _prompts(
    rushes: Rushes,
    film_set: FilmSet,
    tokenizer: PreTrainedTokenizerFast,
    prompt_tokens: Mapping[Segment, int],
) -> dict[str, Tensor]:
    """Token ids of a set's prompts, and which patterns join which of its shots (one bit each)."""
    chance = Random(f"wording {film_set.seed}")
    setups = rushes.setups(film_set)
    count = len(setups)
    joins = [[patterns_between(current, following) for following in setups] for current in setups]
    current = [
        current_prompt(film_set, setup, chance).text for setup in setups for _ in range(WORDINGS)
    ]
    cuts = [
        _told(film_set, PossibleCut(setups[row], setups[column], joins[row][column]), chance)
        for row in range(count)
        for column in range(count)
        for _ in range(WORDINGS)
    ]
    texts = {
        Segment.CURRENT_PROMPT: current,
        Segment.RELATIONAL_PROMPT: [relational for relational, _ in cuts],
        Segment.NEXT_PROMPT: [following for _, following in cuts],
    }
    ids = {prompt: token_ids(tokenizer, texts[prompt], prompt_tokens[prompt]) for prompt in texts}
    bits = [[pattern_bits(joined) for joined in row] for row in joins]
    return {
        "current": rearrange(ids[Segment.CURRENT_PROMPT], "(k v) l -> k v l", k=count),
        **{
            name: rearrange(ids[prompt], "(k m v) l -> k m v l", k=count, m=count)
            for name, prompt in _OF_CUTS.items()
        },
        "patterns": torch.tensor(bits, dtype=torch.uint8),
    }


def _told(film_set: FilmSet, cut: PossibleCut, chance: Random) -> tuple[str, str]:
    """The texts of a cut's relational and next prompt; empty where no editor would cut."""
    if not cut.patterns:
        return "", ""
    told_cut = told(
        film_set,
        cut,
        chance,
        names_alone=chance.random() < NAMES_ALONE,
        subject_alone=chance.random() < SUBJECT_ALONE,
    )
    return told_cut.relational.text, told_cut.next.text


@dataclass(frozen=True, kw_only=True)
class DrawnCuts:
    """Cuts drawn for one step, still as numbers: K cuts from each of G current shots."""

    ids: Mapping[Segment, Tensor]
    """Token ids of prompts: [G, L] of the context, [G·K, L] of the others."""
    latents: Mapping[Segment, Tensor]
    """Packed latents of shots: [G, L, C] of the context, [G·K, L, C] of the next."""
    weights: Tensor
    """How much each token of the next shots counts, [G·K, L]."""


class DrawnFrom(Protocol):
    """What a transformer learns from: `EncodedRushes`, or a view of them."""

    @property
    def prompt_tokens(self) -> Mapping[Segment, int]:
        """How many token ids each prompt has."""

    def draw(
        self, chance: np.random.Generator, groups: int, each: int, earlier: int = 0
    ) -> DrawnCuts:
        """`each` cuts from each of `groups` current shots, `earlier` shots before each of those."""


class EncodedRushes:
    """Encoded reels, in memory; people get other names at every draw."""

    def __init__(self, reels: Sequence[Mapping[str, Tensor]], names: Tensor) -> None:
        """`names` are the numbers of names in prompts, [N]: `name_ids` tells a tokenizer's."""
        self._names = names
        self._own: tuple[Tensor, float] | None = None
        self.latents, self.weights, self.current, self.relational, self.next = (
            torch.cat([reel[name] for reel in reels]) for name in TENSORS
        )
        self.joins = np.concatenate([joins_of(reel["patterns"]) for reel in reels])
        self._begins = beginnings(self.joins)

    @classmethod
    def of_folder(cls, folder: Path, names: Tensor) -> Self:
        """All reels that are kept in a folder."""
        paths = sorted(folder.glob("reel-*.safetensors"))
        return cls([load_file(checked(path)) for path in paths], names)

    @property
    def prompt_tokens(self) -> Mapping[Segment, int]:
        """How many token ids each prompt has."""
        prompts = {Segment.CURRENT_PROMPT: self.current} | {
            prompt: getattr(self, name) for name, prompt in _OF_CUTS.items()
        }
        return {prompt: ids.shape[-1] for prompt, ids in prompts.items()}

    def __len__(self) -> int:
        return len(self.latents)

    def with_own(self, made: Tensor, share: float) -> Self:
        """Itself, where a share of the context is drawn from pictures that a model has made.

        `made` are latents as `latents`, [S, K, L, C], at their scale and on their device: context
        in a chain is the model's own. Next shots stay true.
        """
        self._own = made, share
        return self

    def draw(
        self, chance: np.random.Generator, groups: int, each: int, earlier: int = 0
    ) -> DrawnCuts:
        """`each` cuts from each of `groups` current shots; every pattern at hand equally likely.

        Before each current shot lie `earlier` others of its set, alike for all its cuts, none of
        which is a next shot. The first cut from each is as without them, and so are the rest, but
        for those that would lead to an earlier one.
        """
        beside = chance.spawn(1)[0]  # so that what is drawn of the cuts is as without it
        sets, currents = self._begins[chance.integers(len(self._begins), size=groups)].T
        joins = self.joins[sets, currents]  # [G, next, pattern]
        draws = [chance.random((groups, each, count)) for count in joins.shape[:0:-1]]
        taken = np.stack([currents, _nexts(joins, *draws)[:, 0]], axis=1)
        context = np.concatenate([currents[:, None], _others(joins, taken, earlier, beside)], 1)
        new = joins & ~np.eye(joins.shape[1], dtype=bool)[context].any(axis=1)[..., None]
        nexts = _nexts(new, *draws)
        return self._gathered(chance, beside, *map(self._numbers, (sets, context, nexts)))

    def led_to(self, row: int, chance: np.random.Generator) -> tuple[Tensor, DrawnCuts]:
        """The setups [N] of a set that some cut leads to, and one such cut to each."""
        joins = self.joins[row].any(axis=-1)  # [current, next]
        nexts = np.flatnonzero(joins.any(axis=0))
        currents = np.where(joins, chance.random(joins.shape), -1).argmax(axis=0)[nexts]
        numbers = np.full_like(nexts, row), currents[:, None], nexts[:, None]
        sets, context, following = map(self._numbers, numbers)
        beside = chance.spawn(1)[0]
        return following[:, 0], self._gathered(chance, beside, sets, context, following)

    def scale(self) -> float:
        """What makes the root mean square of the latents one: the autoencoder's factor."""
        return unit_scale(self.latents[:50])

    def to(self, device: str) -> Self:
        """Itself, with all that is drawn from on a device; in place."""
        for name in TENSORS:
            setattr(self, name, getattr(self, name).to(device))
        return self

    def scaled(self, shift: float, scale: float) -> Self:
        """Itself, with latents at the transformer's scale; in place, for they may be gigabytes."""
        self.latents.sub_(shift).mul_(scale)
        return self

    def _numbers(self, drawn: NDArray[Any]) -> Tensor:
        """What was drawn, where it is to be gathered from."""
        return torch.from_numpy(drawn).to(self.latents.device)

    def _gathered(
        self,
        chance: np.random.Generator,
        beside: np.random.Generator,
        sets: Tensor,
        context: Tensor,
        nexts: Tensor,
    ) -> DrawnCuts:
        """`context` [G, 1 + E] are setups: the current shot's, then those of earlier ones."""
        groups, each = nexts.shape
        wordings = self._numbers(chance.integers(WORDINGS, size=(groups, each + 1)))
        across, along = sets[:, None].expand(-1, each), context[:, :1].expand(-1, each)

        def cuts(grouped: Tensor) -> Tensor:
            return rearrange(grouped, "g k ... -> (g k) ...")

        others = self._numbers(beside.integers(WORDINGS, size=(context.shape[1] - 1, groups)))
        told_cuts = (across, along, nexts, wordings[:, 1:])
        ids = {
            Segment.CURRENT_PROMPT: self.current[sets, context[:, 0], wordings[:, 0]],
            **{prompt: cuts(getattr(self, name)[told_cuts]) for name, prompt in _OF_CUTS.items()},
            **{
                Segment.CURRENT_PROMPT.back(back): self.current[sets, context[:, back], told]
                for back, told in enumerate(others, start=1)
            },
        }
        ids = renamed(ids, self._names, chance, groups)
        return DrawnCuts(
            ids={
                prompt: with_strange_word(x, beside if prompt.index < -1 else chance)
                for prompt, x in ids.items()
            },
            latents={
                **{
                    Segment.CURRENT_SHOT.back(back): self._seen(beside, sets, setups)
                    for back, setups in enumerate(context.T)
                },
                Segment.NEXT_SHOT: cuts(self.latents[across, nexts]),
            },
            weights=cuts(self.weights[across, nexts]),
        )

    def _seen(self, chance: np.random.Generator, sets: Tensor, setups: Tensor) -> Tensor:
        """Latents of context shots [G, L, C]: the true ones, or a share of a model's own."""
        true = self.latents[sets, setups]
        if self._own is None:
            return true
        made, share = self._own
        own = self._numbers(chance.random(len(sets)) < share)[:, None, None]
        return torch.where(own, made[sets, setups], true)


def joins_of(patterns: Tensor) -> NDArray[np.bool_]:
    """Whether a pattern joins two shots of a set, [sets, current, next, pattern], by its bits."""
    joined: NDArray[np.bool_] = (patterns.numpy()[..., None] >> np.arange(len(PATTERNS))) & 1 > 0
    return joined


def beginnings(joins: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Set and setup of every shot that some cut leads on from: [N, 2]."""
    return np.argwhere(joins.any(axis=(2, 3)))


def _others(
    joins: NDArray[np.bool_], taken: NDArray[np.int64], count: int, chance: np.random.Generator
) -> NDArray[np.int64]:
    """So many setups beside those taken [G, T] of its set, all as likely, none twice: [G, count].

    Of as many setups as `joins` [G, setups, pattern] has. Draws nothing for none.
    """
    if not count:
        return np.empty((len(taken), 0), np.int64)
    order = chance.random(joins.shape[:2])
    np.put_along_axis(order, taken, 2, axis=1)  # the last of all
    others: NDArray[np.int64] = order.argsort(axis=1)[:, :count]
    return others


def _nexts(
    joins: NDArray[np.bool_], by_pattern: NDArray[np.float64], by_setup: NDArray[np.float64]
) -> NDArray[np.int64]:
    """A setup for each of K next shots, [G, K], by a pattern that leads to some.

    `joins` are [G, setups, pattern], the draws that decide [G, K, pattern] and [G, K, setups].
    """
    present = joins.any(axis=1, keepdims=True)  # [G, 1, pattern]
    patterns = np.where(present, by_pattern, -1).argmax(axis=-1)
    able = joins[np.arange(len(joins))[:, None], :, patterns]  # [G, K, setups]
    nexts: NDArray[np.int64] = np.where(able, by_setup, -1).argmax(axis=-1)
    return nexts
