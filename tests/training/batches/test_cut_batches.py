"""A micro-batch holds what it says, is the same at every call, and can be learnt from."""

import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.generation.toy import PROMPT_TOKENS, toy
from tests.training.batches.sets import cut, film, shot, surveyed, written

from cut2next.conditioning import TABLES, Segment, SegmentInputs, with_earlier_shots
from cut2next.conditioning.ablations import ABLATIONS
from cut2next.film import InputError
from cut2next.training.batches.cut_batches import CutBatches
from cut2next.training.batches.earlier import EarlierShots
from cut2next.training.batches.latents import Latents
from cut2next.training.batches.order import CutOrder
from cut2next.training.batches.survey import Survey
from cut2next.training.batches.texts import KeptTexts, LiveTexts, worded
from cut2next.training.step import Batch, Draws, NextShotLearner

LENGTHS = {Segment.named(name): length for name, length in PROMPT_TOKENS.items()}


def batches(
    survey: Survey, folder: Path, *, groups: int = 1, each: int = 2, **settings: Any
) -> CutBatches:
    """Those of a survey by the toy model, filled."""
    pipe = toy()
    latents = Latents.by(pipe.backbone, folder)
    list(latents.fill(survey.cuts, pipe.backbone))
    plain: dict[str, Any] = {
        "order": CutOrder(survey=survey, groups=groups, each=each),
        "latents": latents,
        "texts": LiveTexts(backbone=pipe.backbone, prompt_tokens=LENGTHS),
        "table": pipe.table,
        "prompt_tokens": LENGTHS,
        "device": "cpu",
        "dtype": torch.float32,
    }
    return CutBatches(**{**plain, **settings})


def same(one: Batch, other: Batch) -> bool:
    pairs = [(one.clean, other.clean), (one.weights, other.weights)]
    pairs += [(one.inputs.tokens[at], other.inputs.tokens[at]) for at in one.inputs.tokens]
    pairs += [(one.inputs.pooled[at], other.inputs.pooled[at]) for at in one.inputs.pooled]
    return one.layout == other.layout and all(torch.equal(ours, theirs) for ours, theirs in pairs)


