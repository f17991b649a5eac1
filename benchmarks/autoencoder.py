"""How true a mini model's autoencoder is to pictures that it has never seen.

    python benchmarks/autoencoder.py [MODEL] [--size 384x160] [--only café,day] [--sets 60]

MODEL is `mini` or the folder of a pipeline or of an autoencoder alone. Three setups of each
held-out set are shot, encoded and decoded. Told are PSNR and SSIM, how much of the true edge energy
is left (squares of the Laplacian of luma), PSNR over the pixels of each kind, how far the channels
of the code spread (one scale serves all), the largest number on the way (float16 ends at 65,504),
and milliseconds of CPU a picture.
"""

import argparse
import json
import math
import time
from pathlib import Path
from random import Random
from statistics import mean
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderDC
from scipy.ndimage import laplace

from cut2next.backbones.flux1.backbone import Autoencoder, likely_latents
from cut2next.cutbench.metrics.fidelity import psnr, ssim
from cut2next.cutbench.soundstage.held_out import FIRST_HELD_OUT
from cut2next.generation import Cut2NextPipeline
from cut2next.recipes.mini.encoding import to_model
from cut2next.soundstage.film_set import build_set
from cut2next.soundstage.repertoire import Repertoire, repertoire_named
from cut2next.soundstage.truth import PIXEL_KINDS, pixel_kinds

LUMA = (0.299, 0.587, 0.114)


def main() -> None:
    """Shoot, encode, decode, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", default="mini")
    parser.add_argument("--size", default="384x160")
    parser.add_argument("--only", default="")
    parser.add_argument("--sets", type=int, default=60)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    width, height = (int(side) for side in args.size.split("x"))
    true, kinds = shot(repertoire_named(args.only), args.sets, (width, height))
    figures = judged(opened(args.model), true, kinds)
    print(json.dumps(figures, indent=1))
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1))


def opened(name: str) -> Autoencoder:
    """The autoencoder of a name or a folder, in float32."""
    if (Path(name) / "diffusion_pytorch_model.safetensors").exists():
        vae = AutoencoderDC.from_pretrained(name)
    else:
        vae = Cut2NextPipeline.from_pretrained(name).vae
    return torch.nn.Module.to(vae, torch.float32).eval()


def shot(repertoire: Repertoire, sets: int, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of held-out sets [N, H, W, 3], and the kinds of their pixels [N, H, W]."""
    pictures, kinds = [], []
    for seed in range(FIRST_HELD_OUT, FIRST_HELD_OUT + sets):
        film_set = build_set(seed, repertoire=repertoire, aspect=size[0] / size[1])
        for setup in Random(seed).sample(film_set.setups, 3):
            light, ids = film_set.light(setup, size)
            pictures.append(film_set.develop(light))
            kinds.append(pixel_kinds(film_set.geometry.parts)[ids])
    return np.array(pictures), np.array(kinds)


def judged(autoencoder: Autoencoder, true: np.ndarray, kinds: np.ndarray) -> dict[str, Any]:
    """Every figure."""
    made, codes, largest, spent = decoded(autoencoder, true)
    squares = np.square(made.astype(np.float32) - true).mean(axis=-1)
    spread = codes.std(dim=(0, 2, 3))
    return {
        "pictures": len(true),
        "psnr": mean([psnr(*pair) for pair in zip(made, true, strict=True)]),
        "ssim": mean([ssim(*pair) for pair in zip(made, true, strict=True)]),
        "edges": edge_energy(made) / edge_energy(true),
        **{
            f"psnr of {kind}": 10 * math.log10(255**2 / squares[kinds == number].mean())
            for number, kind in enumerate(PIXEL_KINDS)
        },
        "spread of channels": [round(value, 2) for value in spread.tolist()],
        "largest activation": largest,
        **{f"{name}, ms": round(1e3 * seconds, 1) for name, seconds in spent.items()},
    }


@torch.no_grad()
def decoded(
    autoencoder: Autoencoder, true: np.ndarray
) -> tuple[np.ndarray, torch.Tensor, float, dict[str, float]]:
    """Pictures there and back, their codes, the largest activation, and CPU seconds a picture."""
    largest = 0.0

    def watch(_module: object, _inputs: object, output: object) -> None:
        nonlocal largest
        if isinstance(output, torch.Tensor):
            largest = max(largest, output.abs().max().item())

    for module in autoencoder.modules():
        module.register_forward_hook(watch)
    autoencoder.to(memory_format=torch.channels_last)
    made, codes, clock = [], [], [time.process_time()]
    for picture in true:
        codes.append(likely_latents(autoencoder, to_model(picture[None])))
    clock.append(time.process_time())
    for code in codes:
        sample = autoencoder.decode(code).sample[0].clamp(-1, 1)
        made.append((sample + 1).mul(127.5).round().byte().permute(1, 2, 0))
    clock.append(time.process_time())
    spent = dict(zip(("encode", "decode"), (np.diff(clock) / len(true)).tolist(), strict=True))
    return torch.stack(made).numpy(), torch.cat(codes), largest, spent


def edge_energy(pictures: np.ndarray) -> float:
    """Sum of the squared Laplacian of luma."""
    return float(sum(np.square(laplace(picture @ LUMA)).sum() for picture in pictures))


if __name__ == "__main__":
    main()
