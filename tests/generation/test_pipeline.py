"""The pipeline does the method, whatever is shared, kept or batched on the way."""

from typing import Any

import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline
from diffusers.image_processor import VaeImageProcessor
from PIL import Image
from tests.generation.toy import (
    PROMPT_TOKENS,
    SIZE,
    TRANSFORMER,
    assert_same,
    components,
    latents,
    lively,
    made,
    picture,
    prompt,
    seeded,
    toy,
)
from torch import Tensor

from cut2next.backbones.flux1 import Flux1Transformer
from cut2next.conditioning import CLOSED, TABLES, Layout, Segment, SegmentInputs
from cut2next.film import HierarchicalPrompt, InputError
from cut2next.generation.pipeline import Cut2NextPipeline
from cut2next.generation.strengths import weighed_passes

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
    grid = (image.height // 16, image.width // 16)
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
    for one, other in [(i, j) for i in range(len(said)) for j in range(i)]:
        assert not torch.allclose(results[one], results[other], rtol=0, atol=1e-4)


@pytest.mark.parametrize("table", ["closed", "paper"])
def test_a_seed_repeats(table: str) -> None:
    one, other = (toy(table)(picture(), prompt(), generator=seeded(3)).images for _ in range(2))
    assert one == other


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
    each = [latents(pipe, picture(), prompt(), latents=one[None]) for one in noise]
    assert_same(both, torch.cat(each))


def passes(pipe: Cut2NextPipeline, segment: Segment, call: Any) -> int:
    """How many passes of the transformer run a segment during a call."""
    running: list[set[Segment]] = []

    def note(_: Any, arguments: tuple[Any, ...]) -> None:
        running.append(set(arguments[2].running))

    hook = pipe.transformer.register_forward_pre_hook(note)
    call()
    hook.remove()
    return sum(segment in each for each in running)


def test_one_current_shot_is_passed_once_where_the_table_allows() -> None:
    words = [prompt("blue dog"), prompt("green grass"), prompt("fox", relation="above")]

    def counts(pipe: Cut2NextPipeline) -> list[int]:
        return [
            passes(pipe, one, lambda: latents(pipe, picture(), words, num_images_per_prompt=2))
            for one in (Segment.CURRENT_SHOT, CURRENT, RELATIONAL, Segment.NEXT_SHOT)
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
    assert shot.cache.segments == ({CURRENT, Segment.CURRENT_SHOT} if table == "closed" else set())
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


def test_a_callback_sees_each_step_and_may_change_it() -> None:
    pipe, seen = toy(), list[tuple[int, float, tuple[int, ...]]]()

    def look(owner: Any, step: int, time: Tensor, given: dict[str, Any]) -> dict[str, Any]:
        assert owner is pipe
        seen.append((step, float(time), tuple(given["latents"].shape)))
        return {}

    plain = latents(pipe, picture(), prompt(), generator=seeded(1))
    looked = latents(pipe, picture(), prompt(), generator=seeded(1), callback_on_step_end=look)
    assert seen == [(0, 1000.0, (1, 6, 64)), (1, 500.0, (1, 6, 64))]
    assert torch.equal(plain, looked)
    zeroed = latents(
        pipe,
        picture(),
        prompt(),
        callback_on_step_end=lambda *call: {"latents": torch.zeros_like(call[3]["latents"])},
    )
    assert not zeroed.any()


def test_the_shift_is_the_schedulers_own() -> None:
    grows = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True)
    times = []
    toy(scheduler=grows)(
        picture(),
        prompt(),
        callback_on_step_end=lambda *call: times.append(float(call[2])) or {},  # type: ignore[func-returns-value]
    )
    # FLUX.1's mu at six tokens, and its shift of t = 1/2, by hand.
    mu = 0.5 + (6 - 256) * (1.15 - 0.5) / (4096 - 256)
    assert times == pytest.approx([1000.0, 1000 / (1 + torch.tensor(-mu).exp().item())])


def test_guidance_matters_to_weights_it_was_distilled_into() -> None:
    torch.manual_seed(0)
    pipe = toy(transformer=lively(Flux1Transformer(**TRANSFORMER, guidance_embeds=True)))
    one, other = (
        latents(pipe, picture(), prompt(), generator=seeded(1), guidance_scale=scale)
        for scale in (1.0, 5.0)
    )
    assert not torch.allclose(one, other, atol=1e-4)
    shot = pipe.prefill(picture(), prompt().current, guidance_scale=5.0)
    prefilled = latents(pipe, shot, prompt(), generator=seeded(1), guidance_scale=5.0)
    assert torch.equal(prefilled, other)
    with pytest.raises(InputError, match=r"guidance_scale=1.0; expected that of .* 5.0"):
        pipe(shot, prompt(), guidance_scale=1.0)
    plain = latents(toy(), picture(), prompt(), generator=seeded(1), guidance_scale=1.0)
    assert torch.equal(plain, latents(toy(), picture(), prompt(), generator=seeded(1)))


def test_half_precision_makes_much_the_same() -> None:
    full = latents(toy(), picture(), prompt(), generator=seeded(1))
    halved = toy(**components.__wrapped__()).to(torch.bfloat16)
    half = latents(halved, picture(), prompt(), generator=seeded(1))
    assert half.dtype == torch.float32
    assert (half - full).norm() < 0.05 * full.norm()


def test_what_is_cut_off_is_known() -> None:
    pipe = toy()
    assert pipe.overflow(prompt()) == {}
    long = prompt("red fox, a blue dog above green grass. One FOX far away!")
    assert pipe.overflow(long) == {NEXT: "grass. One FOX far away!"}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"image": [picture()] * 2}, "2 images and 1 prompts"),
        ({"prompt": []}, "1 images and 0 prompts"),
        ({"prompt": "a fox"}, "a str in a call of the pipeline; expected HierarchicalPrompts"),
        ({"image": [torch.zeros(3, 32, 32)]}, "a Tensor in a call of the pipeline; expected PIL"),
        ({"prompt": prompt(" ")}, "an empty prompt"),
        ({"num_inference_steps": 0}, "num_inference_steps=0; expected a whole number, 1 or more"),
        ({"num_inference_steps": 2.5}, "num_inference_steps=2.5"),
        ({"num_images_per_prompt": -1}, "num_images_per_prompt=-1"),
        ({"height": 0}, "a size of 48x0; expected multiples of 16"),
        ({"width": 50}, "a size of 50x32; expected multiples of 16 pixels; for example 48x32"),
        ({"generator": seeded(1, 2)}, "2 generators; expected one for all, or 1"),
        ({"latents": torch.zeros(1, 5, 64)}, r"latents of shape \(1, 5, 64\); expected .*6, 64"),
        ({"output_type": "jpeg"}, "output_type 'jpeg'; expected one of pil, np, pt, latent"),
        ({"callback_on_step_end_tensor_inputs": ["noise"]}, "'noise'; expected one of latents"),
        ({"image": picture(size=(8, 80))}, "a picture of 8x80; expected at least 16"),
        (
            {"image": [picture(), picture(size=(32, 32))], "prompt": [prompt()] * 2},
            "current shots of 32x32, 48x32; expected one size",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        toy()(**{"image": picture(), "prompt": prompt(), **settings})


def test_a_prefilled_shot_belongs_to_its_prompt() -> None:
    pipe = toy()
    shot = pipe.prefill(picture(), prompt().current)
    with pytest.raises(InputError, match=r"a current prompt 'grass.'; expected .* 'red fox.'"):
        pipe(shot, prompt(current="grass"))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"table": ""}, "unknown segment table ''; expected one of paper"),
        ({"table": "open"}, "unknown segment table 'open'"),
        ({"prompt_tokens": None}, "prompt_tokens={}; expected how many tokens each of current"),
        ({"prompt_tokens": {**PROMPT_TOKENS, "next prompt": 0}}, "prompt_tokens={"),
        ({"prompt_tokens": {"next prompt": 3}}, "prompt_tokens={'next prompt': 3}"),
    ],
)
def test_what_weights_were_trained_with_must_be_told(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        toy(**{"table": "closed", **settings})


@pytest.mark.parametrize("table", ["paper", "closed"])
def test_a_segment_of_no_strength_is_not_heard(table: str) -> None:
    pipe = toy(table)

    def made(image: int = 0, relation: str = "near", **strengths: float) -> Tensor:
        words = prompt(relation=relation)
        return latents(pipe, picture(image), words, generator=seeded(1), **strengths)

    assert not torch.equal(made(), made(relation="far"))
    assert torch.equal(
        made(relational_strength=0), made(relation="far away above", relational_strength=0)
    )
    assert not torch.equal(made(), made(image=1))
    assert torch.equal(made(current_strength=0), made(image=1, current_strength=0))


def test_strengths_move_a_velocity_along_a_line() -> None:
    pipe = toy()
    steps = {"num_inference_steps": 1, "generator": None, "latents": torch.randn(1, 6, 64)}

    def made(**strengths: float) -> Tensor:
        return latents(pipe, picture(), prompt(), **{**steps, **strengths})

    whole = made()
    assert torch.equal(made(relational_strength=1.0, current_strength=1.0), whole)
    for name in ("relational_strength", "current_strength"):
        without, strong = made(**{name: 0.0}), made(**{name: 2.5})
        assert_same(strong, whole + 1.5 * (whole - without))
    both = made(relational_strength=0.5, current_strength=2.0)
    moved = [whole - made(relational_strength=0.0), whole - made(current_strength=0.0)]
    assert_same(both, whole - 0.5 * moved[0] + moved[1])


def test_strengths_cost_passes_only_when_asked_for() -> None:
    assert len(weighed_passes(CLOSED)) == 1
    assert len(weighed_passes(CLOSED, relational=0.0)) == 1
    assert len(weighed_passes(CLOSED, relational=0.5)) == 2
    assert len(weighed_passes(CLOSED, relational=0.5, current=2.0)) == 3
    for passes in (
        weighed_passes(CLOSED, relational=0.3, current=4.0),
        weighed_passes(CLOSED, current=0.0),
    ):
        assert sum(one.weight for one in passes) == pytest.approx(1)
