"""The pipeline does the method, whatever is shared, kept or batched on the way."""

from functools import partial
from typing import Any

import pytest
import torch
from diffusers import FluxPipeline
from diffusers.image_processor import VaeImageProcessor
from PIL import Image
from tests.generation.toy import (
    PROMPT_TOKENS,
    SIZE,
    TRANSFORMER,
    assert_same,
    components,
    deeper,
    latents,
    lively,
    made,
    picture,
    prompt,
    seeded,
    toy,
)
from torch import Tensor

from cut2next.backbones.flux1.transformer import Flux1Transformer
from cut2next.conditioning import TABLES, Layout, Segment, SegmentInputs
from cut2next.film import HierarchicalPrompt, InputError
from cut2next.generation.pipeline import Cut2NextPipeline

RELATIONAL, CURRENT, NEXT = (
    Segment.RELATIONAL_PROMPT,
    Segment.CURRENT_PROMPT,
    Segment.NEXT_PROMPT,
)


def written_out(
    pipe: Cut2NextPipeline, image: Image.Image, asked: HierarchicalPrompt, noise: Tensor, steps: int
) -> Tensor:
    """The method without pipeline, cache or scheduler: all segments at every step, by Euler."""
    texts = {
        RELATIONAL: asked.relational.text,
        CURRENT: asked.current.text,
        NEXT: asked.next.text,
    }
    tokens, pooled = {}, {}
    for segment, text in texts.items():
        length = PROMPT_TOKENS[str(segment)]
        fill = {"padding": "max_length", "truncation": True, "return_tensors": "pt"}
        ids = pipe.tokenizer_2(text, max_length=length, **fill).input_ids
        tokens[segment] = pipe.text_encoder_2(ids)[0]
        ids = pipe.tokenizer(text, max_length=pipe.tokenizer.model_max_length, **fill).input_ids
        pooled[segment] = pipe.text_encoder(ids).pooler_output
    pixels = VaeImageProcessor().preprocess(image)
    clean = pipe.vae.encode(pixels).latent_dist.mode() * pipe.vae.config["scaling_factor"]
    tokens[Segment.CURRENT_SHOT] = FluxPipeline._pack_latents(clean, 1, *clean.shape[1:])
    grid = (clean.shape[2] // 2, clean.shape[3] // 2)
    layout = Layout(
        table=pipe.table,
        prompt_tokens={segment: PROMPT_TOKENS[str(segment)] for segment in texts},
        shot_sizes={Segment.CURRENT_SHOT: grid, Segment.NEXT_SHOT: grid},
    )
    noisy = noise
    for step in range(steps):
        t = torch.tensor([1 - step / steps])
        inputs = SegmentInputs({**tokens, Segment.NEXT_SHOT: noisy}, pooled)
        velocity = pipe.transformer(inputs, t, layout.step()).velocity
        noisy = noisy - velocity / steps
    return noisy


@pytest.mark.parametrize("table", TABLES)
def test_a_call_is_the_method_written_out(table: str) -> None:
    pipe, noise = toy(table), torch.randn(1, 6, 64, generator=seeded(1)[0])
    called = latents(pipe, picture(), prompt(), latents=noise, num_inference_steps=3)
    with torch.no_grad():
        assert_same(called, written_out(pipe, picture(), prompt(), noise, steps=3))


def test_a_token_is_as_many_pixels_as_the_autoencoder_has_them() -> None:
    pipe, image = toy(**deeper()), picture(size=(96, 64))
    noise = torch.randn(1, 6, 128, generator=seeded(1)[0])
    called = latents(pipe, image, prompt(), latents=noise, num_inference_steps=3)
    with torch.no_grad():
        assert_same(called, written_out(pipe, image, prompt(), noise, steps=3))
    shot = pipe.prefill(picture(size=(110, 70)), prompt().current)
    assert (tuple(shot.size), shot.box) == ((96, 64), (7, 3, 103, 67))
    assert pipe.prefill_bytes(96, 64) == shot.cache.bytes
    assert made(pipe, shot, prompt(), generator=seeded(1))[0].size == (96, 64)
    assert made(pipe, shot, prompt(), height=32, width=128)[0].size == (128, 32)
    with pytest.raises(InputError, match="a size of 48x64; expected multiples of 32 pixels"):
        pipe(shot, prompt(), width=48)


def test_what_knows_a_part_of_the_world_makes_one_size() -> None:
    pipe = toy(knows="toys", default_size=[48, 32])
    for size in ((1024, 576), (30, 200), (48, 32)):
        assert made(pipe, picture(size=size), prompt(), 1)[0].size == (48, 32)
    for call in (partial(pipe, picture()), partial(pipe.prepare, picture())):
        for width, height in ((64, None), (96, 64)):
            with pytest.raises(InputError, match=r"expected 48x32, the only one that the model"):
                call(prompt(), width=width, height=height)
    with pytest.raises(InputError, match="a size of 64x32"):
        pipe.prefill_bytes(64, 32)
    other = toy(knows="toys", default_size=[48, 32], **deeper())
    with pytest.raises(InputError, match="pictures are 48x32; expected multiples of 32"):
        other(picture(), prompt())


def test_everything_that_is_said_matters() -> None:
    said = [
        (picture(), prompt(), 1),
        (picture(9), prompt(), 1),
        (picture(), prompt(current="grass"), 1),
        (picture(), prompt(relation="far away"), 1),
        (picture(), prompt("green grass"), 1),
        (picture(), prompt(), 2),
    ]
    results = [latents(toy(), image, words, generator=seeded(seed)) for image, words, seed in said]
    for later, earlier in [(i, j) for i in range(len(said)) for j in range(i)]:
        assert not torch.allclose(results[later], results[earlier], rtol=0, atol=1e-4)


@pytest.mark.parametrize("table", ["closed", "paper"])
def test_a_seed_repeats(table: str) -> None:
    first, second = (toy(table)(picture(), prompt(), generator=seeded(3)).images for _ in range(2))
    assert first == second


@pytest.mark.parametrize("table", ["closed", "paper"])
def test_a_batch_is_each_alone(table: str) -> None:
    pipe = toy(table)
    images, words = [picture(1), picture(2)], [prompt("blue dog"), prompt("green grass", "one fox")]
    together = latents(pipe, images, words, generator=seeded(1, 2))
    for at, generator in enumerate(seeded(1, 2)):
        alone = latents(pipe, images[at], words[at], generator=generator)
        assert_same(together[at : at + 1], alone)


@pytest.mark.parametrize("table", ["closed", "paper"])
def test_several_prompts_and_seeds_of_one_image_are_each_alone(table: str) -> None:
    pipe, words = toy(table), [prompt("blue dog"), prompt("green grass", relation="above")]
    together = latents(
        pipe, picture(), words, num_images_per_prompt=2, generator=seeded(1, 2, 3, 4)
    )
    alone = [
        latents(pipe, picture(), words[at // 2], generator=generator)
        for at, generator in enumerate(seeded(1, 2, 3, 4))
    ]
    assert_same(together, torch.cat(alone))


def test_the_noise_of_several_may_be_given() -> None:
    pipe, noise = toy(), torch.randn(2, 6, 64, generator=seeded(1)[0])
    both = latents(pipe, picture(), prompt(), num_images_per_prompt=2, latents=noise)
    alone = [latents(pipe, picture(), prompt(), latents=own[None]) for own in noise]
    assert_same(both, torch.cat(alone))


def test_the_next_shot_may_have_a_size_of_its_own() -> None:
    for table in ("closed", "paper"):
        (image,) = made(toy(table), picture(), prompt(), height=16, width=64)
        assert image.size == (64, 16)


def test_a_picture_keeps_its_framing() -> None:
    assert toy()(picture(size=(50, 37)), prompt()).images[0].size == (48, 32)
    small = toy(default_size=[48, 32])
    assert small(picture(size=(480, 320)), prompt()).images[0].size == (48, 32)
    assert small(picture(size=(32, 32)), prompt()).images[0].size == (32, 32)


def test_outputs_show_the_same_picture() -> None:
    pil, array, tensor, packed = (
        made(toy(), picture(), prompt(), generator=seeded(1), output_type=kind)
        for kind in ("pil", "np", "pt", "latent")
    )
    assert pil[0].size == SIZE
    assert array.shape == (1, 32, 48, 3)
    assert tensor.shape == (1, 3, 32, 48)
    assert packed.shape == (1, 6, 64)
    assert torch.equal(torch.tensor(array).permute(0, 3, 1, 2), tensor)
    assert Image.fromarray((array[0] * 255).round().astype("uint8")) == pil[0]
    (plain,) = toy()(picture(), prompt(), generator=seeded(1), return_dict=False)
    assert plain == pil


def test_guidance_matters_to_weights_it_was_distilled_into() -> None:
    torch.manual_seed(0)
    pipe = toy(transformer=lively(Flux1Transformer(**TRANSFORMER, guidance_embeds=True)))
    weak, strong = (
        latents(pipe, picture(), prompt(), generator=seeded(1), guidance_scale=scale)
        for scale in (1.0, 5.0)
    )
    assert not torch.allclose(weak, strong, atol=1e-4)
    shot = pipe.prefill(picture(), prompt().current)  # what is kept serves any guidance
    for scale, fresh in ((1.0, weak), (5.0, strong)):
        kept = latents(pipe, shot, prompt(), generator=seeded(1), guidance_scale=scale)
        assert torch.equal(kept, fresh)
    plain = latents(toy(), picture(), prompt(), generator=seeded(1), guidance_scale=1.0)
    assert torch.equal(plain, latents(toy(), picture(), prompt(), generator=seeded(1)))


def test_half_precision_makes_much_the_same() -> None:
    full = latents(toy(), picture(), prompt(), generator=seeded(1))
    halved = toy(**components.__wrapped__()).to(torch.bfloat16)
    half = latents(halved, picture(), prompt(), generator=seeded(1))
    assert half.dtype == torch.float32
    assert (half - full).norm() < 0.05 * full.norm()


LONG = "red fox, a blue dog above green grass"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (prompt(LONG), r"a next prompt of 8 tokens; expected 7 at most, .*; leave out 'grass\.'"),
        (prompt(current=LONG), "a current prompt of 8 tokens; expected 6 .* out 'green grass"),
        (prompt(relation=LONG), "a relational prompt of 8 tokens; .* out 'above green grass"),
    ],
)
def test_a_prompt_that_is_too_long_is_refused_by_name(asked: HierarchicalPrompt, said: str) -> None:
    pipe = toy()
    for call in (partial(pipe, picture()), partial(pipe.prepare, picture()), pipe.encode_prompt):
        with pytest.raises(InputError, match=said):
            call(asked)


def test_so_is_that_of_a_current_shot() -> None:
    with pytest.raises(InputError, match="a current prompt of 8 tokens"):
        toy().prefill(picture(), prompt(current=LONG).current)


def test_the_end_of_what_is_too_long_may_be_left_out() -> None:
    pipe = toy()
    assert pipe.shortened(prompt()) == prompt()
    asked = prompt(LONG, current=LONG)
    kept = pipe.shortened(asked)
    assert kept.relational == asked.relational
    assert kept.next.text == "red fox, a blue dog above green."
    assert kept.current.text == "red fox, a blue dog above."
    assert pipe.overflow(kept) == {}
    pipe(picture(), kept)


def test_what_is_cut_off_is_known() -> None:
    pipe = toy()
    long = prompt("red fox, a blue dog above green grass. One FOX far away!")
    assert pipe.overflow(long) == {NEXT: "grass. One FOX far away!"}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"table": ""}, "a pipeline without table=; expected"),
        ({"table": "open"}, "unknown segment table 'open'"),
        ({"prompt_tokens": None}, "a pipeline without prompt_tokens=; expected"),
        ({"prompt_tokens": {**PROMPT_TOKENS, "next prompt": 0}}, "prompt_tokens={"),
        ({"prompt_tokens": {"next prompt": 3}}, "prompt_tokens={'next prompt': 3}"),
    ],
)
def test_what_weights_were_trained_with_must_be_told(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        toy(**{"table": "closed", **settings})


@pytest.mark.parametrize("table", ["closed", "paper"])
def test_another_sampler_may_drive_what_is_prepared(table: str) -> None:
    pipe = toy(table)
    strengths: dict[str, Any] = {"relational_strength": 0.6, "current_strength": 1.4}
    noisy = torch.randn(2, 6, 64, generator=seeded(1)[0])
    expected = latents(
        pipe, picture(), prompt(), num_images_per_prompt=2, latents=noisy, **strengths
    )
    prepared = pipe.prepare(picture(), prompt(), **strengths)
    for t, smaller in ((1.0, 0.5), (0.5, 0.0)):  # Euler, by hand
        noisy = noisy + (smaller - t) * prepared.velocity(noisy, torch.full((2,), t))
    assert prepared.size == (48, 32)
    assert_same(noisy, expected)
