"""Prompts that were encoded, and a current shot that was prefilled, are what was read."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import accelerate
import pytest
import torch
from tests.generation.loras import fresh, written
from tests.generation.toy import (
    assert_same,
    components,
    latents,
    picture,
    prompt,
    seeded,
    toy,
)

from cut2next.conditioning import TABLES, Segment
from cut2next.film import InputError
from cut2next.generation.fit import Fit, Placement
from cut2next.generation.pipeline import Cut2NextPipeline
from cut2next.generation.placing import fitted

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


SEGMENTS = (
    Segment.CURRENT_SHOT,
    Segment.CURRENT_PROMPT,
    Segment.RELATIONAL_PROMPT,
    Segment.NEXT_SHOT,
)


def passes(pipe: Cut2NextPipeline, segment: Segment, call: Any) -> int:
    """How many passes of the transformer run a segment during a call."""
    running: list[set[Segment]] = []

    def note(_: Any, arguments: tuple[Any, ...]) -> None:
        running.append(set(arguments[2].running))

    hook = pipe.transformer.register_forward_pre_hook(note)
    call()
    hook.remove()
    return sum(segment in segments for segments in running)


def test_one_current_shot_is_passed_once_where_the_table_allows() -> None:
    words = [prompt("blue dog"), prompt("green grass"), prompt("fox", relation="above")]

    def counts(pipe: Cut2NextPipeline) -> list[int]:
        return [
            passes(pipe, segment, lambda: latents(pipe, picture(), words, num_images_per_prompt=2))
            for segment in SEGMENTS
        ]

    image = picture()

    def again(pipe: Cut2NextPipeline) -> int:
        return passes(pipe, Segment.CURRENT_SHOT, lambda: latents(pipe, [image] * 3, words))

    assert counts(toy("closed")) == [1, 1, 1, 2]
    assert counts(toy("paper")) == [2, 2, 2, 2]
    assert again(toy("closed")) == 1


@pytest.mark.parametrize("table", TABLES)
def test_a_prefilled_shot_is_the_image(table: str) -> None:
    pipe = toy(table)
    shot = pipe.prefill(picture(), prompt().current)
    assert shot.cache.segments == (
        {Segment.CURRENT_PROMPT, Segment.CURRENT_SHOT} if table == "closed" else set()
    )
    for words in (prompt(), prompt("green grass", relation="far")):
        prefilled = latents(pipe, shot, words, generator=seeded(1))
        assert torch.equal(prefilled, latents(pipe, picture(), words, generator=seeded(1)))


def test_a_prefilled_shot_may_be_parked_in_a_smaller_type() -> None:
    pipe = toy()
    shot = pipe.prefill(picture(), prompt().current)
    parked = shot.to("cpu", torch.bfloat16)
    assert parked.cache.bytes == shot.cache.bytes / 2
    assert parked.bytes < shot.bytes
    expected = latents(pipe, shot, prompt(), generator=seeded(1))
    for kind, most in ((torch.float32, 0.0), (torch.bfloat16, 0.02), (torch.float8_e4m3fn, 0.2)):
        made = latents(pipe, shot.to(cache_dtype=kind), prompt(), generator=seeded(1))
        error = (made - expected).abs().max() / expected.abs().max()
        assert error <= most, kind


def test_its_size_is_known_beforehand() -> None:
    pipe = toy()
    assert pipe.prefill_bytes(48, 32) == pipe.prefill(picture(), prompt().current).cache.bytes
    assert pipe.prefill_bytes(96, 64) > pipe.prefill_bytes(48, 32)
    assert toy("paper").prefill_bytes(48, 32) == 0
    with pytest.raises(InputError, match="multiples of 16"):
        pipe.prefill_bytes(50, 32)


def test_a_prefilled_shot_is_not_passed_again() -> None:
    pipe = toy()
    shot = pipe.prefill(picture(), prompt().current)
    call = lambda: latents(pipe, [shot, shot], [prompt(), prompt("fox")])  # noqa: E731
    assert passes(pipe, Segment.CURRENT_SHOT, call) == 0


def test_a_prefilled_shot_belongs_to_its_prompt() -> None:
    pipe = toy()
    shot = pipe.prefill(picture(), prompt().current)
    with pytest.raises(InputError, match=r"a current prompt 'grass.'; expected .* 'red fox.'"):
        pipe(shot, prompt(current="grass"))


def test_shots_that_were_parked_otherwise_go_together() -> None:
    pipe, words = toy(), [prompt(), prompt("green grass")]
    shot = pipe.prefill(picture(), prompt().current)
    expected = latents(pipe, [shot, shot], words, generator=seeded(1, 2))
    parked = shot.to("cpu", torch.float8_e4m3fn)
    made = latents(pipe, [shot, parked], words, generator=seeded(1, 2))
    assert_same(made[:1], expected[:1])
    assert (made[1] - expected[1]).abs().max() <= 0.2 * expected.abs().max()


def other(name: str) -> Callable[[Any], None]:
    """A network of the same shape in the place of the one there is."""

    def change(pipe: Any) -> None:
        network = deepcopy(getattr(pipe, name))
        for weight in network.parameters():
            weight.data = 1.01 * weight
        pipe.register_modules(**{name: network})

    return change


CHANGES: dict[str, tuple[str, Callable[[Any], object]]] = {
    "a LoRA more": ("transformer", lambda pipe: pipe.load_lora_weights(pipe.spare)),
    "a LoRA less": ("transformer", lambda pipe: pipe.unload_lora_weights()),
    "its weight": ("transformer", lambda pipe: pipe.set_adapters(["mine"], [0.9])),
    "off": ("transformer", lambda pipe: pipe.disable_lora()),
    "fused": ("transformer", lambda pipe: pipe.fuse_lora()),
    "a step": ("transformer", lambda pipe: pipe.transformer._apply(lambda weight: weight + 1e-5)),
    "weights": ("transformer", lambda pipe: pipe.transformer.load_state_dict(
        {name: 1.01 * weight for name, weight in pipe.transformer.state_dict().items()}
    )),
    "transformer": ("transformer", other("transformer")),
    "autoencoder": ("vae", other("vae")),
    "text encoder": ("text_encoder_2", other("text_encoder_2")),
    "table": ("segment table", lambda pipe: pipe.register_to_config(table="sync-cond")),
}  # fmt: skip


@pytest.fixture
def pipe(tmp_path: Path) -> Any:
    """A pipeline with networks of its own and a LoRA on, and the file of another one."""
    pipe: Any = fresh(**{name: deepcopy(components()[name]) for name in NETWORKS[:2]})
    pipe.load_lora_weights(written(tmp_path, "mine"))
    pipe.spare = written(tmp_path, "spare", 1)
    return pipe


@pytest.mark.parametrize("change", CHANGES)
def test_a_prefilled_shot_belongs_to_the_weights_that_read_it(pipe: Any, change: str) -> None:
    shot = pipe.prefill(picture(), prompt().current)
    name, apply = CHANGES[change]
    apply(pipe)
    for parked in (shot, shot.to("cpu", torch.bfloat16)):
        with pytest.raises(InputError, match=f"shot that was read under another {name}; .*again"):
            pipe(parked, prompt())


def test_it_outlives_what_leaves_them_as_they_are(pipe: Any) -> None:
    plain: Any = fresh()
    before = plain.prefill(picture(), prompt().current)
    plain.load_lora_weights(pipe.spare)
    plain.unload_lora_weights()
    latents(plain, before, prompt())
    shot = pipe.prefill(picture(), prompt().current)
    expected = latents(pipe, shot, prompt(), generator=seeded(1))
    for move in (
        lambda: pipe.to("cpu"),
        lambda: fitted(pipe, Fit(placement=Placement.GROUP), "cpu"),
    ):
        move()
        assert_same(latents(pipe, shot, prompt(), generator=seeded(1)), expected)
    sequential = fresh()
    shot = sequential.prefill(picture(), prompt().current)
    accelerate.cpu_offload(sequential.transformer, torch.device("cpu"))
    latents(sequential, shot, prompt())


def test_an_encoded_prompt_belongs_to_its_text_encoders(pipe: Any) -> None:
    encoded = pipe.encode_prompt(prompt())
    shot = pipe.prefill(picture(), encoded)
    pipe.set_adapters(["mine"], [0.5])
    latents(pipe, picture(), encoded)  # the transformer had no part in it
    other("text_encoder")(pipe)
    for call in (pipe, pipe.prefill):
        with pytest.raises(InputError, match="prompt that was read under another text_encoder;"):
            call(picture(), encoded)
    with pytest.raises(InputError, match=r"under another text_encoder, transformer; .*prefill"):
        pipe(shot, encoded)
    longer = toy(prompt_tokens={**toy().config["prompt_tokens"], "next prompt": 9})
    with pytest.raises(InputError, match="a prompt that was read under another prompt length"):
        longer(picture(), toy().encode_prompt(prompt()))


def test_what_was_prepared_belongs_to_the_weights_too(pipe: Any) -> None:
    prepared = pipe.prepare(picture(), prompt())
    noise, t = torch.randn(1, 6, 64), torch.ones(1)
    prepared.velocity(noise, t)
    pipe.set_adapters(["mine"], [0.5])
    with pytest.raises(InputError, match=r"prepared under another transformer; .*prepare them"):
        prepared.velocity(noise, t)


def test_a_callback_may_change_weights_only_where_nothing_was_kept() -> None:
    def change(pipe: Any, *_: object) -> None:
        pipe.transformer.proj_out.weight.data.mul_(1.01)

    fresh("paper")(picture(), prompt(), callback_on_step_end=change)
    with pytest.raises(InputError, match="prepared under another transformer"):
        fresh("closed")(picture(), prompt(), callback_on_step_end=change)
