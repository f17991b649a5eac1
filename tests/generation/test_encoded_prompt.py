"""Prompts are encoded before anything else, so that the text encoders can go."""

import pytest
import torch
from tests.generation.toy import assert_same, latents, picture, prompt, seeded, toy

from cut2next.conditioning import TABLES
from cut2next.film import InputError

NETWORKS = ("text_encoder", "text_encoder_2", "transformer")


@pytest.mark.parametrize("table", TABLES)
def test_an_encoded_prompt_is_the_prompt(table: str) -> None:
    pipe, asked = toy(table), [prompt(), prompt("green grass", relation="far away")]
    expected = latents(pipe, picture(), asked, generator=seeded(1, 2))
    encoded = [pipe.encode_prompt(one) for one in asked]
    pipe.release_text_encoders()
    assert_same(latents(pipe, picture(), encoded, generator=seeded(1, 2)), expected)


def test_a_prefilled_shot_takes_one_too() -> None:
    pipe, asked = toy(), prompt()
    encoded = pipe.encode_prompt(asked)
    shot = pipe.prefill(picture(), asked.current)
    expected = latents(pipe, shot, asked, generator=seeded(1))
    pipe.release_text_encoders()
    again = pipe.prefill(picture(), encoded)
    assert again.prompt == asked.current
    assert torch.equal(latents(pipe, again, encoded, generator=seeded(1)), expected)


def test_without_text_encoders_words_are_refused() -> None:
    pipe = toy().release_text_encoders()
    with pytest.raises(InputError, match="encode all prompts first"):
        pipe(picture(), prompt())


@pytest.mark.parametrize("table", TABLES)
def test_the_text_encoders_are_done_before_the_transformer_begins(table: str) -> None:
    pipe, ran = toy(table), list[str]()
    hooks = [
        getattr(pipe, name).register_forward_pre_hook(lambda *_, name=name: ran.append(name))
        for name in NETWORKS
    ]
    asked = [prompt(), prompt("green grass", current="blue dog")]
    pipe([picture(1), picture(2)], asked)
    for hook in hooks:
        hook.remove()  # the networks are shared between tests
    first = ran.index("transformer")
    assert set(ran[:first]) == {"text_encoder", "text_encoder_2"}
    assert set(ran[first:]) == {"transformer"}
