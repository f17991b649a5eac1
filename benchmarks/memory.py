"""What `cut2next plan` estimates, against what is measured.

    python benchmarks/memory.py                       # two blocks of full width, on the CPU
    python benchmarks/memory.py --device cuda --full  # FLUX.1-dev's size, random weights, every fit
    python benchmarks/memory.py --device cuda --full --within 24 --fit  # as a card of 24 GiB would

A model of random weights is written to a folder; then each fit loads it in a process of its own,
makes one picture, and tells its peak: of PyTorch's allocator on a card, of the process's resident
memory on the CPU, where weights that are read straight out of a file count once they are used.

With `--within`, PyTorch's allocator is held to so many GiB, less what is left for the CUDA context;
the fit that `cut2next generate` would choose makes a picture in all its steps, and its seconds are
told too. `--fit fp8-resident bf16-group-tiled ...` measures some fits only, or none. `--at-once`
measures several on one card at a time, each by its own allocator. `--model` keeps the model there.
"""

import argparse
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)
from PIL import Image
from transformers import CLIPTextConfig, CLIPTextModel, T5Config, T5EncoderModel

from cut2next.backbones.flux1.transformer import Flux1Transformer
from cut2next.backbones.mini import architecture
from cut2next.film import HierarchicalPrompt, IndividualPrompt, RelationalPrompt
from cut2next.generation.fit import RESERVE, Fit, Placement, Precision, chosen
from cut2next.generation.pipeline import Cut2NextPipeline
from cut2next.generation.placing import fitted
from cut2next.generation.plan import Plan, model_in, planned
from cut2next.generation.precision import computes_fp8

PROMPT_TOKENS = dict.fromkeys(("relational prompt", "current prompt", "next prompt"), 512)


@dataclass(frozen=True)
class Measured:
    """What a process tells of its picture."""

    peak: int
    """Bytes."""
    loading: float
    """Seconds until all is where it belongs and prompts are encoded."""
    picture: float


def written(folder: Path, args: argparse.Namespace) -> None:
    """A pipeline of FLUX.1-dev's widths, in bfloat16."""
    with torch.device(args.device):
        pipe = pipeline(args)
    pipe.save_pretrained(folder)


def pipeline(args: argparse.Namespace) -> Cut2NextPipeline:
    deep = args.full
    tokenizer = architecture.tokenizer(["a shot of two people in a room"])
    torch.set_default_dtype(torch.bfloat16)
    pipe = Cut2NextPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=False),
        vae=AutoencoderKL(
            block_out_channels=(128, 256, 512, 512),
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            latent_channels=16,
            layers_per_block=2,
            scaling_factor=0.3611,
            shift_factor=0.1159,
            use_quant_conv=False,
            use_post_quant_conv=False,
        ),
        text_encoder=CLIPTextModel(
            CLIPTextConfig(
                hidden_size=768,
                intermediate_size=3072,
                num_attention_heads=12,
                num_hidden_layers=12,
                max_position_embeddings=77,
            )
        ),
        tokenizer=tokenizer,
        text_encoder_2=T5EncoderModel(
            T5Config(
                d_model=4096,
                d_ff=10240,
                d_kv=64,
                num_heads=64,
                num_layers=24 if deep else 1,
                feed_forward_proj="gated-gelu",
            )
        ),
        tokenizer_2=tokenizer,
        transformer=Flux1Transformer(
            guidance_embeds=True,
            num_layers=19 if deep else 1,
            num_single_layers=38 if deep else 1,
        ),
        table=args.table,
        prompt_tokens=PROMPT_TOKENS,
    )
    torch.set_default_dtype(torch.float32)
    return pipe


def measured(folder: Path, args: argparse.Namespace, fit: Fit) -> Measured:
    """One picture; run in a process of its own."""
    on_card = args.device == "cuda"
    if args.within:
        room = torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction((args.within * 2**30 - RESERVE) / room)
    shot = IndividualPrompt(summary="a shot of two people")
    prompt = HierarchicalPrompt(
        relational=RelationalPrompt(transition="a shot"), current=shot, next=shot
    )
    before = 0
    if not on_card:
        # What libraries take once they have worked at all is no model's need.
        Cut2NextPipeline.from_pretrained("mini")(Image.new("RGB", (384, 160)), prompt, 1)
        before = resident("VmRSS")
    begun = time.perf_counter()
    pipe = Cut2NextPipeline.from_pretrained(folder, dtype=torch.bfloat16)
    pipe.set_progress_bar_config(disable=True)
    fitted(pipe, fit, args.device)
    encoded = pipe.encode_prompt(prompt)
    if fit.placement is Placement.RELEASED:
        pipe.release_text_encoders(args.device)
    loaded = time.perf_counter()
    width, height = map(int, args.size.split("x"))
    steps = None if args.within else 1
    pipe(Image.new("RGB", (width, height)), encoded, num_inference_steps=steps)
    return Measured(
        peak=torch.cuda.max_memory_allocated() if on_card else resident("VmHWM") - before,
        loading=loaded - begun,
        picture=time.perf_counter() - loaded,
    )


