"""A cache is worth the pass it saves: exact, in stages, for several draws, with gradients."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.backbones.flux1.toy import Inputs, assert_exact, gradients, inputs, toy

from cut2next.backbones.flux1.transformer import Flux1Transformer, PassOutput
from cut2next.conditioning import (
    CLOSED,
    PAPER,
    KeysValues,
    Layout,
    Segment,
)

NOISY = {Segment.NEXT_SHOT, Segment.NEXT_PROMPT}
CURRENT_HALF = {Segment.CURRENT_PROMPT, Segment.CURRENT_SHOT}
CLEAN = CURRENT_HALF | {Segment.RELATIONAL_PROMPT}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("guidance", [False, True])
@pytest.mark.parametrize(
    "stages", [(CLEAN,), (CURRENT_HALF, {Segment.RELATIONAL_PROMPT}), (CURRENT_HALF,)]
)
def test_a_cached_pass_is_the_whole_pass(
    stages: tuple[set[Segment], ...], guidance: bool, dtype: torch.dtype
) -> None:
    model = toy(dtype, guidance_embeds=guidance)
    given = inputs(CLOSED, guidance=guidance).to(dtype)
    with torch.no_grad():
        cache = given.cache(model, *stages)
        assert cache.segments == set().union(*stages)
        assert_exact(given.velocity(model, cache), given.velocity(model), dtype)


def test_what_is_cached_is_not_needed_again() -> None:
    model, given = toy(), inputs(CLOSED)
    cache = given.cache(model, CLEAN)
    rest = replace(
        given,
        tokens={one: given.tokens[one] for one in NOISY},
        pooled={Segment.NEXT_PROMPT: given.pooled[Segment.NEXT_PROMPT]},
    )
    assert torch.equal(rest.velocity(model, cache), given.velocity(model, cache))
    assert torch.equal(rest.velocity(model, cache), rest.velocity(model, cache))


def test_the_clean_half_never_feels_the_noisy_half() -> None:
    model, given, other = toy(), inputs(CLOSED), inputs(CLOSED, seed=2)
    changed = replace(
        given,
        tokens={**given.tokens, **{one: other.tokens[one] for one in NOISY}},
        pooled={**given.pooled, Segment.NEXT_PROMPT: other.pooled[Segment.NEXT_PROMPT]},
        timestep=other.timestep,
    )
    before, after = _keys_and_values(model, given), _keys_and_values(model, changed)
    cache = given.cache(model, CLEAN)
    assert before.keys() == after.keys() == cache.layers.keys()
    for layer, of_segment in before.items():
        for segment in CLEAN:
            assert _equal(of_segment[segment], after[layer][segment])
            assert_exact(of_segment[segment], cache.at(layer)[segment])
        assert not any(_equal(of_segment[one], after[layer][one]) for one in NOISY)


def test_the_current_shots_half_serves_another_relational_prompt_and_size() -> None:
    model, given, other = toy(), inputs(CLOSED), inputs(CLOSED, seed=2)
    sizes = {**given.layout.shot_sizes, Segment.NEXT_SHOT: (1, 5)}
    recut = replace(
        given,
        tokens={
            **other.tokens,
            **{one: given.tokens[one] for one in CURRENT_HALF},
            Segment.NEXT_SHOT: other.tokens[Segment.NEXT_SHOT][:, :5],
        },
        pooled={**other.pooled, Segment.CURRENT_PROMPT: given.pooled[Segment.CURRENT_PROMPT]},
        layout=replace(given.layout, shot_sizes=sizes),
    )
    with torch.no_grad():
        half = given.cache(model, CURRENT_HALF)
        plan = recut.layout.prefill({Segment.RELATIONAL_PROMPT}, half.segments)
        cache = model.prefill(recut.segments, plan, cache=half)
        assert half.segments == CURRENT_HALF
        assert_exact(recut.velocity(model, cache), recut.velocity(model))


@pytest.mark.parametrize("checkpointing", [False, True])
def test_several_draws_train_through_one_fill(checkpointing: bool) -> None:
    model, given = toy(), inputs(CLOSED)
    many = given.repeated(3)
    many = replace(
        many,
        timestep=torch.linspace(0.1, 0.9, 6).double(),
        tokens={**many.tokens, Segment.NEXT_SHOT: inputs(CLOSED, 6).tokens[Segment.NEXT_SHOT]},
    )
    without = gradients(model, many.velocity(model))
    if checkpointing:
        model.enable_gradient_checkpointing()
    cache = given.cache(model, CURRENT_HALF, {Segment.RELATIONAL_PROMPT})
    assert_exact(gradients(model, many.velocity(model, cache)), without)


def test_only_what_stays_the_same_is_cached() -> None:
    model, given = toy(), inputs(PAPER)
    with pytest.raises(ValueError, match=r"in table 'paper' the segments that stay .* are none"):
        given.cache(model, CURRENT_HALF)
    with pytest.raises(ValueError, match="cannot cache none"):
        inputs(CLOSED).cache(model, set())
    with pytest.raises(ValueError, match="relational prompt reads current shot, neither"):
        inputs(CLOSED).cache(model, {Segment.RELATIONAL_PROMPT})


def test_a_cache_must_fit_the_layout() -> None:
    model, given = toy(), inputs(CLOSED)
    cache = given.cache(model, CLEAN)
    with pytest.raises(ValueError, match="table 'paper' does not let"):
        inputs(PAPER).velocity(model, cache)
    with pytest.raises(ValueError, match="2 samples are cached, which 3 cannot share"):
        inputs(CLOSED, 3).velocity(model, cache)
    sizes = {**given.layout.shot_sizes, Segment.CURRENT_SHOT: (1, 1)}
    smaller = Layout(table=CLOSED, prompt_tokens=given.layout.prompt_tokens, shot_sizes=sizes)
    with pytest.raises(ValueError, match="current shot: 6 tokens are cached, the layout has 1"):
        replace(given, layout=smaller).velocity(model, cache)


def test_filling_is_seen_by_the_hooks_of_the_model() -> None:
    model, given, seen = toy(), inputs(CLOSED), list[Any]()
    model.register_forward_pre_hook(lambda *call: seen.append(call))
    given.cache(model, CLEAN)
    assert len(seen) == 1


def _keys_and_values(
    model: Flux1Transformer, given: Inputs
) -> Mapping[str, Mapping[Segment, KeysValues]]:
    """What each layer of a whole pass makes, by segment."""
    whole = replace(given.layout.step(), keeps=True)
    with torch.no_grad():
        output: PassOutput = model(given.segments, given.timestep, whole, given.guidance)
    return output.cache.layers


def _equal(one: KeysValues, other: KeysValues) -> bool:
    return torch.equal(one.keys, other.keys) and torch.equal(one.values, other.values)


def test_a_cache_of_flux1_has_the_size_that_the_page_says(project: Path) -> None:
    with torch.device("meta"):
        flux = Flux1Transformer(guidance_embeds=True)
    layout = Layout(
        table=CLOSED,
        prompt_tokens={Segment.CURRENT_PROMPT: 256, Segment.RELATIONAL_PROMPT: 128,
                       Segment.NEXT_PROMPT: 256},
        shot_sizes=dict.fromkeys((Segment.CURRENT_SHOT, Segment.NEXT_SHOT), (36, 64)),
    )  # fmt: skip
    kept = {Segment.CURRENT_PROMPT, Segment.CURRENT_SHOT}
    size = flux.cache_bytes(layout, kept, torch.bfloat16) / 1e9
    assert f"keeps {size:.2f} GB in bfloat16" in (project / "docs" / "flux1.md").read_text()
