"""How fast the mini model is: a denoising step under each table, loading, and `cut2next generate`.

    python benchmarks/mini.py [--repeats 15] [--json FILE]

All tables run in turn within one process, so that a machine whose speed drifts treats them alike;
medians and the ratio to the paper's table are shown. Weights do not change how long a step takes,
so the shipped ones are timed under every table.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from PIL import Image

from cut2next.backbones.mini import weights_folder
from cut2next.backbones.prepared import prepare
from cut2next.conditioning import PAPER, TABLES, Segment, SegmentInputs, SegmentTable
from cut2next.generation import Cut2NextPipeline
from cut2next.generation.conditioned import cut_layout
from cut2next.generation.framing import Size
from cut2next.soundstage.film_set import build_set
from cut2next.soundstage.repertoire import repertoire_named

LOADING = """
import os
from cut2next.generation.model_choice import ModelChoice
ModelChoice(name="mini").load(progress=True)
os._exit(0)  # how long the process takes to clear up is no part of loading
"""
"""What `cut2next generate` does before it makes anything."""
STEPS = (0.9, 0.75, 0.5)
"""Times of the steps that are timed: those of a generation in four, after the first."""


def main() -> None:
    """Time, and show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    found = {"threads": torch.get_num_threads(), "steps": time_steps(args.repeats)}
    paper = found["steps"][PAPER.name]["step"]
    print(f"{torch.get_num_threads()} threads, median of {args.repeats}")
    print(f"{'table':16}{'fill, once':>12}{'step':>12}{'of the paper':>22}")
    for name, times in found["steps"].items():
        print(
            f"{name:16}{times['fill'] * 1e3:>9.1f} ms{times['step'] * 1e3:>9.1f} ms"
            f"{times['step'] / paper:>22.2f}"
        )
    found["load"] = [seconds_of([sys.executable, "-c", LOADING]) for _ in range(3)]
    print("loading alone, from typing:", *(f"{t:.1f} s" for t in found["load"]))
    found["generate"] = time_generate(3)
    print("cut2next generate, from typing to file:", *(f"{t:.1f} s" for t in found["generate"]))
    if args.json:
        args.json.write_text(json.dumps(found, indent=1))


@torch.no_grad()
def time_steps(repeats: int) -> dict[str, dict[str, float]]:
    """Median seconds of a prefill and of one step, by table."""
    pipe = Cut2NextPipeline.from_pretrained("mini")
    times = {name: {"fill": [], "step": []} for name in TABLES}
    for repeat in range(repeats + 2):
        for name, table in TABLES.items():
            fill, step = _timed(pipe, table)
            if repeat >= 2:  # the first ones warm up
                times[name]["fill"].append(fill)
                times[name]["step"].append(step)
    return {
        name: {what: statistics.median(seconds) for what, seconds in both.items()}
        for name, both in times.items()
    }


def _timed(pipe: Cut2NextPipeline, table: SegmentTable) -> tuple[float, float]:
    transformer, lengths = pipe.transformer, pipe.prompt_tokens
    config = transformer.config
    grid = Size(*pipe.config["default_size"]).in_tokens(pipe.framing.step)
    layout = cut_layout(table, lengths, current=grid, following=grid)
    kind = next(transformer.parameters()).dtype
    tokens = {
        one: torch.randn(
            1,
            layout.tokens(one),
            config["joint_attention_dim"] if one.is_prompt else config["in_channels"],
            dtype=kind,
        )
        for one in table.segments
    }
    pooled = {one: torch.randn(1, config["pooled_projection_dim"], dtype=kind) for one in lengths}
    start = time.perf_counter()
    latents = tokens.pop(Segment.NEXT_SHOT)
    prepared = prepare(transformer, SegmentInputs(tokens, pooled), layout, keep=table.cacheable)
    filled = time.perf_counter()
    prepared.velocity(latents, torch.tensor([1.0]))
    begun = time.perf_counter()
    for t in STEPS:
        prepared.velocity(latents, torch.tensor([t]))
    return filled - start, (time.perf_counter() - begun) / len(STEPS)


def time_generate(repeats: int) -> list[float]:
    """Seconds of the whole command, each in a process of its own."""
    known = json.loads((weights_folder() / "model_index.json").read_text())
    film_set = build_set(3_000_000, repertoire=repertoire_named(known["repertoire"]))
    with tempfile.TemporaryDirectory() as folder:
        current = Path(folder) / "current.png"
        Image.fromarray(film_set.picture(film_set.setups[3], tuple(known["default_size"]))).save(
            current
        )
        command = [
            *(str(Path(sys.executable).with_name("cut2next")), "generate", str(current)),
            *("--pattern", "cut-in", "--next", "Close up of <Anna>", "-o", f"{folder}/next.png"),
        ]
        return [seconds_of(command) for _ in range(repeats)]


def seconds_of(command: list[str]) -> float:
    """Of a process, from its start to its end."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