def test_current_shots_come_once_and_cuts_each_for_themselves(tmp_path: Path) -> None:
    fan = [cut(0, next=shot(number, words=f"blue dog {number}")) for number in (3, 4, 5)]
    found = surveyed(written(tmp_path / "cuts", [*fan, cut(7)]))
    made = batches(found, tmp_path / "kept", groups=2, each=3, dropped=0.0)
    assert len(made) == 1
    batch, drawn = made(0), made.order(0)
    lengths = {at: x.shape[:2] for at, x in batch.inputs.tokens.items()}
    assert lengths == {
        Segment.CURRENT_PROMPT: (2, 6),
        Segment.CURRENT_SHOT: (2, 12),
        Segment.RELATIONAL_PROMPT: (6, 5),
        Segment.NEXT_PROMPT: (6, 7),
    }
    assert batch.clean.shape == (6, 12, 64)
    assert torch.equal(batch.weights, torch.ones(6, 12))
    assert batch.layout.shot_sizes == dict.fromkeys(
        (Segment.CURRENT_SHOT, Segment.NEXT_SHOT), (3, 4)
    )
    for at, number in enumerate(drawn.flat):
        own = found.cuts[number]
        assert torch.equal(batch.clean[at], made.latents.read(own.next, own.size)[0][0].float())
        words = made.texts.read(Segment.NEXT_PROMPT, [own.next_prompt.text])
        torch.testing.assert_close(
            batch.inputs.tokens[Segment.NEXT_PROMPT][at], words.tokens[Segment.NEXT_PROMPT][0]
        )
        pooled = batch.inputs.pooled[Segment.NEXT_PROMPT][at]
        torch.testing.assert_close(pooled, words.pooled[Segment.NEXT_PROMPT][0])
        current = made.latents.read(own.current, own.size)[0][0].float()
        assert torch.equal(batch.inputs.tokens[Segment.CURRENT_SHOT][at // 3], current)


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_it_is_learnt_from_under_every_table(tmp_path: Path, table: Any) -> None:
    found = surveyed(film(tmp_path / "cuts", 3))
    made = batches(found, tmp_path / "kept", groups=2, table=table)
    transformer = toy().transformer
    losses = NextShotLearner(transformer, Draws())(made(0), 0)
    assert losses.mean.isfinite()
    assert losses.mean.requires_grad
    assert losses.errors is not None
    assert losses.errors.shape == (4,)
    assert set(made(0).inputs.tokens) == set(table.segments) - {Segment.NEXT_SHOT}


@pytest.mark.parametrize("table", [*TABLES.values(), *ABLATIONS.values()], ids=lambda t: t.name)
def test_earlier_shots_are_current_shots_before_it_and_all_else_is_as_without(
    tmp_path: Path, table: Any
) -> None:
    found = surveyed(film(tmp_path / "cuts", 5))
    plain = batches(found, tmp_path / "kept", each=1, table=table)
    made = batches(found, tmp_path / "kept", each=1, table=table, earlier_shots=2)
    of_digest = {own.current: own for own in found.cuts}
    counts = set()
    for number in range(20):
        batch, without = made(number), plain(number)
        earlier = {at for at in batch.inputs.tokens if at.is_context and at.index < -1}
        count = -min((at.index for at in earlier), default=-1) - 1
        counts.add(count)
        assert batch.layout.table == with_earlier_shots(table, count)
        assert batch.inputs.segments == {*batch.layout.table.segments} - {Segment.NEXT_SHOT}
        assert torch.equal(batch.clean, without.clean)
        for at, tokens in without.inputs.tokens.items():
            assert torch.equal(batch.inputs.tokens[at], tokens)
        own = found.cuts[made.order(number)[0, 0]]
        past = [of_digest[each.current] for each in EarlierShots(survey=found).before(own)]
        for at in earlier - {*batch.layout.table.prompts}:
            known = [made.latents.read(each.current, each.size)[0] for each in past]
            assert any(torch.equal(batch.inputs.tokens[at], latents) for latents in known)
        assert NextShotLearner(toy().transformer, Draws())(batch, number).mean.isfinite()
    assert counts == ({0, 1, 2} if Segment.CURRENT_SHOT in table.segments else {0})


def test_a_number_says_it_all(tmp_path: Path) -> None:
    found = surveyed(film(tmp_path / "cuts", 5))
    one, other = (batches(found, tmp_path / "kept", earlier_shots=2) for _ in range(2))
    numbers = [0, 3, 11, 40]
    expected = [one(number) for number in numbers]
    for number, batch in zip(reversed(numbers), reversed(expected), strict=True):
        assert same(other(number), batch)
    assert not same(expected[0], expected[1])


class Asked(Counter[tuple[Segment, str]]):
    """How often each text was asked for; it gives none."""

    def read(self, segment: Segment, texts: Sequence[str]) -> SegmentInputs:
        self.update((segment, text) for text in texts)
        return SegmentInputs()


def test_descriptions_and_attributes_are_each_left_out_of_a_fifth(tmp_path: Path) -> None:
    found = surveyed(film(tmp_path / "cuts", 3))
    asked = Asked()
    made = batches(found, tmp_path / "kept", each=1, texts=asked)
    for number in range(600):
        made(number)
    for segment in (Segment.CURRENT_PROMPT, Segment.NEXT_PROMPT):
        for without, share in {
            (False, False): 0.64,
            (True, False): 0.16,
            (False, True): 0.16,
            (True, True): 0.04,
        }.items():
            count = asked[segment, worded(shot(0).prompt, *without)]
            assert abs(count / 600 - share) < 0.05
    assert asked[Segment.RELATIONAL_PROMPT, cut(0).relational.text] == 600


def test_dropout_may_be_off(tmp_path: Path) -> None:
    found, asked = surveyed(film(tmp_path / "cuts", 3)), Asked()
    made = batches(found, tmp_path / "kept", dropped=0.0, texts=asked)
    for number in range(20):
        made(number)
    assert len(asked) == 3


def test_neither_networks_nor_folders_are_needed_once_all_is_kept(tmp_path: Path) -> None:
    found = surveyed(film(tmp_path / "cuts", 3))
    pipe = toy()
    texts = KeptTexts.by(pipe.backbone, LENGTHS, tmp_path / "texts")
    live = LiveTexts(backbone=pipe.backbone, prompt_tokens=LENGTHS)
    list(texts.fill(found.cuts, live))
    made = batches(found, tmp_path / "kept", texts=texts, dtype=torch.bfloat16)
    reference = batches(found, tmp_path / "kept", texts=live, dtype=torch.bfloat16)
    expected = [reference(number) for number in range(9)]
    assert not {id(each) for each in _reached(made)} & {id(pipe.vae), id(pipe.text_encoder_2)}
    del pipe, live, reference
    shutil.rmtree(tmp_path / "cuts")
    for number in range(9):
        batch = made(number)
        torch.testing.assert_close(
            batch.inputs.tokens[Segment.NEXT_PROMPT],
            expected[number].inputs.tokens[Segment.NEXT_PROMPT],
        )
        assert torch.equal(batch.clean, expected[number].clean)


def _reached(thing: object) -> list[object]:
    """All modules that can be reached through fields."""
    if isinstance(thing, torch.nn.Module):
        return [thing]
    fields = getattr(thing, "__dict__", {}).values()
    return [found for field in fields for found in _reached(field)]


def test_latents_that_went_meanwhile_are_told_in_a_line(tmp_path: Path) -> None:
    made = batches(surveyed(film(tmp_path / "cuts", 2)), tmp_path / "kept")
    for file in (tmp_path / "kept").rglob("*.safetensors"):
        file.unlink()
    with pytest.raises(InputError, match=r"does not exist.*start again"):
        made(0)
