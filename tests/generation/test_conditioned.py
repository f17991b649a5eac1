"""A backbone under a table reads each text once, keeps what lasts, and needs no pipeline."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from tests.generation.toy import assert_same, latents, picture, prompt, seeded, toy

from cut2next.backbones.backbone import EncodedText
from cut2next.conditioning import CLOSED, PAPER, Segment, SegmentTable
from cut2next.film import InputError
from cut2next.generation.conditioned import ConditionedBackbone, cut_layout
from cut2next.generation.framing import Size


class Counted:
    """A backbone that counts the texts it encodes; without pooled vectors if asked so."""

    def __init__(self, backbone: Any, *, pooled: bool = True) -> None:
        self.backbone, self.pooled, self.texts = backbone, pooled, list[str]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.backbone, name)

    def encode_text(self, texts: list[str], length: int) -> EncodedText:
        self.texts += texts
        encoded = self.backbone.encode_text(texts, length)
        return EncodedText(encoded.tokens, encoded.pooled if self.pooled else None)


def conditioned(table: SegmentTable = CLOSED, **changes: Any) -> ConditionedBackbone:
    pipe = toy(table.name)
    return replace(
        ConditionedBackbone(
            backbone=pipe.backbone,
            table=table,
            prompt_tokens=pipe.prompt_tokens,
            default_size=None,
            knows="",
            device=torch.device("cpu"),
        ),
        **changes,
    )


@torch.no_grad()
def test_a_text_that_occurs_twice_is_encoded_once() -> None:
    counted: Any = Counted(conditioned().backbone)
    reader = conditioned(backbone=counted)
    asked = [prompt(), prompt("green grass"), prompt()]
    encoded = reader.encoded_prompts(asked, reader.prompt_tokens)
    assert len(counted.texts) == len(set(counted.texts)) == 4
    assert [read.prompt for read in encoded] == asked
    for segment, length in reader.prompt_tokens.items():
        assert encoded[0].inputs.tokens[segment].shape == (1, length, 128)
        assert encoded[0].inputs.pooled[segment].shape == (1, 128)
    assert reader.encoded_prompts([], reader.prompt_tokens) == []


@torch.no_grad()
def test_a_backbone_may_have_no_pooled_vectors() -> None:
    counted: Any = Counted(conditioned().backbone, pooled=False)
    reader = conditioned(backbone=counted)
    (encoded,) = reader.encoded_prompts([prompt()], reader.prompt_tokens)
    assert encoded.inputs.segments == set(reader.prompt_tokens)
    assert not encoded.inputs.pooled


def test_without_text_encoders_nothing_is_encoded() -> None:
    reader = conditioned()
    bare: Any = replace(reader.backbone, text_encoder=None, text_encoder_2=None)  # type: ignore[type-var]
    with pytest.raises(InputError, match="after the text encoders were released"):
        replace(reader, backbone=bare).encoded_texts(Segment.NEXT_PROMPT, ["red fox"])


@torch.no_grad()
@pytest.mark.parametrize("table", [CLOSED, PAPER])
def test_what_lasts_is_kept_of_a_current_shot(table: SegmentTable) -> None:
    reader = conditioned(table)
    (encoded,) = reader.encoded_prompts([prompt()], reader.prompt_tokens)
    image = picture()
    shots = reader.current_shots([image, image], [encoded, encoded])
    assert shots[0] is shots[1]
    assert shots[0].cache.segments == table.lasting
    assert shots[0].inputs.segments == {Segment.CURRENT_PROMPT, Segment.CURRENT_SHOT}


@torch.no_grad()
def test_it_prepares_what_a_pipeline_makes() -> None:
    reader, pipe = conditioned(), toy()
    (encoded,) = reader.encoded_prompts([prompt()], reader.prompt_tokens)
    shots = reader.current_shots([picture()], [encoded])
    prepared = reader.prepared(shots, [encoded], shots[0].size, None, frozenset())
    noise = reader.backbone.noise(1, (2, 3), seeded(1), reader.device)
    one_step = noise - prepared.velocity(noise, torch.ones(1))
    assert_same(one_step, latents(pipe, picture(), prompt(), 1, generator=seeded(1)))


def test_sizes_are_in_whole_tokens_of_the_backbone() -> None:
    reader = conditioned()
    layout = reader.layout(Size(48, 32), Size(64, 32))
    tokens = {"current": (2, 3), "following": (2, 4)}
    assert layout == cut_layout(CLOSED, reader.prompt_tokens, **tokens)
    assert layout.tokens(Segment.NEXT_SHOT) == 8
