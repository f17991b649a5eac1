"""The paper's table against the closed one: the mini transformer, from nothing, on the same cuts.

    python benchmarks/tables.py [--folder runs/mini] [--steps 300] [--count 100] [--json FILE]

Needs the encoded reels that `cut2next train mini --from mini` leaves in its folder. Both runs read
with the shipped text encoders and draw the same cuts, times and noise at every step, hardly ever a
cut twice: so the loss of a step is that of unseen cuts, and comparable between the two. It is
averaged over the last fifth of the steps. Then both are judged on the same held-out cuts. A run
that was stopped goes on where it was.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from cut2next.backbones.mini import architecture
from cut2next.conditioning import CLOSED, PAPER, SegmentTable
from cut2next.cutbench.contenders import by_model
from cut2next.cutbench.report import ALL, entry_of, summary
from cut2next.cutbench.runner import run as judged
from cut2next.cutbench.soundstage.held_out import HeldOut
from cut2next.cutbench.soundstage.metrics import METRICS
from cut2next.generation import Cut2NextPipeline
from cut2next.recipes.mini import MiniRecipe, publish
from cut2next.recipes.mini.encoded_rushes import EncodedRushes
from cut2next.recipes.mini.renaming import name_ids
from cut2next.recipes.mini.transformer import (
    MiniModel,
    TransformerRun,
    train_transformer,
)
from cut2next.soundstage.repertoire import repertoire_named
from cut2next.training.machine import quick_type

SHOWN = ("camera", "look", "psnr", "static cut", "identity drift", "incoherence")


def main() -> None:
    """Train twice, judge twice, and show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("runs/mini"))
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--count", type=int, default=100, help="held-out cuts")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    run = TransformerRun(steps=args.steps, groups=4, warmup=20, checkpoint_every=50)
    tables = (PAPER, CLOSED)
    losses = {table.name: trained(args.folder, table, run) for table in tables}
    figures = judge({table.name: model_folder(args.folder, table) for table in tables}, args.count)
    show(losses, figures, run)
    if args.json:
        told = {"steps": run.steps, "losses": losses, "figures": figures, "cuts": args.count}
        args.json.write_text(json.dumps(told, indent=1))


def trained(folder: Path, table: SegmentTable, run: TransformerRun) -> list[float]:
    """Losses of all steps; the model is left in `model_folder`."""
    torch.manual_seed(run.seed)
    shipped = Cut2NextPipeline.from_pretrained("mini")
    model = MiniModel(
        architecture.transformer(shipped.transformer.config.in_channels),
        shipped.text_encoder_2,
        shipped.text_encoder,
    )
    model = torch.nn.Module.to(model.train(), dtype=quick_type("cpu"))
    config = shipped.vae.config
    data = EncodedRushes.of_folder(folder / "encoded", name_ids(shipped.tokenizer)).scaled(
        config["shift_factor"], config["scaling_factor"]
    )
    kept = folder / f"compared-{table.name}.json"
    losses = json.loads(kept.read_text()) if kept.exists() else []
    for done in train_transformer(model, data, table, run, folder / f"compared-{table.name}"):
        losses[done.number - 1 :] = [done.loss]
        kept.write_text(json.dumps(losses))
        if done.number % 10 == 0:
            print(f"{table.name} {done.number}/{run.steps} loss {done.loss:.4f}", flush=True)
    recipe = MiniRecipe(folder=folder, start="mini", table=table)
    model = torch.nn.Module.to(model, dtype=torch.bfloat16)
    publish(
        recipe,
        shipped.vae,
        model,
        shipped.tokenizer,
        shipped.prompt_tokens,
        model_folder(folder, table),
    )
    return losses


def model_folder(folder: Path, table: SegmentTable) -> Path:
    """Where the model that was trained under a table is kept."""
    return folder / f"compared-{table.name}-model"


def judge(folders: dict[str, Path], count: int) -> dict[str, dict[str, dict[str, float]]]:
    """By table, every figure of the benchmark on the same held-out cuts, with its interval."""
    pipes = {name: Cut2NextPipeline.from_pretrained(folder) for name, folder in folders.items()}
    for pipe in pipes.values():
        pipe.set_progress_bar_config(disable=True)
    shown = next(iter(pipes.values())).config
    held_out = HeldOut(
        count=count,
        repertoire=repertoire_named(shown["repertoire"]),
        size=tuple(shown["default_size"]),
    )
    models = {name: by_model(pipe) for name, pipe in pipes.items()}
    entries = [entry_of(cut) for cut in judged(held_out.cases(), models, METRICS)]
    return {
        name: {metric: asdict(mean) for metric, mean in groups[ALL].items()}
        for name, groups in summary(entries).items()
    }


def show(losses: dict[str, list[float]], figures: dict, run: TransformerRun) -> None:
    """A row for each table, and how far apart the two losses are, step by step."""
    last = -(-run.steps // 5)
    late = {name: np.array(each[-last:]) for name, each in losses.items()}
    print(f"{run.steps} steps of {run.groups * run.each} cuts; loss over the last {last}")
    print(f"{'table':8}{'loss':>8}" + "".join(f"{name:>24}" for name in SHOWN))
    for name, found in figures.items():
        told = (found[figure] for figure in SHOWN)
        cells = (f"{one['mean']:.3f} [{one['low']:.3f}, {one['high']:.3f}]" for one in told)
        print(f"{name:8}{late[name].mean():8.4f}" + "".join(f"{cell:>24}" for cell in cells))
    difference = late[CLOSED.name] - late[PAPER.name]
    error = difference.std() / np.sqrt(len(difference))
    print(f"closed - paper: {difference.mean():+.4f} ± {error:.4f} (standard error over steps)")


if __name__ == "__main__":
    main()
