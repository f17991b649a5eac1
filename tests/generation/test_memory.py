"""Estimates of memory are what is measured."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.generation.toy import PROMPT_TOKENS, components, deeper, picture, prompt, toy

from cut2next.backbones.flux1.backbone import Flux1Backbone
from cut2next.conditioning import TABLES, Layout, Segment, table_named
from cut2next.film import InputError
from cut2next.generation.fit import (
    Demand,
    Fit,
    Held,
    Phase,
    Placement,
    chosen,
    fits,
)
from cut2next.generation.memory import Making, demand, peak_bytes, weight_bytes
from cut2next.generation.pipeline import Cut2NextPipeline
from cut2next.generation.plan import model_in, planned
from cut2next.generation.weights import configurations

NETWORKS = ("transformer", "vae", "text_encoder", "text_encoder_2")


def layout_of(table: str, width: int, height: int, step: int = 16) -> Layout:
    side = (height // step, width // step)
    return Layout(
        table=table_named(table),
        prompt_tokens={Segment.named(name): count for name, count in PROMPT_TOKENS.items()},
        shot_sizes={Segment.CURRENT_SHOT: side, Segment.NEXT_SHOT: side},
    )


def of_folder(folder: Path, layout: Layout, **more: Any) -> Demand:
    return demand(Flux1Backbone, configurations(folder), Making(layout, **more))


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
    needed = of_folder(folder, layout_of(table, *size))
    asked = prompt()
    measured_peak = measured(pipe, lambda: pipe(picture(size=size), asked))
    assert needed.peak(Fit()) == pytest.approx(measured_peak, rel=0.1)

    encoded = pipe.encode_prompt(asked)
    pipe.release_text_encoders()
    measured_peak = measured(pipe, lambda: pipe(picture(size=size), encoded))
    assert needed.peak(Fit(placement=Placement.RELEASED)) == pytest.approx(measured_peak, rel=0.1)


def test_so_it_is_where_a_token_has_more_pixels(tmp_path: Path) -> None:
    # Of its own: what is cached is everybody's.
    parts = components.__wrapped__() | deeper.__wrapped__()
    toy(**parts).to(torch.bfloat16).save_pretrained(tmp_path)
    pipe = Cut2NextPipeline.from_pretrained(tmp_path, dtype=torch.bfloat16)
    pipe.set_progress_bar_config(disable=True)  # type: ignore[no-untyped-call]
    planned_for = planned(model_in(tmp_path), (520, 390))
    assert planned_for.layout == layout_of("closed", 512, 384, step=32)
    measured_peak = measured(pipe, lambda: pipe(picture(size=(520, 390)), prompt()))
    assert planned_for.needed.peak(Fit()) == pytest.approx(measured_peak, rel=0.1)


@pytest.mark.parametrize("table", ["closed", "paper"])
def test_several_pictures_at_a_time_are_counted(table: str, folder: Path) -> None:
    size, count = (512, 384), 3
    pipe = Cut2NextPipeline.from_pretrained(folder, table=table, dtype=torch.bfloat16)
    pipe.set_progress_bar_config(disable=True)  # type: ignore[no-untyped-call]
    asked = prompt()
    measured_peak = measured(
        pipe, lambda: pipe(picture(size=size), asked, num_images_per_prompt=count)
    )
    needed = of_folder(folder, layout_of(table, *size), pictures=count)
    assert needed.peak(Fit()) == pytest.approx(measured_peak, rel=0.1)


def test_each_further_shot_that_is_kept_takes_what_its_cache_does(folder: Path) -> None:
    pipe = Cut2NextPipeline.from_pretrained(folder, dtype=torch.bfloat16)
    size = pipe.prefill(picture(size=(64, 48)), prompt().current).cache.bytes
    layout = layout_of("closed", 64, 48)
    one, three = (of_folder(folder, layout, held=Held(shots)) for shots in (1, 3))
    assert size > 0
    assert {three.peak(fit) - one.peak(fit) for fit in fits()} == {2 * size}


@pytest.mark.parametrize(("table", "beside"), [("closed", 1), ("paper", 0)])
def test_earlier_shots_are_counted_as_they_are_measured(
    table: str, beside: int, folder: Path
) -> None:
    size = (512, 384)
    settings: dict[str, Any] = {"table": table, "earlier_shots": 3}
    pipe = Cut2NextPipeline.from_pretrained(folder, dtype=torch.bfloat16, **settings)
    pipe.set_progress_bar_config(disable=True)  # type: ignore[no-untyped-call]
    asked = prompt()

    def chained() -> object:
        shots = [pipe.prefill(picture(size=size), asked.current) for _ in range(4 + beside)]
        return pipe(shots[0].after(*shots[1:4]), asked), shots

    needed = of_folder(folder, layout_of(table, *size), held=Held(4 + beside, 3))
    assert needed.peak(Fit()) == pytest.approx(measured(pipe, chained), rel=0.1)


def test_tiles_take_less_of_a_large_picture(folder: Path) -> None:
    needed = of_folder(folder, layout_of("closed", 1536, 1024))
    assert needed.working[True][Phase.DECODING] < 0.6 * needed.working[False][Phase.DECODING]
    assert needed.working[True][Phase.STEPS] == needed.working[False][Phase.STEPS]


def test_no_weights_are_read(folder: Path) -> None:
    expected = of_folder(folder, layout_of("closed", 256, 256))
    for path in folder.glob("*/*.safetensors"):
        path.unlink()
    assert of_folder(folder, layout_of("closed", 256, 256)) == expected


GIB = 2**30


DEV, SCHNELL = (
    Flux1Backbone.released[f"black-forest-labs/FLUX.1-{kind}"] for kind in ("dev", "schnell")
)


def flux1(folder: Path) -> Path:
    """FLUX.1-dev's configurations in a folder that has others."""
    for name, known in DEV.items():
        (folder / name / "config.json").write_text(json.dumps(known))
    return folder


def test_the_networks_of_flux1_have_as_many_weights_as_its_files() -> None:
    """By the sizes of the released files, in bfloat16."""
    with torch.device("meta"):
        dev, schnell = (Flux1Backbone.hollow(known) for known in (DEV, SCHNELL))
    counts = {name: sum(w.numel() for w in getattr(dev, name).parameters()) for name in NETWORKS}
    assert counts == {
        "transformer": 11_901_408_320,
        "vae": 83_819_683,
        "text_encoder": 123_060_480,
        "text_encoder_2": 4_762_310_656,
    }
    assert sum(weight.numel() for weight in schnell.transformer.parameters()) == 11_891_178_560
    assert (dev.is_distilled, schnell.is_distilled) == (True, False)


def test_full_size() -> None:
    needed = demand(Flux1Backbone, DEV, Making(layout_of("closed", 1024, 576)))
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
