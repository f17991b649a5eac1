"""Shots before the current one: read once each, wherever they lie later, and never again."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.generation.test_encoded import passes
from tests.generation.toy import (
    PROMPT_TOKENS,
    TRANSFORMER,
    assert_same,
    latents,
    picture,
    prompt,
    seeded,
    toy,
)
from torch import Tensor

from cut2next.conditioning import Kind, Layout, Segment, SegmentInputs, with_earlier_shots
from cut2next.film import InputError, WeightsError
from cut2next.generation.arithmetic import Arithmetic
from cut2next.generation.encoded import CurrentShot
from cut2next.generation.pipeline import Cut2NextPipeline

WORDS = ("red fox", "green grass", "one blue dog", "a dog far away")
MOST = len(WORDS) - 1


def reader(table: str = "closed") -> Cut2NextPipeline:
    return toy(table, earlier_shots=MOST)


def read(pipe: Cut2NextPipeline) -> list[CurrentShot]:
    """Four shots, each read as a current one."""
    return [
        pipe.prefill(picture(seed), prompt(current=words).current)
        for seed, words in enumerate(WORDS)
    ]


def written_out(pipe: Cut2NextPipeline, shots: list[CurrentShot], noise: Tensor) -> Tensor:
    """The velocity at t = 1 of all segments in one pass, nothing kept; the last is current."""
    encoded = pipe.encode_prompt(prompt(current=WORDS[-1]))
    inputs, sizes = encoded.inputs, {Segment.NEXT_SHOT: (2, 3)}
    lengths = {Segment.named(name): count for name, count in PROMPT_TOKENS.items()}
    for back, shot in enumerate(reversed(shots)):
        at = {kind: Segment(kind, -1 - back) for kind in (Kind.PROMPT, Kind.SHOT)}
        words, latent = Segment.CURRENT_PROMPT, Segment.CURRENT_SHOT
        inputs |= SegmentInputs(
            {at[Kind.PROMPT]: shot.inputs.tokens[words], at[Kind.SHOT]: shot.inputs.tokens[latent]},
            {at[Kind.PROMPT]: shot.inputs.pooled[words]},
        )
        sizes[at[Kind.SHOT]], lengths[at[Kind.PROMPT]] = (2, 3), PROMPT_TOKENS["current prompt"]
    table = with_earlier_shots(pipe.table, len(shots) - 1)
    layout = Layout(table=table, prompt_tokens=lengths, shot_sizes=sizes)
    inputs |= SegmentInputs({Segment.NEXT_SHOT: noise})
    velocity: Tensor = pipe.transformer(inputs, torch.ones(1), layout.step()).velocity
    return velocity


@torch.no_grad()
@pytest.mark.parametrize("table", ["closed", "paper"])
@pytest.mark.parametrize("count", range(1, MOST + 1))
def test_what_was_kept_of_a_shot_is_what_it_would_be_anew(table: str, count: int) -> None:
    pipe, noise = reader(table), torch.randn(1, 6, 64, generator=seeded(1)[0])
    shots = read(pipe)[-1 - count :]
    prepared = pipe.prepare(shots[-1].after(*shots[:-1]), prompt(current=WORDS[-1]))
    assert_same(prepared.velocity(noise, torch.ones(1)), written_out(pipe, shots, noise))


def test_earlier_shots_are_not_passed_again() -> None:
    pipe = reader()
    *earlier, current = read(pipe)
    after = current.after(*earlier)
    for segment in pipe.table.context:
        for back in range(MOST + 1):
            call = lambda: pipe(after, prompt(current=WORDS[-1]))  # noqa: E731
            assert passes(pipe, segment.back(back), call) == 0


def test_each_of_them_counts_and_so_does_their_order() -> None:
    pipe = reader()
    first, second, _, current = read(pipe)
    after = [(), (first,), (second,), (first, second), (second, first)]
    asked = prompt(current=WORDS[-1])
    made = [latents(pipe, current.after(*them), asked, generator=seeded(1)) for them in after]
    for later in range(len(made)):
        for before in range(later):
            assert not torch.allclose(made[later], made[before], rtol=0, atol=1e-4)
    again = current.after(first).after()
    assert torch.equal(latents(pipe, again, asked, generator=seeded(1)), made[0])
    nested = current.after(first.after(second))  # of whom a shot came after is its own affair
    assert torch.equal(latents(pipe, nested, asked, generator=seeded(1)), made[1])


def test_without_the_current_half_there_are_no_earlier_shots_either() -> None:
    pipe, asked = reader(), prompt(current=WORDS[-1])
    first, *_, current = read(pipe)
    alone = latents(pipe, current, asked, generator=seeded(1), current_strength=0)
    after = latents(pipe, current.after(first), asked, generator=seeded(1), current_strength=0)
    assert_same(after, alone)


def test_several_go_together_and_may_be_parked() -> None:
    pipe = reader()
    *earlier, current = read(pipe)
    after, asked = current.after(*earlier), prompt(current=WORDS[-1])
    expected = latents(pipe, after, asked, generator=seeded(1))
    parked = after.to("cpu", torch.bfloat16)
    assert parked.bytes < after.bytes < 5 * current.bytes
    assert after.bytes == sum(shot.bytes for shot in (current, *earlier))
    made = latents(pipe, [after, parked], [asked, asked], generator=seeded(1, 1))
    assert_same(made[:1], expected)
    assert (made[1] - expected[0]).abs().max() <= 0.1 * expected.abs().max()


@torch.no_grad()
def test_a_step_costs_as_much_more_as_the_next_shot_reads_more() -> None:
    pipe, asked = reader(), prompt(current=WORDS[-1])
    *earlier, current = read(pipe)
    counts = []
    for number in range(MOST + 1):
        prepared = pipe.prepare(current.after(*earlier[:number]), asked)
        with Arithmetic() as step:  # type: ignore[no-untyped-call]
            prepared.velocity(torch.zeros(1, 6, 64), torch.ones(1))
        counts.append(step.flops)
    width = TRANSFORMER["attention_head_dim"] * TRANSFORMER["num_attention_heads"]
    blocks = TRANSFORMER["num_layers"] + TRANSFORMER["num_single_layers"]
    # Six tokens read six more: their products with keys, and of what they heed with values.
    more = 2 * (2 * 6 * 6 * width) * blocks
    assert [after - before for before, after in pairwise(counts)] == [more] * MOST


def test_weights_take_as_many_as_they_were_trained_with() -> None:
    first, *_, current = read(reader())
    with pytest.raises(InputError, match="earlier_shots=-1; expected a whole number, 0 to 8"):
        toy(earlier_shots=-1)
    with pytest.raises(InputError, match="after 1 others; expected 0 at most, with which"):
        toy()(current.after(first), prompt(current=WORDS[-1]))
    with pytest.raises(InputError, match="after 4 others; expected 3 at most"):
        reader()(current.after(*[first] * 4), prompt(current=WORDS[-1]))
    with pytest.raises(InputError, match="after 0, 1 others; expected as many for each"):
        reader()([current, current.after(first)], [prompt(current=WORDS[-1])] * 2)


def test_earlier_shots_belong_to_the_weights_that_read_them() -> None:
    pipe: Any = reader()
    first, *_, current = read(pipe)
    foreign = replace(first, read_with={**first.read_with, "transformer": b"another"})
    with pytest.raises(InputError, match="shot that was read under another transformer"):
        pipe(current.after(foreign), prompt(current=WORDS[-1]))


def test_how_many_travels_with_the_weights(tmp_path: Path) -> None:
    reader().save_pretrained(tmp_path)
    loaded = Cut2NextPipeline.from_pretrained(tmp_path)
    for pipe in (loaded, Cut2NextPipeline.from_pipe(loaded)):
        assert pipe.config["earlier_shots"] == MOST
    index = tmp_path / "model_index.json"
    said = json.loads(index.read_text())
    index.write_text(json.dumps({**said, "earlier_shots": -1}))
    with pytest.raises(WeightsError, match=r"model_index.json: .*earlier_shots"):
        Cut2NextPipeline.from_pretrained(tmp_path)
    del said["earlier_shots"]  # as it is in older folders
    index.write_text(json.dumps(said))
    assert Cut2NextPipeline.from_pretrained(tmp_path).config["earlier_shots"] == 0
