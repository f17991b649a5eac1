"""A toy LoRA run, as `python spread.py OUT whole|sharded STEPS` in one or several processes."""

import sys
from pathlib import Path

import torch
from accelerate import Accelerator
from safetensors.torch import save_file
from tests.backbones.flux1.toy import toy
from tests.training.test_step import batch_of

from cut2next.backbones.lora import inject
from cut2next.conditioning import CLOSED
from cut2next.training.loop import Run, StepDone, train
from cut2next.training.optimizer import Average, MasterOptimizer
from cut2next.training.sharding import spread, whole
from cut2next.training.step import Draws, NextShotLearner
from cut2next.training.validation import validation_loss

RUN = Run(steps=4, lessons=4, learning_rate=0.01, warmup=0, cooldown=0, checkpoint_every=1, clip=1)


def run(folder: Path, *, shard: bool, steps: int) -> list[StepDone]:
    """So many steps, on from what is in the folder; leaves LoRA, losses and place there."""
    accelerator = Accelerator(cpu=True)
    transformer = toy(torch.float32)
    torch.manual_seed(0)
    inject(transformer, "cuts", rank=4)
    learner = spread(
        NextShotLearner(transformer, Draws(left_out=0.3, lessons=RUN.lessons)),
        accelerator,
        shard=shard,
    )
    optimizer = MasterOptimizer(learner, learning_rate=RUN.learning_rate)
    average = Average(optimizer.masters, 0.5)
    batches = [batch_of(CLOSED, 1, 2) for _ in range(2)]
    done = []
    for step in train(
        RUN,
        learner,
        lambda number: batches[number % 2],
        optimizer,
        folder,
        average=average,
        accelerator=accelerator,
    ):
        done.append(step)
        if step.number == steps:
            break
    lora = {
        name.removeprefix("module."): whole(p).detach().clone()
        for name, p in learner.named_parameters()
        if p.requires_grad
    }
    losses = torch.tensor([step.loss for step in done])
    validation = torch.tensor(validation_loss(transformer, batches).mean)
    lora["validation"] = validation
    if accelerator.is_main_process:
        save_file({**lora, "losses": losses}, folder / f"{accelerator.num_processes}.safetensors")
    return done


if __name__ == "__main__":
    out, how, count = sys.argv[1:]
    run(Path(out), shard=how == "sharded", steps=int(count))
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
