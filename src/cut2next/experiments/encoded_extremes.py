"""Extreme cuts as a transformer reads them: shot and encoded once, some sets to a file.

From a few shots of a set lead cuts of every kind that can; a shot and its cuts stay together.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor

from cut2next.backbones.mini.architecture import pixels_per_token
from cut2next.conditioning import Segment
from cut2next.experiments.laboratory import Laboratory
from cut2next.film.paths import checked
from cut2next.film.workers import processors
from cut2next.film.writing import make_folder
from cut2next.recipes.mini.encoded_rushes import DrawnCuts
from cut2next.recipes.mini.encoding import (
    WORDINGS,
    pixel_weights,
    to_model,
    token_ids,
    token_weights,
    write_tensors,
)
from cut2next.recipes.mini.renaming import name_ids, renamed
from cut2next.recipes.mini.strange_words import with_strange_word
from cut2next.recipes.mini.tellings import current_prompt, drawn_telling
from cut2next.recipes.progress import Progress
from cut2next.soundstage.camera import Setup
from cut2next.soundstage.extremes import ExtremeCut, currents, extremes_from
from cut2next.soundstage.film_set import FilmSet
from cut2next.soundstage.truth import pixel_kinds
from cut2next.training.checkpoint import one_run_in

_SINGLES = 2
"""Setups of one lead that cuts lead on from, on every set; and one from far away."""
_SETS_A_FILE = 10
_CURRENT, _NEXT, _WEIGHTS, _CUTS = "current shot", "next shot", "weights", "cuts"
"""What a file holds beside the ids of prompts, whose segments name them; `_CUTS` is how many lead
on from each current shot, [N]: they lie one after the other in its order."""


class Take(NamedTuple):
    """What is shot of a set from one current setup."""

    film_set: FilmSet
    setup: Setup
    current: NDArray[np.uint8]
    cuts: Sequence[ExtremeCut]
    nexts: Sequence[NDArray[np.uint8]]
    kinds: Sequence[NDArray[np.uint8]]
    """Of each next picture what its pixels show, numbers of `PIXEL_KINDS`."""


def prepare_extremes(laboratory: Laboratory) -> Iterator[Progress]:
    """Shoots and encodes what is not there.

    There are a sixth as many sets as in the laboratory, none that the base has learnt from. Raises
    OutputError while another process prepares something in the laboratory.
    """
    begin = laboratory.sets // 2
    end = begin + max(1, laboratory.sets // 6)
    files = range(begin, end, _SETS_A_FILE)
    make_folder(_folder(laboratory))
    with one_run_in(laboratory.folder):
        for done, first in enumerate(files, start=1):
            path = _folder(laboratory) / f"sets-{first:05d}.safetensors"
            if not path.exists():
                seeds = range(first, min(first + _SETS_A_FILE, end))
                write_tensors(_encoded(laboratory, seeds), path)
            yield Progress("extreme cuts", done, len(files))


def drawn_extremes(laboratory: Laboratory) -> "EncodedExtremes":
    """What was prepared."""
    paths = sorted(_folder(laboratory).glob("sets-*.safetensors"))
    files = [load_file(checked(path)) for path in paths]
    tensors = {
        name: torch.cat([file[name] for file in files]).to(laboratory.device) for name in files[0]
    }
    return EncodedExtremes(tensors, name_ids(laboratory.shipped.tokenizer))


class EncodedExtremes:
    """Encoded cuts, in memory; people get other names at every draw."""

    def __init__(self, tensors: Mapping[str, Tensor], names: Tensor) -> None:
        """`names` are the numbers of names in prompts, [N]."""
        self._tensors, self._names = tensors, names
        self._counts = tensors[_CUTS].cpu().numpy()
        self._begins = np.cumsum(self._counts) - self._counts

    @property
    def prompt_tokens(self) -> Mapping[Segment, int]:
        """How many token ids each prompt has."""
        return {segment: self._tensors[str(segment)].shape[-1] for segment in _PROMPTS}

    def draw(
        self, chance: np.random.Generator, groups: int, each: int, earlier: int = 0
    ) -> DrawnCuts:
        """`each` cuts from each of `groups` current shots, all as likely.

        Raises ValueError for earlier shots: there are none.
        """
        if earlier:
            raise ValueError("no shots before those that extreme cuts lead on from")
        currents = chance.integers(len(self._counts), size=groups)
        among = chance.random((groups, each)) * self._counts[currents, None]
        nexts = (self._begins[currents, None] + among.astype(np.int64)).flatten()
        rows = {Segment.CURRENT_PROMPT: currents}
        rows |= dict.fromkeys((Segment.RELATIONAL_PROMPT, Segment.NEXT_PROMPT), nexts)
        ids = {prompt: self._told(prompt, rows[prompt], chance) for prompt in _PROMPTS}
        ids = renamed(ids, self._names, chance, groups)
        return DrawnCuts(
            ids={prompt: with_strange_word(x, chance) for prompt, x in ids.items()},
            latents={
                Segment.CURRENT_SHOT: self._tensors[_CURRENT][currents],
                Segment.NEXT_SHOT: self._tensors[_NEXT][nexts],
            },
            weights=self._tensors[_WEIGHTS][nexts],
        )

    def _told(
        self, prompt: Segment, rows: NDArray[np.int64], chance: np.random.Generator
    ) -> Tensor:
        """One wording of each."""
        return self._tensors[str(prompt)][rows, chance.integers(WORDINGS, size=len(rows))]


_PROMPTS = (Segment.CURRENT_PROMPT, Segment.RELATIONAL_PROMPT, Segment.NEXT_PROMPT)


def _folder(laboratory: Laboratory) -> Path:
    return laboratory.folder / "extremes"


def _encoded(laboratory: Laboratory, seeds: range) -> dict[str, Tensor]:
    """All that a file holds."""
    sets = [laboratory.rushes.build(seed) for seed in seeds]
    # Threads, because nearly all of it is ray casting, which lets other threads run.
    with ThreadPoolExecutor(processors()) as pool:
        takes = [
            take
            for of_set in pool.map(lambda film_set: _takes(film_set, laboratory.size), sets)
            for take in of_set
        ]
    step = pixels_per_token(laboratory.shipped.vae)
    return _worded(laboratory, takes) | {
        _CUTS: torch.tensor([len(take.cuts) for take in takes]),
        _CURRENT: _latents(laboratory, [[take.current] for take in takes]),
        _NEXT: _latents(laboratory, [take.nexts for take in takes]),
        _WEIGHTS: torch.cat(
            [token_weights(pixel_weights(np.stack(take.kinds)), step) for take in takes]
        ),
    }


def _takes(film_set: FilmSet, size: tuple[int, int]) -> list[Take]:
    chance = Random(f"extremes {film_set.seed}")
    *singles, far = currents(film_set)
    return [
        _take(film_set, setup, extremes_from(film_set, setup, chance), size)
        for setup in (*chance.sample(singles, _SINGLES), far)
    ]


def _take(
    film_set: FilmSet, setup: Setup, cuts: Sequence[ExtremeCut], size: tuple[int, int]
) -> Take:
    nexts, kinds = [], []
    for cut in cuts:
        light, ids = cut.shown_on.light(cut.shown, size)
        nexts.append(cut.shown_on.develop(light))
        kinds.append(pixel_kinds(cut.shown_on.geometry.parts)[ids])
    current = film_set.picture(setup, size)
    return Take(film_set, setup, current, cuts, nexts, kinds)


def _latents(laboratory: Laboratory, pictures: Sequence[Sequence[NDArray[np.uint8]]]) -> Tensor:
    """As the transformer reads them, all one after the other: [N, L, C], bfloat16."""
    encode = laboratory.shipped.backbone.encode_image
    with torch.no_grad():
        latents = [encode(to_model(np.stack(some))) for some in pictures]
    return torch.cat(latents).to("cpu", torch.bfloat16)


def _worded(laboratory: Laboratory, takes: Sequence[Take]) -> dict[str, Tensor]:
    """Token ids of prompts, several wordings of each: [N, wordings, L]."""
    texts: dict[Segment, list[str]] = {prompt: [] for prompt in _PROMPTS}
    for take in takes:
        chance = Random(f"extreme words {take.film_set.seed} {take.setup.name}")
        for _ in range(WORDINGS):
            prompt = current_prompt(take.film_set, take.setup, chance)
            texts[Segment.CURRENT_PROMPT].append(prompt.text)
        for cut in take.cuts:
            for _ in range(WORDINGS):
                texts[Segment.RELATIONAL_PROMPT].append(cut.relational_prompt(chance).text)
                following = cut.next_prompt(chance, drawn_telling(chance))
                texts[Segment.NEXT_PROMPT].append(following.text)
    lengths, tokenizer = laboratory.prompt_tokens, laboratory.shipped.tokenizer
    return {
        str(prompt): token_ids(tokenizer, told, lengths[prompt]).unflatten(0, (-1, WORDINGS))
        for prompt, told in texts.items()
    }
