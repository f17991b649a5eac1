"""The paper's table against the closed one: the mini transformer, from nothing, on the same cuts.

    python benchmarks/tables.py [--folder runs/mini] [--steps 300] [--json FILE]

Needs the encoded reels that `cut2next train mini --from mini` leaves in its folder. Both runs read
with the shipped text encoders and draw the same cuts, times and noise at every step, hardly ever a
cut twice: so the loss of a step is that of unseen cuts, and comparable between the two. It is
averaged over the last fifth of the steps. A run that was stopped goes on where it was.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np
import torch

from cut2next.backbones.mini import architecture
from cut2next.conditioning import CLOSED, PAPER, SegmentTable
from cut2next.generation import Cut2NextPipeline
from cut2next.training.encoded import EncodedRushes
from cut2next.training.loop import Learner, TransformerRun, quick_type, train_transformer


def main() -> None:
    """Train twice, and show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("runs/mini"))
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    run = TransformerRun(steps=args.steps, groups=4, warmup=20, checkpoint_every=50)
    found = {table.name: trained(args.folder, table, run) for table in (PAPER, CLOSED)}
    last = -(-args.steps // 5)
    late = {name: np.array(one["losses"][-last:]) for name, one in found.items()}
    difference = late[CLOSED.name] - late[PAPER.name]
    cuts = run.groups * run.each
    print(f"{args.steps} steps of {cuts} cuts; loss over the last {last}, median step")
    for name, one in found.items():
        print(f"{name:8}{late[name].mean():8.4f}{one['seconds'] * 1e3:9.0f} ms")
    error = difference.std() / np.sqrt(len(difference))
    print(f"closed - paper: {difference.mean():+.4f} ± {error:.4f} (standard error over steps)")
    if args.json:
        args.json.write_text(json.dumps(found, indent=1))


def trained(folder: Path, table: SegmentTable, run: TransformerRun) -> dict:
    """Losses of all steps, and the median seconds of one."""
    torch.manual_seed(run.seed)
    shipped = Cut2NextPipeline.from_pretrained("mini")
    learner = Learner(architecture.transformer(), shipped.text_encoder_2, shipped.text_encoder)
    learner = torch.nn.Module.to(learner.train(), dtype=quick_type("cpu"))
    config = shipped.vae.config
    data = EncodedRushes(folder / "encoded").scaled(
        config["shift_factor"], config["scaling_factor"]
    )
    kept = folder / f"compared-{table.name}.json"
    losses = json.loads(kept.read_text()) if kept.exists() else []
    seconds, begun = [], time.perf_counter()
    for step, loss in train_transformer(
        learner, data, table, run, folder / f"compared-{table.name}"
    ):
        losses[step - 1 :] = [loss]
        kept.write_text(json.dumps(losses))
        seconds.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        if step % 10 == 0:
            print(f"{table.name} {step}/{run.steps} loss {loss:.4f}", flush=True)
    return {"losses": losses, "seconds": statistics.median(seconds) if seconds else float("nan")}


if __name__ == "__main__":
    main()
