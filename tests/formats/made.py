"""What the models in this folder make of one cut; run once by the code that wrote them, too."""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from cut2next.film import HierarchicalPrompt, IndividualPrompt, RelationalPrompt
from cut2next.generation import Cut2NextPipeline

FORMATS = Path(__file__).parent
TOYS = (
    ("closed", None),
    ("paper", None),
    ("closed", "lora-1"),
    ("paper", "lora-1-paper"),
    ("closed", "lora-diffusers"),
)
"""The table of the toy model, and the LoRA on top of it."""


def made_by_toy(table: str, lora: str | None, folder: Path) -> dict[str, Tensor]:
    """Latents and picture of the toy model under a table; `folder` is to put a copy of it in."""
    model = folder / "model-1"
    shutil.copytree(FORMATS / model.name, model)
    index = json.loads((model / "model_index.json").read_text())
    (model / "model_index.json").write_text(json.dumps({**index, "table": table}))
    pipe = Cut2NextPipeline.from_pretrained(model)
    if lora:
        pipe.load_lora_weights(FORMATS / f"{lora}.safetensors")
    return _made(pipe, (48, 32), ("look near", "red fox", "blue dog"))


def made_by_mini() -> dict[str, Tensor]:
    """Latents and picture of the mini model."""
    texts = ("Cut-In on <Noah>", "Wide shot of the café", "Close up of <Noah> (grey curls, beard)")
    return _made(Cut2NextPipeline.from_pretrained("mini"), (384, 160), texts)


def _made(
    pipe: Cut2NextPipeline, size: tuple[int, int], texts: tuple[str, str, str]
) -> dict[str, Tensor]:
    pipe.set_progress_bar_config(disable=True)  # type: ignore[no-untyped-call]
    noise = torch.randint(0, 256, (4, 4, 3), generator=torch.Generator().manual_seed(0))
    picture = Image.fromarray(noise.byte().numpy()).resize(size, Image.Resampling.BICUBIC)
    relation, current, following = texts
    prompt = HierarchicalPrompt(
        relational=RelationalPrompt(transition=relation),
        current=IndividualPrompt(summary=current),
        next=IndividualPrompt(summary=following),
    )

    def made(kind: str) -> Tensor:
        chance = torch.Generator().manual_seed(1)
        call: Any = pipe(picture, prompt, num_inference_steps=2, generator=chance, output_type=kind)
        assert isinstance(call.images, Tensor)
        return call.images.contiguous()

    return {"latents": made("latent"), "picture": made("pt")}


def machine() -> str:
    """What decides in which order float32 is summed."""
    told = Path("/proc/cpuinfo").read_text().splitlines()
    wanted = ("cpu family", "model", "model name", "stepping")
    facts = dict(line.split("\t", 1) for line in reversed(told) if "\t" in line)
    chip = " ".join(facts[name].strip("\t :") for name in wanted if name in facts)
    kernels = torch.backends.cpu.get_cpu_capability()
    return f"torch {torch.__version__}, {kernels}, {torch.get_num_threads()} threads, {chip}"
