"""Estimates of memory are what is measured."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.generation.toy import PROMPT_TOKENS, picture, prompt

from cut2next.conditioning import TABLES, Layout, Segment, table_named
from cut2next.film import InputError
from cut2next.generation.fit import (
    Fit,
    Phase,
    Placement,
    Precision,
    chosen,
    fits,
)
from cut2next.generation.memory import demand, peak_bytes, weight_bytes
from cut2next.generation.pipeline import Cut2NextPipeline

NETWORKS = ("transformer", "vae", "text_encoder", "text_encoder_2")


def layout_of(table: str, width: int, height: int) -> Layout:
    side = (height // 16, width // 16)
    return Layout(
        table=table_named(table),
        prompt_tokens={Segment.named(name): count for name, count in PROMPT_TOKENS.items()},
        shot_sizes={Segment.CURRENT_SHOT: side, Segment.NEXT_SHOT: side},
    )


def measured(pipe: Cut2NextPipeline, work: Callable[[], object]) -> int:
    networks = [getattr(pipe, name) for name in NETWORKS if pipe.components[name] is not None]
    return sum(map(weight_bytes, networks)) + peak_bytes(work, networks)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "size", [(512, 384), (256, 512)], ids=lambda size: "x".join(map(str, size))
)
def test_an_estimate_is_what_is_measured(table: str, size: tuple[int, int], folder: Path) -> None:
    pipe = Cut2NextPipeline.from_pretrained(folder, table=table, dtype=torch.bfloat16)
    pipe.set_progress_bar_config(disable=True)  # type: ignore[no-untyped-call]
    needed = demand(folder, layout_of(table, *size))
    asked = prompt()
    measured_peak = measured(pipe, lambda: pipe(picture(size=size), asked))
    assert needed.peak(Fit()) == pytest.approx(measured_peak, rel=0.1)

    encoded = pipe.encode_prompt(asked)
    pipe.release_text_encoders()
    measured_peak = measured(pipe, lambda: pipe(picture(size=size), encoded))
    assert needed.peak(Fit(placement=Placement.RELEASED)) == pytest.approx(measured_peak, rel=0.1)


def test_tiles_take_less_of_a_large_picture(folder: Path) -> None:
    needed = demand(folder, layout_of("closed", 1536, 1024))
    assert needed.working[True][Phase.DECODING] < 0.6 * needed.working[False][Phase.DECODING]
    assert needed.working[True][Phase.STEPS] == needed.working[False][Phase.STEPS]


def test_no_weights_are_read(folder: Path) -> None:
    expected = demand(folder, layout_of("closed", 256, 256))
    for path in folder.glob("*/*.safetensors"):
        path.unlink()
    assert demand(folder, layout_of("closed", 256, 256)) == expected


GIB = 2**30


def flux1(folder: Path) -> Path:
    """FLUX.1-dev's configurations, as its card tells them, in a folder without weights."""
    changes: dict[str, dict[str, Any]] = {
        "transformer": {
            "num_layers": 19,
            "num_single_layers": 38,
            "attention_head_dim": 128,
            "num_attention_heads": 24,
            "joint_attention_dim": 4096,
            "pooled_projection_dim": 768,
            "axes_dims_rope": [16, 56, 56],
            "guidance_embeds": True,
        },
        "vae": {"block_out_channels": [128, 256, 512, 512], "norm_num_groups": 32},
        "text_encoder": {
            "hidden_size": 768,
            "intermediate_size": 3072,
            "num_hidden_layers": 12,
            "num_attention_heads": 12,
            "vocab_size": 49408,
            "max_position_embeddings": 77,
        },
        "text_encoder_2": {
            "d_model": 4096,
            "d_ff": 10240,
            "d_kv": 64,
            "num_heads": 64,
            "num_layers": 24,
            "vocab_size": 32128,
        },
    }
    for name, change in changes.items():
        path = folder / name / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    return folder


def test_full_size(folder: Path) -> None:
    needed = demand(flux1(folder), layout_of("closed", 1024, 576))
    weights = needed.weights[Precision.BF16]
    assert weights.transformer == 2 * 11_901_408_320
    assert weights.large_text_encoder == pytest.approx(2 * 4.762e9, rel=0.001)
    picked = [chosen(needed, room * GIB, list(fits())) for room in (80, 32, 24, 16, 12, 6)]
    assert [(fit.precision, fit.placement) for fit in picked] == [
        ("bf16", "resident"),
        ("bf16", "released"),
        ("fp8", "resident"),
        ("fp8", "released"),
        ("nf4", "released"),
        ("bf16", "group"),
    ]
    with pytest.raises(InputError, match=r"2\.0 GiB of memory; expected .* GiB or more"):
        chosen(needed, 2 * GIB, list(fits()))
