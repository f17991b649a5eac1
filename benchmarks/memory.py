"""What `cut2next plan` estimates, against what is measured.

    python benchmarks/memory.py                       # two blocks of full width, on the CPU
    python benchmarks/memory.py --device cuda --full  # FLUX.1-dev's size, random weights, every fit

A model of random weights is written to a folder; then each fit loads it in a process of its own,
makes one picture, and tells its peak: of PyTorch's allocator on a card, of the process's resident
memory on the CPU, where weights that are read straight out of a file count once they are used.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)
from PIL import Image
from transformers import CLIPTextConfig, CLIPTextModel, T5Config, T5EncoderModel

from cut2next.backbones.flux1 import Flux1Transformer
from cut2next.backbones.mini import architecture
from cut2next.film import HierarchicalPrompt, IndividualPrompt, RelationalPrompt
from cut2next.generation.fit import Fit, Placement, Precision
from cut2next.generation.pipeline import Cut2NextPipeline
from cut2next.generation.placing import fitted
from cut2next.generation.plan import planned

PROMPT_TOKENS = dict.fromkeys(("relational prompt", "current prompt", "next prompt"), 512)


def written(folder: Path, args: argparse.Namespace) -> None:
    """A pipeline of FLUX.1-dev's widths, in bfloat16."""
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
    pipe.save_pretrained(folder)


def measured(folder: Path, args: argparse.Namespace, fit: Fit) -> int:
    """Peak bytes of one picture; run in a process of its own."""
    on_card = args.device == "cuda"
    shot = IndividualPrompt(summary="a shot of two people")
    prompt = HierarchicalPrompt(
        relational=RelationalPrompt(transition="a shot"), current=shot, next=shot
    )
    # What libraries take once they have worked at all is no model's need.
    Cut2NextPipeline.from_pretrained("mini")(Image.new("RGB", (192, 80)), prompt, 1)
    before = 0 if on_card else resident("VmRSS")
    pipe = Cut2NextPipeline.from_pretrained(folder, dtype=torch.bfloat16)
    pipe.set_progress_bar_config(disable=True)
    fitted(pipe, fit, args.device)
    encoded = pipe.encode_prompt(prompt)
    if fit.placement is Placement.RELEASED:
        pipe.release_text_encoders(args.device)
    width, height = map(int, args.size.split("x"))
    pipe(Image.new("RGB", (width, height)), encoded, num_inference_steps=1)
    return torch.cuda.max_memory_allocated() if on_card else resident("VmHWM") - before


def resident(name: str) -> int:
    """Bytes of this process in memory: now (VmRSS), or at most so far (VmHWM)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith(f"{name}:"))
    return int(kilobytes) * 1024


def main() -> None:
    """Write a model, then compare."""
    args = parsed()
    if args.measure:
        precision, placement, tiled = json.loads(args.fit)
        fit = Fit(precision=Precision(precision), placement=Placement(placement), tiled=bool(tiled))
        print(measured(args.measure, args, fit))
        return
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "model"
        written(folder, args)
        width, height = map(int, args.size.split("x"))
        plan = planned(folder, (width, height))
        fits = plan.fits(fp8=True, card=args.device == "cuda")
        if args.device == "cpu":  # what is quantised here was whole before, in the same memory
            fits = [fit for fit in fits if fit.precision is Precision.BF16]
        print(f"{args.size}, {args.table} table, {args.device}; GiB estimated, measured")
        for fit in fits:
            told = json.dumps([fit.precision, fit.placement, fit.tiled])
            again = [sys.executable, __file__, *sys.argv[1:], "--measure", folder, "--fit", told]
            done = subprocess.run(again, capture_output=True, text=True, check=False)
            told = f"{fit.precision} {fit.placement}{' tiled' if fit.tiled else ''}"
            if done.returncode:
                print(f"{told:24} failed: {done.stderr.splitlines()[-1]}")
                continue
            found, said = int(done.stdout.split()[-1]) / 2**30, plan.needed.peak(fit) / 2**30
            print(f"{told:24}{said:8.2f}{found:8.2f}{said / found - 1:+8.1%}", flush=True)


def parsed() -> argparse.Namespace:
    """What to measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--device", default="cpu", choices=["cpu", "cuda"])
    add("--full", action="store_true", help="all 57 blocks and 24 of T5")
    add("--size", default="1024x576", metavar="WxH")
    add("--table", default="closed")
    add("--measure", type=Path, help=argparse.SUPPRESS)
    add("--fit", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
