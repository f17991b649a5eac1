"""What variants learn from: their sets, few of them, with faults put in, or others besides.

A fault is put into a cut when it is drawn, by the chance of its step; so every seed sees others.
Likewise cuts of another kind take the place of a share of the usual ones, and those that stay are
what is drawn without them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from cut2next.conditioning import Segment
from cut2next.experiments.besides import EXTREMES, IN_ACTION, Besides
from cut2next.experiments.laboratory import Laboratory
from cut2next.recipes.mini.encoded_rushes import DrawnCuts, DrawnFrom

Ids = Mapping[Segment, Tensor]
"""Token ids of prompts: [G, L] of the current one, [G·K, L] of the others."""

WRONG_PROMPTS = 0.3
"""Share of cuts with the relational or the next prompt of another cut."""
NEAR_DUPLICATES = 0.15
"""Share whose next shot is the current one again: no cut was there."""
OF_OTHERS = 0.3
"""Share of the current prompts, and of the relational ones, that tell of another set's people."""
FADED = 0.1
"""Share whose next shot is half faded to grey, the mean of all latents."""


def as_drawn(drawn: DrawnCuts, chance: np.random.Generator) -> DrawnCuts:
    """Without faults."""
    return drawn


@dataclass(frozen=True, kw_only=True)
class Lessons:
    """A way to learn from the sets of a laboratory."""

    name: str
    sets: Callable[[Laboratory], DrawnFrom] = lambda laboratory: laboratory.taught
    """Of a laboratory, what is learnt from."""
    spoil: Callable[[DrawnCuts, np.random.Generator], DrawnCuts] = as_drawn
    besides: Besides | None = None
    """Of what kind a share of the cuts is, which a laboratory has where it is asked for."""

    def of(self, laboratory: Laboratory) -> DrawnFrom:
        """Those of a laboratory."""
        data = self.sets(laboratory)
        if self.besides is not None:
            data = Mixed(data=data, other=self.besides.drawn(laboratory), share=self.besides.share)
        return Spoilt(data=data, spoil=self.spoil)


@dataclass(frozen=True, kw_only=True)
class Mixed:
    """The usual cuts, and others in the place of a share of them."""

    data: DrawnFrom
    other: DrawnFrom
    share: float
    """Of the current shots, with all cuts from them."""

    @property
    def prompt_tokens(self) -> Mapping[Segment, int]:
        """The same of both."""
        return self.data.prompt_tokens

    def draw(
        self, chance: np.random.Generator, groups: int, each: int, earlier: int = 0
    ) -> DrawnCuts:
        """The usual cuts that would be drawn without others, and then others."""
        usual, other = (
            data.draw(chance, groups, each, earlier) for data in (self.data, self.other)
        )
        which = _some(groups, self.share, chance)
        return DrawnCuts(
            ids={prompt: _put(which, ids, other.ids[prompt]) for prompt, ids in usual.ids.items()},
            latents={
                shot: _put(which, x, other.latents[shot]) for shot, x in usual.latents.items()
            },
            weights=_put(which, usual.weights, other.weights),
        )


def _put(which: Tensor, usual: Tensor, other: Tensor) -> Tensor:
    """Rows of the other where `which` [G] says so; a group's rows lie next to each other."""
    rows = which.to(usual.device).repeat_interleave(len(usual) // len(which))
    return torch.where(rows.view(-1, *[1] * (usual.ndim - 1)), other, usual)


@dataclass(frozen=True, kw_only=True)
class Spoilt:
    """Cuts with faults put into them."""

    data: DrawnFrom
    spoil: Callable[[DrawnCuts, np.random.Generator], DrawnCuts]

    @property
    def prompt_tokens(self) -> Mapping[Segment, int]:
        """As without faults."""
        return self.data.prompt_tokens

    def draw(
        self, chance: np.random.Generator, groups: int, each: int, earlier: int = 0
    ) -> DrawnCuts:
        """The cuts that would be drawn without faults, and then faults."""
        return self.spoil(self.data.draw(chance, groups, each, earlier), chance)


def as_films_give_them(drawn: DrawnCuts, chance: np.random.Generator) -> DrawnCuts:
    """Wrong prompts, near-duplicates, fades, each in its share of the cuts."""
    return _faded(_duplicated(_mistold(drawn, chance), chance), chance)


def _mistold(drawn: DrawnCuts, chance: np.random.Generator) -> DrawnCuts:
    """Of some cuts one prompt is the one of another cut of the batch."""
    ids = dict(drawn.ids)
    for segment in (Segment.RELATIONAL_PROMPT, Segment.NEXT_PROMPT):
        wrong = _some(len(ids[segment]), WRONG_PROMPTS / 2, chance)
        others = torch.from_numpy(chance.permutation(len(ids[segment])))
        ids[segment] = torch.where(wrong[:, None], ids[segment][others], ids[segment])
    return replace(drawn, ids=ids)


def told_of_others(drawn: DrawnCuts, chance: np.random.Generator) -> DrawnCuts:
    """Some current and some relational prompts are another current shot's.

    The next prompt stays true: so whoever lets the others speak for the next shot is taught wrong.
    Where prompts always agree, reading all of them is right.
    """
    ids = dict(drawn.ids)
    groups = len(ids[Segment.CURRENT_PROMPT])
    for segment in (Segment.CURRENT_PROMPT, Segment.RELATIONAL_PROMPT):
        wrong = _some(len(ids[segment]), OF_OTHERS, chance)
        others = ids[segment].roll(len(ids[segment]) // groups, dims=0)
        ids[segment] = torch.where(wrong.to(others.device)[:, None], others, ids[segment])
    return replace(drawn, ids=ids)


def _duplicated(drawn: DrawnCuts, chance: np.random.Generator) -> DrawnCuts:
    current, following = drawn.latents[Segment.CURRENT_SHOT], drawn.latents[Segment.NEXT_SHOT]
    again = current.repeat_interleave(len(following) // len(current), dim=0)
    which = _some(len(following), NEAR_DUPLICATES, chance)[:, None, None]
    return _with_next(drawn, torch.where(which, again, following))


def _faded(drawn: DrawnCuts, chance: np.random.Generator) -> DrawnCuts:
    following = drawn.latents[Segment.NEXT_SHOT]
    mean = following.float().mean(dim=(0, 1)).to(following.dtype)
    which = _some(len(following), FADED, chance)[:, None, None]
    return _with_next(drawn, torch.where(which, (following + mean) / 2, following))


def _some(count: int, share: float, chance: np.random.Generator) -> Tensor:
    return torch.from_numpy(chance.random(count) < share)


def _with_next(drawn: DrawnCuts, following: Tensor) -> DrawnCuts:
    return replace(drawn, latents={**drawn.latents, Segment.NEXT_SHOT: following})


BASE_SETS = Lessons(name="base sets", sets=lambda laboratory: laboratory.base_sets)
ALL_SETS = Lessons(name="all sets")
FEW_SETS = Lessons(name="few sets", sets=lambda laboratory: laboratory.few)
DISAGREEING = Lessons(name="disagreeing", spoil=told_of_others)
ROUGH = Lessons(name="rough", spoil=as_films_give_them)
WITH_ACTION = Lessons(name="with action", besides=IN_ACTION)
WITH_EXTREMES = Lessons(name="with extremes", besides=EXTREMES)
