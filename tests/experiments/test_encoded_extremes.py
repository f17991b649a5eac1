"""Extreme cuts are encoded once, and drawn each with the shot that it leads on from."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from cut2next.backbones.mini.architecture import UNKNOWN
from cut2next.conditioning import Segment
from cut2next.experiments.encoded_extremes import (
    EncodedExtremes,
    drawn_extremes,
    prepare_extremes,
)
from cut2next.experiments.laboratory import Laboratory
from cut2next.recipes.mini.encoding import WORDINGS
from cut2next.soundstage.extremes import KINDS

COUNTS = (3, 1, 2)


def numbered() -> EncodedExtremes:
    """Shots and prompts that tell which current shot they belong to, in hundreds."""
    cuts = [100 * (at + 1) + cut for at, count in enumerate(COUNTS) for cut in range(count)]
    own = [100 * (at + 1) for at in range(len(COUNTS))]

    def told(numbers: list[int]) -> torch.Tensor:
        ids = torch.tensor(numbers, dtype=torch.int16)[:, None, None]
        return ids.expand(-1, WORDINGS, 2).contiguous()

    return EncodedExtremes(
        {
            "cuts": torch.tensor(COUNTS),
            "current shot": torch.tensor(own)[:, None, None].float(),
            "next shot": torch.tensor(cuts)[:, None, None].float(),
            "weights": torch.tensor(cuts)[:, None].float(),
            str(Segment.CURRENT_PROMPT): told(own),
            str(Segment.RELATIONAL_PROMPT): told(cuts),
            str(Segment.NEXT_PROMPT): told(cuts),
        },
        names=torch.tensor([1]),
    )


def test_cuts_are_drawn_with_the_shot_that_they_lead_on_from_and_with_their_words() -> None:
    drawn = numbered().draw(np.random.default_rng(0), groups=200, each=5)
    current = drawn.latents[Segment.CURRENT_SHOT].flatten()
    following = drawn.latents[Segment.NEXT_SHOT].flatten()
    assert (following // 100 * 100).equal(current.repeat_interleave(5))
    assert drawn.weights.flatten().equal(following)
    for prompt in (Segment.RELATIONAL_PROMPT, Segment.NEXT_PROMPT):
        ids = drawn.ids[prompt]
        plain = (ids != UNKNOWN).all(dim=1)
        assert ids[plain][:, 0].equal(following[plain].long())
    plain = (drawn.ids[Segment.CURRENT_PROMPT] != UNKNOWN).all(dim=1)
    assert drawn.ids[Segment.CURRENT_PROMPT][plain][:, 0].equal(current[plain].long())


def test_shots_and_their_cuts_are_all_as_likely() -> None:
    drawn = numbered().draw(np.random.default_rng(0), groups=600, each=4)
    numbers, times = drawn.latents[Segment.NEXT_SHOT].flatten().long().unique(return_counts=True)
    shares = dict(zip(numbers.tolist(), (times / times.sum()).tolist(), strict=True))
    wanted = {100: 1 / 9, 101: 1 / 9, 102: 1 / 9, 200: 1 / 3, 300: 1 / 6, 301: 1 / 6}
    assert shares == pytest.approx(wanted, abs=0.03)


def test_draws_follow_from_their_chance_and_know_of_no_earlier_shots() -> None:
    first, again, other = (
        numbered().draw(np.random.default_rng(seed), 50, 2).latents[Segment.NEXT_SHOT]
        for seed in (0, 0, 1)
    )
    assert first.equal(again)
    assert not first.equal(other)
    with pytest.raises(ValueError, match="no shots before"):
        numbered().draw(np.random.default_rng(0), 1, 1, earlier=1)


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    """Two sets, in small pictures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Laboratory, "size", (96, 64))
        made = Laboratory(folder=tmp_path_factory.mktemp("laboratory"), sets=12, sets_a_reel=6)
        list(prepare_extremes(made))
        yield made


def test_a_laboratory_has_every_kind_told_in_words_that_are_known(laboratory: Laboratory) -> None:
    data = drawn_extremes(laboratory)
    assert data.prompt_tokens == laboratory.prompt_tokens
    drawn = data.draw(np.random.default_rng(0), groups=24, each=12)
    tokens = laboratory.shot_size[0] * laboratory.shot_size[1]
    assert drawn.latents[Segment.CURRENT_SHOT].shape[:2] == (24, tokens)
    assert drawn.latents[Segment.NEXT_SHOT].shape[:2] == (24 * 12, tokens)
    assert drawn.weights.shape == (24 * 12, tokens)
    assert drawn.weights.min() >= 1
    words = laboratory.shipped.tokenizer.get_vocab()
    asked = drawn.ids[Segment.RELATIONAL_PROMPT]
    for kind in KINDS:
        first = kind.split()[0]
        assert (asked == words[first]).any(dim=1).float().mean() > 0.04, kind
    strange = (asked == UNKNOWN).any(dim=1).float().mean()
    assert strange == pytest.approx(0.1, abs=0.06)


def test_latents_are_those_of_pictures_as_pipelines_read_them(laboratory: Laboratory) -> None:
    drawn = drawn_extremes(laboratory).draw(np.random.default_rng(0), groups=8, each=1)
    scale = drawn.latents[Segment.CURRENT_SHOT].float().square().mean().sqrt()
    assert 0.5 < scale < 2


def test_what_is_there_is_left_as_it_is(laboratory: Laboratory) -> None:
    (path,) = (laboratory.folder / "extremes").iterdir()
    before = path.stat().st_mtime_ns
    (done,) = prepare_extremes(laboratory)
    assert (done.done, done.total) == (1, 1)
    assert path.stat().st_mtime_ns == before
