"""Faults are put into their share of cuts, and nothing else is touched."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from cut2next.conditioning import Segment
from cut2next.experiments.laboratory import Laboratory
from cut2next.experiments.lessons import (
    ALL_SETS,
    FADED,
    NEAR_DUPLICATES,
    ROUGH,
    WITH_ACTION,
    WRONG_PROMPTS,
    Mixed,
    Spoilt,
    as_drawn,
)
from cut2next.recipes.mini.encoded_rushes import DrawnCuts
from cut2next.soundstage.rushes import Rushes

GROUPS, EACH = 200, 4
CUTS = GROUPS * EACH


class Sets:
    """Cuts whose numbers stand in their prompts, and whose shots are told apart by their sign."""

    first = 0

    prompt_tokens: Mapping[Segment, int] = {Segment.NEXT_PROMPT: 1}

    def draw(
        self, chance: np.random.Generator, groups: int, each: int, earlier: int = 0
    ) -> DrawnCuts:
        chance.random()
        numbers = self.first + torch.arange(groups * each)[:, None]
        return DrawnCuts(
            ids={
                Segment.RELATIONAL_PROMPT: numbers.clone(),
                Segment.CURRENT_PROMPT: numbers[:groups].clone(),
                Segment.NEXT_PROMPT: numbers.clone(),
            },
            latents={
                Segment.CURRENT_SHOT: -1.0 - numbers[:groups, :, None].float(),
                Segment.NEXT_SHOT: 1.0 + numbers[:, :, None].float(),
            },
            weights=torch.ones(groups * each, 1),
        )


@pytest.fixture
def laboratory(tmp_path: Path) -> Laboratory:
    return Laboratory(folder=tmp_path)


@pytest.fixture(scope="module")
def spoilt() -> DrawnCuts:
    return Spoilt(data=Sets(), spoil=ROUGH.spoil).draw(np.random.default_rng(0), GROUPS, EACH)


def test_lessons_without_faults_are_the_cuts_as_they_are() -> None:
    plain = Sets().draw(np.random.default_rng(0), GROUPS, EACH)
    drawn = Spoilt(data=Sets(), spoil=as_drawn).draw(np.random.default_rng(0), GROUPS, EACH)
    assert all(drawn.ids[segment].equal(ids) for segment, ids in plain.ids.items())
    assert all(drawn.latents[segment].equal(x) for segment, x in plain.latents.items())


def test_wrong_prompts_are_those_of_other_cuts_in_their_share(spoilt: DrawnCuts) -> None:
    numbers = torch.arange(CUTS)[:, None]
    wrong = [
        (spoilt.ids[segment] != numbers).float().mean().item()
        for segment in (Segment.RELATIONAL_PROMPT, Segment.NEXT_PROMPT)
    ]
    assert sum(wrong) == pytest.approx(WRONG_PROMPTS, abs=0.05)
    assert spoilt.ids[Segment.CURRENT_PROMPT].equal(numbers[:GROUPS])


def test_near_duplicates_are_the_current_shot_of_their_own_group(spoilt: DrawnCuts) -> None:
    following, current = (
        spoilt.latents[segment].flatten() for segment in (Segment.NEXT_SHOT, Segment.CURRENT_SHOT)
    )
    again = following == current.repeat_interleave(EACH)
    assert again.float().mean().item() == pytest.approx(NEAR_DUPLICATES * (1 - FADED), abs=0.04)
    assert spoilt.latents[Segment.CURRENT_SHOT].flatten().equal(-1.0 - torch.arange(GROUPS))


def test_faded_shots_are_half_way_to_the_mean(spoilt: DrawnCuts) -> None:
    following = spoilt.latents[Segment.NEXT_SHOT].flatten()
    whole = following == following.round()
    assert (~whole).float().mean().item() == pytest.approx(FADED, abs=0.04)


def test_faults_follow_from_the_chance_of_the_step() -> None:
    again = Spoilt(data=Sets(), spoil=ROUGH.spoil).draw(np.random.default_rng(0), GROUPS, EACH)
    other = Spoilt(data=Sets(), spoil=ROUGH.spoil).draw(np.random.default_rng(1), GROUPS, EACH)
    first = Spoilt(data=Sets(), spoil=ROUGH.spoil).draw(np.random.default_rng(0), GROUPS, EACH)
    shot = Segment.NEXT_SHOT
    assert again.latents[shot].equal(first.latents[shot])
    assert not other.latents[shot].equal(first.latents[shot])


class Others(Sets):
    """Cuts with numbers of their own."""

    first = 10_000


def test_others_take_the_place_of_whole_groups_in_their_share() -> None:
    mixed = Mixed(data=Sets(), other=Others(), share=0.25)
    drawn = mixed.draw(np.random.default_rng(0), GROUPS, EACH)
    current = drawn.ids[Segment.CURRENT_PROMPT].flatten()
    other = current >= Others.first
    assert other.float().mean().item() == pytest.approx(0.25, abs=0.08)
    usual = Sets().draw(np.random.default_rng(0), GROUPS, EACH)
    strange = Others().draw(np.random.default_rng(0), GROUPS, EACH)
    for kind in ("ids", "latents"):
        for segment, found in getattr(drawn, kind).items():
            rows = other.repeat_interleave(len(found) // GROUPS)
            assert found[~rows].equal(getattr(usual, kind)[segment][~rows])
            assert found[rows].equal(getattr(strange, kind)[segment][rows])
    assert drawn.weights.shape == usual.weights.shape


def test_a_laboratory_gives_others_only_where_a_lesson_asks_for_them(
    laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def read(_: Laboratory, rushes: Rushes, reels: slice = slice(None)) -> Sets:
        asked.append((rushes.folder.relative_to(laboratory.folder), rushes.action))
        return Sets()

    monkeypatch.setattr(Laboratory, "read", read)
    ALL_SETS.of(laboratory)
    assert asked == [(Path("rushes"), False)]
    WITH_ACTION.of(laboratory)
    assert asked[1:] == [(Path("rushes"), False), (Path("action/rushes"), True)]
