"""Estimates are what is measured, the best fit is chosen, and each makes the same picture."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.generation.loras import written
from tests.generation.test_precision import half
from tests.generation.toy import PROMPT_TOKENS, latents, made, picture, prompt, seeded

from cut2next.conditioning import TABLES, Layout, Segment, table_named
from cut2next.film import Cut2NextError, InputError
from cut2next.generation import placing
from cut2next.generation.fit import (
    RESERVE,
    Demand,
    Fit,
    Phase,
    Placement,
    Precision,
    Weights,
    chosen,
    fits,
)
from cut2next.generation.memory import demand, peak_bytes, weight_bytes
from cut2next.generation.pipeline import Cut2NextPipeline
from cut2next.generation.placing import fitted
from cut2next.generation.plan import planned

GIB = 2**30
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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    half().save_pretrained(tmp_path / "half")
    return tmp_path / "half"


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "size", [(512, 384), (256, 512)], ids=lambda size: "x".join(map(str, size))
)
def test_an_estimate_is_what_is_measured(table: str, size: tuple[int, int], folder: Path) -> None:
    pipe = Cut2NextPipeline.from_pretrained(folder, table=table, dtype=torch.bfloat16)
    pipe.set_progress_bar_config(disable=True)  # type: ignore[no-untyped-call]
    needed = demand(folder, layout_of(table, *size))
    asked = prompt()
    found = measured(pipe, lambda: pipe(picture(size=size), asked))
    assert needed.peak(Fit()) == pytest.approx(found, rel=0.1)

    encoded = pipe.encode_prompt(asked)
    pipe.release_text_encoders()
    found = measured(pipe, lambda: pipe(picture(size=size), encoded))
    assert needed.peak(Fit(placement=Placement.RELEASED)) == pytest.approx(found, rel=0.1)


def test_tiles_take_less_of_a_large_picture(folder: Path) -> None:
    needed = demand(folder, layout_of("closed", 1536, 1024))
    assert needed.working[True][Phase.DECODING] < 0.6 * needed.working[False][Phase.DECODING]
    assert needed.working[True][Phase.STEPS] == needed.working[False][Phase.STEPS]


def test_no_weights_are_read(folder: Path) -> None:
    expected = demand(folder, layout_of("closed", 256, 256))
    for path in folder.glob("*/*.safetensors"):
        path.unlink()
    assert demand(folder, layout_of("closed", 256, 256)) == expected


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


def demanding() -> Demand:
    """Round numbers: two for each network, one for each phase."""
    weights = Weights(*[2 * GIB] * 4)
    working = dict.fromkeys(Phase, GIB)
    return Demand(
        weights=dict.fromkeys(Precision, weights),
        working={False: {**working, Phase.DECODING: 9 * GIB}, True: working},
        kept=GIB,
        widest=0,
        passing_transformer=GIB,
        passing_text_encoder=GIB,
    )


def test_the_first_that_fits_is_chosen_and_tiles_come_before_fewer_bits() -> None:
    needed, all_fits = demanding(), list(fits())
    assert chosen(needed, RESERVE + 18 * GIB, all_fits) == Fit()
    assert chosen(needed, RESERVE + 18 * GIB - 1, all_fits) == Fit(tiled=True)
    assert chosen(needed, RESERVE + 9 * GIB, all_fits).placement is Placement.RELEASED
    for fit in all_fits:
        assert needed.peak(chosen(needed, RESERVE + needed.peak(fit), all_fits)) <= needed.peak(fit)


@pytest.mark.parametrize("placement", [Placement.RESIDENT, Placement.RELEASED, Placement.GROUP])
def test_where_weights_are_makes_no_difference(placement: Placement) -> None:
    asked = prompt()
    expected = latents(half(), picture(), asked, generator=seeded(1))
    pipe = fitted(half(), Fit(placement=placement), "cpu")
    encoded = pipe.encode_prompt(asked)
    if placement is Placement.RELEASED:
        pipe.release_text_encoders("cpu")
    assert torch.equal(latents(pipe, picture(), encoded, generator=seeded(1)), expected)


@pytest.mark.gpu
@pytest.mark.parametrize("placement", list(Placement))
def test_on_a_card_too(placement: Placement) -> None:
    asked = prompt()
    expected = latents(half().to("cuda"), picture(), asked, generator=seeded(1))
    pipe = fitted(half(), Fit(placement=placement), "cuda")
    encoded = pipe.encode_prompt(asked)
    if placement is Placement.RELEASED:
        pipe.release_text_encoders("cuda")
    found = latents(pipe, picture(), encoded, generator=seeded(1))
    torch.testing.assert_close(found, expected, rtol=0.02, atol=0.02)


def test_a_lora_is_merged_before_quantising(tmp_path: Path) -> None:
    lora = written(tmp_path, "cut2next", 1)
    plain, adapted = half(), half()
    adapted.load_lora_weights(lora)
    unmerged = latents(adapted, picture(), prompt(), generator=seeded(1)).float()
    fitted(adapted, Fit(precision=Precision.INT8), "cpu")
    fitted(plain, Fit(precision=Precision.INT8), "cpu")
    found = latents(adapted, picture(), prompt(), generator=seeded(1)).float()
    without = latents(plain, picture(), prompt(), generator=seeded(1)).float()
    assert (found - unmerged).norm() < 0.5 * (found - without).norm()


def test_a_picture_in_tiles_is_nearly_the_picture() -> None:
    pipe, asked = half(), prompt()
    noise = torch.randn(1, 48 * 48, 64, generator=seeded(2)[0])
    large = picture(size=(768, 768))
    whole = made(pipe, large, asked, 1, latents=noise, output_type="np")
    tiled = fitted(copy.deepcopy(pipe), Fit(tiled=True), "cpu")
    found = made(tiled, large, asked, 1, latents=noise, output_type="np")
    assert found.shape == whole.shape
    assert abs(found - whole).mean() < 0.05


@pytest.mark.parametrize("placement", [Placement.RESIDENT, Placement.RELEASED, Placement.MODEL])
def test_fp8_is_computed_in_where_the_card_can(
    placement: Placement, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def noted(*arguments: Any, in_fp8: bool = False) -> None:
        asked.append(in_fp8)

    monkeypatch.setattr(placing, "quantise", noted)
    monkeypatch.setattr(placing, "computes_fp8", lambda device: device == "cpu")
    monkeypatch.setattr(Cut2NextPipeline, "enable_model_cpu_offload", lambda *_, **__: None)
    fitted(half(), Fit(precision=Precision.FP8, placement=placement), "cpu")
    assert asked == [True, False]  # T5 is in int8


@pytest.mark.filterwarnings("ignore:Initializing zero-element")
@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("model_index.json", {"prompt_tokens": {"next prompt": 5}}),
        ("model_index.json", {"prompt_tokens": "many"}),
        ("model_index.json", {"prompt_tokens": None}),
        ("model_index.json", {"table": "no such"}),
        ("model_index.json", {"scheduler": []}),
        ("model_index.json", {"default_size": [3]}),
        ("transformer/config.json", {"attention_head_dim": 0}),
        ("transformer/config.json", {"axes_dims_rope": []}),
        ("vae/config.json", {"norm_num_groups": 0}),
        ("vae/config.json", {"block_out_channels": []}),
        ("text_encoder_2/config.json", {"d_model": "q"}),
        ("text_encoder_2/config.json", {"num_heads": 0}),
    ],
)
def test_what_describes_no_model_is_refused(
    file: str, change: dict[str, Any], folder: Path
) -> None:
    path = folder / file
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(Cut2NextError):
        planned(folder, (64, 64))


def test_a_picture_is_planned_for_at_the_size_it_is_brought_to(folder: Path) -> None:
    expected = planned(folder, (64, 48)).needed
    path = folder / "model_index.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "default_size": [64, 48]}))
    assert planned(folder, (6400, 4800)).needed == expected
