"""diffusers' caches of steps: what is accepted leaves out work, and nothing else is changed."""

from typing import Any

import pytest
import torch
from diffusers.hooks.faster_cache import FasterCacheConfig
from diffusers.hooks.first_block_cache import FirstBlockCacheConfig
from diffusers.hooks.mag_cache import MagCacheConfig
from diffusers.hooks.pyramid_attention_broadcast import PyramidAttentionBroadcastConfig
from diffusers.hooks.sea_cache import SeaCacheConfig
from diffusers.hooks.taylorseer_cache import TaylorSeerCacheConfig
from diffusers.hooks.text_kv_cache import TextKVCacheConfig
from tests.generation.toy import TRANSFORMER, latents, lively, picture, prompt, seeded, toy
from torch import Tensor

from cut2next.backbones.flux1 import attention
from cut2next.backbones.flux1.transformer import Flux1Transformer
from cut2next.conditioning import segment_attention
from cut2next.film import InputError
from cut2next.generation.pipeline import Cut2NextPipeline

STEPS = 6
CACHES: dict[str, tuple[Any, dict[str, Any]]] = {
    "first block": (FirstBlockCacheConfig, {"threshold": 2.0}),
    "mag": (
        MagCacheConfig,
        {"threshold": 1.0, "num_inference_steps": STEPS, "mag_ratios": torch.ones(STEPS)},
    ),
    "taylor": (TaylorSeerCacheConfig, {"cache_interval": 2, "disable_cache_before_step": 2}),
    "taylor lite": (
        TaylorSeerCacheConfig,
        {"cache_interval": 2, "disable_cache_before_step": 2, "use_lite_mode": True},
    ),
    "pyramid": (
        PyramidAttentionBroadcastConfig,
        {
            "spatial_attention_block_skip_range": 2,
            "spatial_attention_timestep_skip_range": (1, 999),
        },
    ),
    "faster": (
        FasterCacheConfig,
        {
            "spatial_attention_block_skip_range": 2,
            "spatial_attention_timestep_skip_range": (1, 999),
            "is_guidance_distilled": True,
            "attention_weight_callback": lambda _: 0.5,
        },
    ),
}
EVERY_CACHE = pytest.mark.parametrize("name", CACHES)
OF_TIME = (PyramidAttentionBroadcastConfig, FasterCacheConfig)
"""Those that ask at which time the pipeline is."""


@pytest.fixture(params=["closed", "paper"])
def pipe(request: pytest.FixtureRequest) -> Cut2NextPipeline:
    """With a transformer of its own: a cache stays on it."""
    return toy(request.param, transformer=lively(Flux1Transformer(**TRANSFORMER)))


@pytest.fixture
def attended(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows with every attention that is computed."""
    calls, compute = list[int](), segment_attention

    def counted(queries: Tensor, *arguments: Any) -> Tensor:
        calls.append(queries.shape[1])
        return compute(queries, *arguments)

    monkeypatch.setattr(attention, "segment_attention", counted)
    return calls


@EVERY_CACHE
def test_a_cache_leaves_out_work_and_begins_anew_with_every_call(
    name: str, pipe: Cut2NextPipeline, attended: list[int]
) -> None:
    whole, all_of_it = _made(pipe), len(attended)
    _enable(pipe, name)
    cached = _made(pipe)
    assert len(attended) < 2 * all_of_it
    assert not torch.equal(cached, whole)
    assert torch.equal(_made(pipe), cached)
    pipe.transformer.disable_cache()
    assert torch.equal(_made(pipe), whole)


def test_a_call_that_broke_off_leaves_nothing_to_the_next(pipe: Cut2NextPipeline) -> None:
    _enable(pipe, "taylor")
    cached = _made(pipe)
    with pytest.raises(ZeroDivisionError):
        _made(pipe, callback_on_step_end=lambda *_: 1 // 0)
    assert torch.equal(_made(pipe), cached)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("first block", {"threshold": 0.0}),
        ("mag", {"threshold": -1.0}),
        ("taylor", {"cache_interval": 1}),
        ("pyramid", {"spatial_attention_timestep_skip_range": (0, 1)}),
        ("faster", {"spatial_attention_timestep_skip_range": (0, 1)}),
    ],
)
def test_a_cache_that_may_leave_out_nothing_changes_nothing(
    name: str, changes: dict[str, Any], pipe: Cut2NextPipeline
) -> None:
    whole = _made(pipe)
    _enable(pipe, name, **changes)
    torch.testing.assert_close(_made(pipe), whole, rtol=0, atol=0)


@EVERY_CACHE
def test_a_prefilled_shot_is_read_whole(name: str) -> None:
    pipe = toy(transformer=lively(Flux1Transformer(**TRANSFORMER)))
    plain = pipe.prefill(picture(), prompt().current)
    _enable(pipe, name)
    _made(pipe)
    cached = pipe.prefill(picture(), prompt().current)
    for layer, held in plain.cache.layers.items():
        for segment, kept in held.items():
            assert torch.equal(cached.cache.at(layer)[segment].keys, kept.keys)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (FasterCacheConfig(current_timestep_callback=lambda: 500), "halves a batch for guidance"),
        (
            PyramidAttentionBroadcastConfig(spatial_attention_block_skip_range=2),
            "it lacks current_",
        ),
        (SeaCacheConfig(), "latents of films"),
        (TextKVCacheConfig(), "finds no layer here"),
        (
            PyramidAttentionBroadcastConfig(
                spatial_attention_block_skip_range=2,
                spatial_attention_block_identifiers=("of_another_model",),
                current_timestep_callback=lambda: 500,
            ),
            "finds no layer here",
        ),
        (TaylorSeerCacheConfig(cache_identifiers=["of_another_model"]), "finds no layer here"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_cache_that_would_do_nothing_is_refused_by_name(
    config: Any, reason: str, pipe: Cut2NextPipeline
) -> None:
    whole = _made(pipe)
    with pytest.raises(InputError, match=f"^{type(config).__name__}: .*{reason}"):
        pipe.transformer.enable_cache(config)
    assert not pipe.transformer.is_cache_enabled
    assert torch.equal(_made(pipe), whole)


def test_a_cache_of_steps_does_not_mix_the_passes_of_one(pipe: Cut2NextPipeline) -> None:
    _enable(pipe, "first block")
    with pytest.raises(InputError, match="relational_strength or current_strength beside a cache"):
        _made(pipe, relational_strength=0.5)


def _enable(pipe: Cut2NextPipeline, name: str, **changes: Any) -> None:
    kind, settings = CACHES[name]
    if kind in OF_TIME:
        settings = {**settings, "current_timestep_callback": lambda: pipe.current_timestep}
    pipe.transformer.enable_cache(kind(**{**settings, **changes}))


def _made(pipe: Cut2NextPipeline, **settings: Any) -> Tensor:
    return latents(
        pipe, picture(), prompt(), generator=seeded(1)[0], num_inference_steps=STEPS, **settings
    )
