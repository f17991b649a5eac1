"""A LoRA run in one or several processes, as `together.py MODEL CUTS OUT [OPTION …]`."""

import sys

import torch
from tests.recipes.lora.runs import Known

from cut2next.cli.main import main
from cut2next.recipes.lora import run

if __name__ == "__main__":
    model, cuts, out, *more = sys.argv[1:]
    run.estimated = Known  # type: ignore[attr-defined,assignment]
    numbers = "--rank 2 --batch 4 --groups 1 --each 2 --steps 3 --warmup 1 --held-out 1"
    numbers += " --size 64x48 --validate-every 9 --checkpoint-every 1 --learning-rate 0.01"
    code = main(["train", "rawcuts", cuts, "--model", model, "-o", out, *numbers.split(), *more])
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
    sys.exit(code)
