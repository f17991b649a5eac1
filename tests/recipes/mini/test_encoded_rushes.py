"""Encoded rushes: what is drawn from them are cuts that an editor would make, told as they go."""

from collections import Counter

import numpy as np
import pytest
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from cut2next.backbones.mini.architecture import UNKNOWN
from cut2next.conditioning import Segment
from cut2next.film import EditingPattern
from cut2next.recipes.mini.encoded_rushes import EncodedRushes
from cut2next.recipes.mini.renaming import name_ids
from cut2next.soundstage.camera import patterns_between
from cut2next.soundstage.rushes import Rushes

WORDS = dict(zip(EditingPattern, ("reverse", "cutin", "cutout", "cutaway", "multi"), strict=True))
"""What the tokenizer reads of the name of each."""


def test_cuts_join_as_an_editor_would_cut(rushes: Rushes, data: EncodedRushes) -> None:
    for number in rushes.reels:
        setups = rushes.setups(rushes.build(number))
        for row, current in enumerate(setups):
            for column, following in enumerate(setups):
                joins = data.joins[number, row, column]
                joined = {p for p, joins_so in zip(EditingPattern, joins, strict=True) if joins_so}
                assert joined == patterns_between(current, following)


def test_drawn_cuts_are_of_one_current_shot_and_told_as_they_go(
    rushes: Rushes, data: EncodedRushes, tokenizer: PreTrainedTokenizerFast
) -> None:
    drawn = data.draw(np.random.default_rng(3), 50, 4)
    assert drawn.latents[Segment.CURRENT_SHOT].shape == (50, 6, 128)
    assert drawn.latents[Segment.NEXT_SHOT].shape == (200, 6, 128)
    assert drawn.weights.shape == (200, 6)
    seen: Counter[EditingPattern] = Counter()
    for cut in range(200):
        at, current = _place(data, drawn.latents[Segment.CURRENT_SHOT][cut // 4])
        of, following = _place(data, drawn.latents[Segment.NEXT_SHOT][cut])
        assert at == of
        joins = data.joins[at, current, following]
        assert joins.any()
        assert drawn.weights[cut].equal(data.weights[of, following])
        words = str(tokenizer.decode(drawn.ids[Segment.RELATIONAL_PROMPT][cut])).split()
        said = {pattern for pattern, word in WORDS.items() if word in words}
        truly = {p for p, joins_so in zip(EditingPattern, joins, strict=True) if joins_so}
        assert said == truly
        seen.update(truly)
    at_hand = data.joins.any(axis=(0, 1, 2))
    assert len(seen) == at_hand.sum() >= 4


def test_a_cut_is_told_in_several_ways(data: EncodedRushes) -> None:
    row, current, following = np.argwhere(data.joins.any(axis=-1))[0]
    for told in (data.relational, data.next):
        wordings = told[row, current, following]
        assert len({tuple(ids.tolist()) for ids in wordings}) > 1


def test_people_are_called_anew_at_every_draw_and_alike_in_all_prompts_of_a_cut(
    data: EncodedRushes, tokenizer: PreTrainedTokenizerFast
) -> None:
    chance, names = np.random.default_rng(0), set(name_ids(tokenizer).tolist())
    called: dict[tuple[int, int], set[int]] = {}
    for _ in range(20):
        drawn = data.draw(chance, 5, 1)
        for cut, latents in enumerate(drawn.latents[Segment.CURRENT_SHOT]):
            said = [names.intersection(ids[cut].tolist()) for ids in drawn.ids.values()]
            called.setdefault(_place(data, latents), set()).update(*said)
            assert len(set().union(*said)) <= 3  # nobody has two names
    assert max(map(len, called.values())) > 6


def test_earlier_shots_are_others_of_the_set_told_by_the_same_names(
    data: EncodedRushes, tokenizer: PreTrainedTokenizerFast
) -> None:
    drawn, names = data.draw(np.random.default_rng(4), 40, 2, 3), {*name_ids(tokenizer).tolist()}
    context = [Segment.CURRENT_SHOT.back(back) for back in range(4)]
    words = [Segment.CURRENT_PROMPT.back(back) for back in range(4)]
    assert drawn.latents.keys() == {*context, Segment.NEXT_SHOT}
    first = set()
    for group in range(40):
        places = [_place(data, drawn.latents[segment][group]) for segment in context]
        assert len({number for number, _ in places}) == 1
        assert len({*places}) == 4
        first.add(places[1])
        for (row, setup), prompt in zip(places, words, strict=True):
            told = {_unnamed(ids, names) for ids in data.current[row, setup]}
            said = _unnamed(drawn.ids[prompt][group], names)
            strange = UNKNOWN in said
            assert strange or said in told
        called = [names.intersection(drawn.ids[prompt][group].tolist()) for prompt in words]
        assert len(set().union(*called)) <= 3  # nobody has two names
    assert len(first) > 8  # of the sixteen that there are


def test_no_earlier_shot_is_a_next_one_and_the_other_cuts_are_drawn_as_without(
    data: EncodedRushes,
) -> None:
    chances = [np.random.default_rng(6) for _ in range(2)]
    without, with_some = (data.draw(chances[at], 30, 6, 3 * at) for at in (0, 1))
    nexts, moved = with_some.latents[Segment.NEXT_SHOT], 0
    for cut, (latents, before) in enumerate(
        zip(nexts, without.latents[Segment.NEXT_SHOT], strict=True)
    ):
        shown = [
            with_some.latents[Segment.CURRENT_SHOT.back(back)][cut // 6] for back in range(1, 4)
        ]
        assert not any(latents.equal(other) for other in shown)
        if any(before.equal(other) for other in shown):
            moved += 1
            assert cut % 6
            continue
        assert latents.equal(before)
        for prompt in (Segment.RELATIONAL_PROMPT, Segment.NEXT_PROMPT):
            assert with_some.ids[prompt][cut].equal(without.ids[prompt][cut])
    assert moved > 10
    for segment in (Segment.CURRENT_SHOT, Segment.CURRENT_PROMPT):
        given = [{**drawn.ids, **drawn.latents}[segment] for drawn in (without, with_some)]
        assert given[0].equal(given[1])
    assert chances[0].random() == chances[1].random()


def test_a_share_of_the_context_is_a_models_own(data: EncodedRushes) -> None:
    made = torch.full_like(data.latents, 7.0)
    drawn = data.with_own(made, 0.25).draw(np.random.default_rng(5), 400, 1, 2)
    for back in range(3):
        own = (drawn.latents[Segment.CURRENT_SHOT.back(back)] == 7).all(dim=-1).all(dim=-1)
        assert own.float().mean().item() == pytest.approx(0.25, abs=0.08)
    assert not (drawn.latents[Segment.NEXT_SHOT] == 7).any()


def _unnamed(ids: Tensor, names: set[int]) -> tuple[int, ...]:
    """The words of a prompt but for who is who."""
    return tuple(0 if number in names else number for number in ids.tolist())


def _place(data: EncodedRushes, latents: Tensor) -> tuple[int, int]:
    """Where a picture is: set and setup."""
    same = (data.latents == latents).all(dim=-1).all(dim=-1).numpy()
    row, column = np.argwhere(same)[0]
    return int(row), int(column)


def test_at_the_transformers_scale_latents_have_a_root_mean_square_of_1() -> None:
    data = EncodedRushes.__new__(EncodedRushes)
    data.latents = torch.randn(40, 6, 4, generator=torch.Generator().manual_seed(0)) * 4 + 3
    scale = data.scale()
    assert scale == pytest.approx(1 / 5, rel=0.1)
    made = data.scaled(0.0, scale).latents
    assert made.square().mean().item() == pytest.approx(1, abs=1e-5)
