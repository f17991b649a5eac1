"""Prompts are what generation reads; what is kept of one never meets another."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.generation.toy import PROMPT_TOKENS, components, evaluated, toy
from tests.training.batches.sets import cut, film, shot, surveyed, written

from cut2next.backbones import Backbone
from cut2next.backbones.backbone import EncodedText
from cut2next.backbones.mini import architecture
from cut2next.conditioning import Segment, SegmentInputs
from cut2next.film import (
    HierarchicalPrompt,
    IndividualPrompt,
    InputError,
    OutputError,
    RelationalPrompt,
)
from cut2next.training.batches.texts import KeptTexts, LiveTexts, texts_of_cut, worded

LENGTHS = {Segment.named(name): length for name, length in PROMPT_TOKENS.items()}
TEXTS = ["red fox.", "one blue dog.", "red fox."]


class Counting:
    """A backbone that tells which texts its encoders read."""

    def __init__(self, backbone: Backbone) -> None:
        self.backbone, self.read = backbone, list[str]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.backbone, name)

    def encode_text(self, texts: Sequence[str], length: int) -> EncodedText:
        self.read += texts
        return self.backbone.encode_text(texts, length)


def live(backbone: Any = None) -> LiveTexts:
    return LiveTexts(backbone=backbone or toy().backbone, prompt_tokens=LENGTHS)


def same(one: SegmentInputs, other: SegmentInputs) -> bool:
    return all(
        ours.keys() == theirs.keys() and all(torch.equal(ours[at], theirs[at]) for at in ours)
        for ours, theirs in ((one.tokens, other.tokens), (one.pooled, other.pooled))
    )


def kept_by(texts: LiveTexts, folder: Path, cuts: Path) -> KeptTexts:
    """All texts of a folder of cuts, kept."""
    kept = KeptTexts.by(texts.backbone, LENGTHS, folder)
    list(kept.fill(surveyed(cuts).cuts, texts))
    return kept


def test_a_prompt_is_read_as_generation_reads_it() -> None:
    prompt = HierarchicalPrompt(
        relational=RelationalPrompt(transition="look away"),
        current=IndividualPrompt(summary="red fox"),
        next=IndividualPrompt(summary="blue dog", attributes={"look": "near"}),
    )
    expected = toy().encode_prompt(prompt).inputs
    words = {
        Segment.RELATIONAL_PROMPT: prompt.relational.text,
        Segment.CURRENT_PROMPT: prompt.current.text,
        Segment.NEXT_PROMPT: prompt.next.text,
    }
    for segment, text in words.items():
        assert same(live().read(segment, [text]), expected.only({segment}))


def test_each_text_of_a_batch_is_encoded_once_and_given_to_all_that_have_it() -> None:
    counting = Counting(toy().backbone)
    read = live(counting).read(Segment.NEXT_PROMPT, TEXTS)
    assert sorted(counting.read) == ["one blue dog.", "red fox."]
    tokens, pooled = read.tokens[Segment.NEXT_PROMPT], read.pooled[Segment.NEXT_PROMPT]
    assert len(tokens) == len(pooled) == 3
    assert torch.equal(tokens[0], tokens[2])
    assert not torch.equal(tokens[0], tokens[1])
    alone = live().read(Segment.NEXT_PROMPT, TEXTS[1:2])
    torch.testing.assert_close(alone.tokens[Segment.NEXT_PROMPT][0], tokens[1])


def test_a_long_prompt_is_cut_off_as_generation_shortens_it() -> None:
    long = "red fox meets one blue dog on green grass while we look from near"
    prompt = HierarchicalPrompt(
        relational=RelationalPrompt(transition=long),
        current=IndividualPrompt(summary=long),
        next=IndividualPrompt(summary="one blue dog"),
    )
    pipe, texts = toy(), live()
    expected = pipe.encode_prompt(pipe.shortened(prompt)).inputs
    for segment, text in (
        (Segment.RELATIONAL_PROMPT, prompt.relational.text),
        (Segment.CURRENT_PROMPT, prompt.current.text),
        (Segment.NEXT_PROMPT, prompt.next.text),
        (Segment.CURRENT_PROMPT, prompt.current.text),
    ):
        assert same(texts.read(segment, [text]), expected.only({segment}))


PROMPT = IndividualPrompt(summary="a", description="b", attributes={"c": "d"})


@pytest.mark.parametrize(
    ("without", "text"),
    [
        ((False, False), "a. b. c: d."),
        ((True, False), "a. c: d."),
        ((False, True), "a. b."),
        ((True, True), "a."),
    ],
)
def test_description_and_attributes_may_be_left_out(without: tuple[bool, bool], text: str) -> None:
    assert worded(PROMPT, *without) == text


def test_after_filling_no_encoder_is_needed_for_any_text_that_dropout_gives(tmp_path: Path) -> None:
    cuts = film(tmp_path / "cuts", 2)
    counting = Counting(toy().backbone)
    texts = live(counting)
    kept = kept_by(texts, tmp_path / "kept", cuts)
    # One relational prompt; three wordings of 6 and 7 tokens each, for all shots say the same.
    assert len(counting.read) == 1 + 4 + 4
    for each in surveyed(cuts).cuts:
        for segment, text in texts_of_cut(each):
            ours, theirs = kept.read(segment, [text, text]), texts.read(segment, [text, text])
            for one, other in ((ours.tokens, theirs.tokens), (ours.pooled, theirs.pooled)):
                rounded = {of: x.bfloat16() for of, x in other.items()}
                # Read in other company, which may round a number to its neighbour.
                torch.testing.assert_close(one, rounded, rtol=2**-7, atol=1e-5)


def test_what_is_there_is_not_encoded_again_and_what_is_damaged_is(tmp_path: Path) -> None:
    cuts = film(tmp_path / "cuts", 2)
    kept = kept_by(live(), tmp_path / "kept", cuts)
    counting = Counting(toy().backbone)
    assert list(kept.fill(surveyed(cuts).cuts, live(counting)))[-1] == (9, 9)
    assert counting.read == []
    damaged = next((tmp_path / "kept").rglob("*.safetensors"))
    damaged.write_bytes(b"")
    list(kept.fill(surveyed(cuts).cuts, live(counting)))
    assert len(counting.read) == 1


def test_processes_share_the_texts(tmp_path: Path) -> None:
    found = surveyed(film(tmp_path / "cuts", 2)).cuts
    kept = KeptTexts.by(toy().backbone, LENGTHS, tmp_path / "kept")
    own = [list(kept.fill(found, live(), process, 2))[-1] for process in range(2)]
    assert own == [(4, 4), (5, 5)]
    assert len(list((tmp_path / "kept").rglob("*.safetensors"))) == 9


def test_the_room_they_take_is_told_before(tmp_path: Path) -> None:
    found = surveyed(film(tmp_path / "cuts", 2)).cuts
    kept, texts = KeptTexts.by(toy().backbone, LENGTHS, tmp_path / "kept"), live()
    expected = kept.disk_bytes(found, texts.backbone)
    assert expected == 2 * 128 * (1 * (5 + 1) + 4 * (6 + 1) + 4 * (7 + 1))
    list(kept.fill(found, texts))
    files = [path.stat().st_size for path in (tmp_path / "kept").rglob("*.safetensors")]
    assert expected < sum(files) < expected + 200 * len(files)


def test_an_edited_prompt_never_meets_the_states_of_the_one_before(tmp_path: Path) -> None:
    kept = kept_by(live(), tmp_path / "kept", film(tmp_path / "cuts", 1))
    edited = replace(shot(1).prompt, summary="blue dog")
    again = written(tmp_path / "again", [cut(0, next=replace(shot(1), prompt=edited))])
    with pytest.raises(InputError, match=r"does not exist.*start again"):
        kept.read(Segment.NEXT_PROMPT, [edited.text])
    list(kept.fill(surveyed(again).cuts, live()))
    ours = kept.read(Segment.NEXT_PROMPT, [edited.text])
    assert same(ours, live().read(Segment.NEXT_PROMPT, [edited.text]).to(dtype=torch.bfloat16))


def test_what_other_encoders_or_lengths_read_lies_apart(tmp_path: Path) -> None:
    cuts = film(tmp_path / "cuts", 1)
    kept = kept_by(live(), tmp_path / "kept", cuts)
    torch.manual_seed(5)
    words = evaluated(architecture.words_encoder(len(components()["tokenizer"])))
    other = KeptTexts.by(toy(text_encoder_2=words).backbone, LENGTHS, tmp_path / "kept")
    longer = KeptTexts(store=kept.store, prompt_tokens={**LENGTHS, Segment.NEXT_PROMPT: 9})
    text = shot(1).prompt.text
    assert kept.read(Segment.NEXT_PROMPT, [text]).tokens[Segment.NEXT_PROMPT].shape == (1, 7, 128)
    for apart in (other, longer):
        with pytest.raises(InputError, match="does not exist"):
            apart.read(Segment.NEXT_PROMPT, [text])


def test_a_disk_that_takes_nothing_is_told(tmp_path: Path) -> None:
    cuts = film(tmp_path / "cuts", 1)
    (tmp_path / "kept").write_text("")
    with pytest.raises(OutputError, match="kept"):
        kept_by(live(), tmp_path / "kept", cuts)


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_text_is_refused(one: str, other: str) -> None:
    read = live().read(Segment.RELATIONAL_PROMPT, [one, other])
    assert read.tokens[Segment.RELATIONAL_PROMPT].shape == (2, 5, 128)