def resident(name: str) -> int:
    """Bytes of this process in memory: now (VmRSS), or at most so far (VmHWM)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith(f"{name}:"))
    return int(kilobytes) * 1024


def main() -> None:
    """Write a model, then compare."""
    args = parsed()
    if args.measure:
        precision, placement, tiled = json.loads(args.as_fit)
        fit = Fit(precision=Precision(precision), placement=Placement(placement), tiled=bool(tiled))
        print(json.dumps(asdict(measured(args.measure, args, fit))))
        return
    with tempfile.TemporaryDirectory() as place:
        folder = args.model or Path(place) / "model"
        if not folder.exists():
            written(folder, args)
            gc.collect()
            if args.device == "cuda":  # what is freed here is others' room
                torch.cuda.empty_cache()
        compare(folder, args)


def compare(folder: Path, args: argparse.Namespace) -> None:
    """Every fit that is wanted, estimated and measured."""
    width, height = map(int, args.size.split("x"))
    plan = planned(model_in(folder), (width, height))
    on_card = args.device == "cuda"
    fits = plan.fits(fp8=computes_fp8(args.device), card=on_card)
    if not on_card:  # what is quantised here was whole before, in the same memory
        fits = [fit for fit in fits if fit.precision is Precision.BF16]
    if args.within:
        print(f"{args.size}, {args.table} table, within {args.within} GiB; {columns()}")
        best = chosen(plan.needed, int(args.within * 2**30), fits)
        show(plan, best, run(folder, args.within, best))
    wanted = [fit for fit in fits if args.fit is None or name(fit) in args.fit]
    if not wanted:
        return
    print(f"{args.size}, {args.table} table, {args.device}; {columns()}")
    with ThreadPoolExecutor(args.at_once) as several:
        for fit, found in zip(wanted, several.map(partial(run, folder, 0), wanted), strict=True):
            show(plan, fit, found)


def name(fit: Fit) -> str:
    """As `--fit` takes it."""
    return "-".join([fit.precision, fit.placement, *(["tiled"] if fit.tiled else [])])


def run(folder: Path, within: float, fit: Fit) -> Measured | str:
    """What a process of its own finds, or why it did not."""
    told = json.dumps([fit.precision, fit.placement, fit.tiled])
    own: Sequence[str | Path] = ["--measure", folder, "--as-fit", told, "--within", str(within)]
    again = [sys.executable, __file__, *sys.argv[1:], *own]
    done = subprocess.run(again, capture_output=True, text=True, check=False)
    if done.returncode:
        return (done.stderr.splitlines() or [f"ended with {done.returncode}"])[-1]
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def columns() -> str:
    return "GiB estimated, measured, difference; seconds of loading, of the picture"


def show(plan: Plan, fit: Fit, found: Measured | str) -> None:
    """A line."""
    if isinstance(found, str):
        print(f"{name(fit):24} failed: {found}", flush=True)
        return
    said, peak = plan.needed.peak(fit) / 2**30, found.peak / 2**30
    print(
        f"{name(fit):24}{said:8.2f}{peak:8.2f}{said / peak - 1:+8.1%}"
        f"{found.loading:8.1f}{found.picture:8.1f}",
        flush=True,
    )


def parsed() -> argparse.Namespace:
    """What to measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--device", default="cpu", choices=["cpu", "cuda"])
    add("--full", action="store_true", help="all 57 blocks and 24 of T5")
    add("--size", default="1024x576", metavar="WxH")
    add("--table", default="closed")
    add("--fit", nargs="*", metavar="NAME", help="some fits only, or none")
    add("--at-once", type=int, default=1, metavar="N", help="fits on the card at a time")
    add("--within", type=float, default=0, metavar="GIB", help="make a picture in so much")
    add("--model", type=Path, metavar="DIR", help="the model, written there unless it is there")
    add("--measure", type=Path, help=argparse.SUPPRESS)
    add("--as-fit", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.within and args.device == "cpu":
        parser.error("--within is of a card: --device cuda")
    return args


if __name__ == "__main__":
    main()
