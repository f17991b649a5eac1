"""Reels that come one by one are drawn from as if they had been there from the beginning."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from scripts.mini_on_a_card.autoencoder import ShotPictures
from scripts.mini_on_a_card.data import GrowingRushes
from torch import Tensor

from cut2next.conditioning import Segment
from cut2next.recipes.mini.encoded_rushes import EncodedRushes
from cut2next.recipes.mini.encoding import WEIGHTS, WORDINGS
from cut2next.soundstage.truth import PIXEL_KINDS

NAMES = torch.tensor([3, 4, 5])
SETUPS, TOKENS, CHANNELS = 4, 6, 2


def reel(seed: int, sets: int = 2) -> dict[str, Tensor]:
    """Sets whose latents are all different, and whose shots some patterns join."""
    chance = torch.Generator().manual_seed(seed)

    def words(*shape: int) -> Tensor:
        return torch.randint(3, 20, shape, generator=chance).short()

    joined = torch.randint(32, (sets, SETUPS, SETUPS), generator=chance)
    joined *= torch.rand(joined.shape, generator=chance) < 0.3
    joined *= 1 - torch.eye(SETUPS, dtype=torch.long)  # no editor cuts to the shot itself
    return {
        "latents": torch.randn(sets, SETUPS, TOKENS, CHANNELS, generator=chance),
        "weights": torch.rand(sets, SETUPS, TOKENS, generator=chance),
        "current": words(sets, SETUPS, WORDINGS, 7),
        "relational": words(sets, SETUPS, SETUPS, WORDINGS, 5),
        "next": words(sets, SETUPS, SETUPS, WORDINGS, 7),
        "patterns": joined.to(torch.uint8),
    }


def growing() -> GrowingRushes:
    data = GrowingRushes([reel(0)], NAMES, room=7)
    for seed in (1, 2):
        assert not data.is_full
        data.take(reel(seed))
    return data


def test_reels_that_came_later_are_drawn_from_like_the_first() -> None:
    grown, known = growing(), EncodedRushes([reel(seed) for seed in range(3)], NAMES)
    assert len(grown) == len(known) == 6
    assert grown.is_full  # one set more has room, a reel has not
    mine, other = (data.draw(np.random.default_rng(0), 20, 3) for data in (grown, known))
    torch.testing.assert_close(mine.ids, other.ids, rtol=0, atol=0)
    torch.testing.assert_close(mine.latents, other.latents, rtol=0, atol=0)
    torch.testing.assert_close(mine.weights, other.weights, rtol=0, atol=0)


def test_drawn_cuts_are_joined_by_a_pattern_and_all_joins_are_drawn() -> None:
    data = growing()
    drawn = data.draw(np.random.default_rng(1), 600, 3)
    currents = drawn.latents[Segment.CURRENT_SHOT].repeat_interleave(3, dim=0)
    pairs = {
        (*_place(data, current), *_place(data, following))
        for current, following in zip(currents, drawn.latents[Segment.NEXT_SHOT], strict=True)
    }
    assert all(of == at for of, _, at, _ in pairs)
    joins = np.argwhere(data.joins.any(axis=-1)).tolist()
    assert {(of, current, following) for of, current, _, following in pairs} == {
        (of, current, following) for of, current, following in joins
    }


def _place(data: EncodedRushes, latents: Tensor) -> tuple[int, int]:
    """Where a picture is: set and setup."""
    ((row, column),) = (data.latents == latents).all(dim=-1).all(dim=-1).nonzero().tolist()
    return row, column


@pytest.fixture
def shot(tmp_path: Path) -> ShotPictures:
    """Two reels of a set of two pictures; a pixel says where it is, and where eyes are."""
    rows, columns = torch.meshgrid(torch.arange(40), torch.arange(60), indexing="ij")
    for number in range(2):
        places = [torch.stack([rows, columns, torch.full_like(rows, n)], -1) for n in (0, 1)]
        pictures = torch.stack(places)[None]
        pictures[..., 2] += 2 * number
        kinds = torch.zeros(1, 2, 40, 60)
        kinds[0, 0, 35, 3 + number] = PIXEL_KINDS.index("eyes")
        tensors = {"pictures": pictures.to(torch.uint8), "kinds": kinds.to(torch.uint8)}
        save_file(tensors, tmp_path / f"reel-{number}.safetensors")
    return ShotPictures(tmp_path, "cpu")


def test_crops_are_parts_of_pictures_with_their_weights(shot: ShotPictures) -> None:
    torch.manual_seed(0)
    crops, weights = shot.crops(400, 16)
    assert crops.shape == (400, 3, 16, 16)
    assert weights.shape == (400, 1, 16, 16)
    pixels = (crops.add(1).mul(127.5)).round().long()
    top, left, picture = pixels[:, :, 0, 0].T
    assert {*picture.tolist()} == {0, 1, 2, 3}
    along = torch.arange(16)
    assert torch.equal(pixels[:, 0], (top[:, None, None] + along[:, None]).expand(-1, 16, 16))
    assert torch.equal(pixels[:, 1], (left[:, None, None] + along).expand(-1, 16, 16))
    assert (top.max(), left.max(), top.min(), left.min()) == (24, 44, 0, 0)
    eyes = pixels[:, 0].eq(35) & pixels[:, 1].eq(3 + picture[:, None, None] // 2)
    eyes &= (picture % 2 == 0)[:, None, None]
    table = torch.tensor([WEIGHTS["setting"], WEIGHTS["eyes"]])
    assert torch.equal(weights[:, 0], table[eyes.long()])


def test_half_of_the_crops_are_about_a_small_thing_where_there_is_one(shot: ShotPictures) -> None:
    torch.manual_seed(0)
    crops, weights = shot.crops(2000, 16)
    with_eyes = (crops[:, 2, 0, 0] + 1).mul(127.5).round() % 2 == 0
    seen = (weights.flatten(1).max(dim=1).values > 1)[with_eyes].float().mean().item()
    by_chance = (4 + 5) / 2 / 45 * 5 / 25  # lefts 0 to 3 or 4, and tops 20 to 24, show them
    assert seen == pytest.approx(0.5 + 0.5 * by_chance, abs=0.05)
