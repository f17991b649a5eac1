"""Training the mini transformer under one table.

Its text encoders have learnt to read before (`words.py`) and stay as they are, as FLUX.1's do.
"""

import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from transformers import CLIPTextModel, T5EncoderModel

from cut2next.backbones.flux1 import Flux1Transformer
from cut2next.backbones.mini.architecture import PROMPT_TOKENS
from cut2next.conditioning import Layout, Segment, SegmentTable
from cut2next.recipes.mini.encoded import Drawn, Encoded
from cut2next.training.checkpoint import load_checkpoint, save_checkpoint
from cut2next.training.optimizer import Average, MatrixOptimizer
from cut2next.training.step import Batch, draw_times, next_shot_loss


@dataclass(frozen=True, kw_only=True)
class TransformerRun:
    """How the transformer is trained."""

    steps: int = 3700
    groups: int = 8
    """Current shots in a step ..."""
    each: int = 6
    """... and cuts from each of them."""
    learning_rate: float = 2e-3
    matrix_rate: float = 1.2e-2
    """Muon's learning rate, for the matrices inside the blocks."""
    warmup: int = 100
    cooldown: float = 0.5
    """Share of the steps, at the end, over which the learning rate falls to nothing."""
    average: float = 0.998
    shot_size: tuple[int, int] = (5, 12)
    """Height and width of a shot in packed tokens of 16 pixels."""
    seed: int = 0
    checkpoint_every: int = 100
    compiled: bool = shutil.which("g++") is not None
    """Compiled blocks train nearly twice as fast on a CPU; compiling takes two minutes."""


def quick_type(device: str) -> torch.dtype:
    """bfloat16 where the hardware multiplies it, else float32: emulated, it is ten times slower."""
    units = torch.cpu.get_capabilities()
    quick = device != "cpu" or units.get("avx512_bf16") or units.get("amx_bf16")
    return torch.bfloat16 if quick else torch.float32


class Learner(nn.Module):
    """The transformer, and the encoders of the words it reads."""

    def __init__(
        self, transformer: Flux1Transformer, words: T5EncoderModel, pooled: CLIPTextModel
    ) -> None:
        super().__init__()
        self.transformer, self.words, self.pooled = transformer, words, pooled

    def batch(self, drawn: Drawn) -> Batch:
        """Numbers to tokens."""
        device = self.transformer.device
        texts = {
            Segment.CURRENT_PROMPT: drawn.current_words.to(device),
            Segment.RELATIONAL_PROMPT: drawn.relational_words.to(device),
            Segment.NEXT_PROMPT: drawn.next_words.to(device),
        }
        words = {one: self.words(ids).last_hidden_state for one, ids in texts.items()}
        kind = words[Segment.NEXT_PROMPT].dtype
        return Batch(
            current={
                Segment.CURRENT_PROMPT: words[Segment.CURRENT_PROMPT],
                Segment.CURRENT_SHOT: drawn.current_latents.to(device, kind),
            },
            cuts={
                Segment.RELATIONAL_PROMPT: words[Segment.RELATIONAL_PROMPT],
                Segment.NEXT_PROMPT: words[Segment.NEXT_PROMPT],
                Segment.NEXT_SHOT: drawn.next_latents.to(device, kind),
            },
            pooled={one: self.pooled(ids).pooler_output for one, ids in texts.items()},
            people=drawn.next_people.to(device),
        )

    @property
    def matrices(self) -> list[str]:
        """The matrices inside the transformer's blocks, which Muon takes; not the modulation's."""
        return [
            name
            for name, parameter in self.named_parameters()
            if "transformer_blocks." in name and parameter.ndim == 2 and ".linear." not in name
        ]


def train_transformer(
    learner: Learner,
    data: Encoded,
    table: SegmentTable,
    run: TransformerRun,
    folder: Path,
) -> Iterator[tuple[int, float]]:
    """Trains the transformer in place, going on from `folder`; yields (step, loss).

    When it is through, the learner holds the average of its weights, not the last of them.
    """
    learner.words.requires_grad_(False)
    learner.pooled.requires_grad_(False)
    optimizer = MatrixOptimizer(
        learner,
        matrices=learner.matrices,
        learning_rate=run.learning_rate,
        matrix_rate=run.matrix_rate,
        weight_decay=0.01,
    )
    average = Average(optimizer.masters, run.average)
    state = {"masters": nn.ParameterList(optimizer.masters), "average": average}
    first = load_checkpoint(folder, state, optimizer.parts)
    optimizer.publish(optimizer.masters)
    if run.compiled:
        learner.transformer.compile_repeated_blocks(  # type: ignore[no-untyped-call]
            fullgraph=True
        )
    sizes = {Segment.CURRENT_SHOT: run.shot_size, Segment.NEXT_SHOT: run.shot_size}
    layout = Layout(table=table, prompt_tokens=PROMPT_TOKENS, shot_sizes=sizes)
    for step in range(first, run.steps):
        loss = _step(learner, data, run, layout, step)
        loss.backward()
        optimizer.step(_schedule(step, run))
        average.update(optimizer.masters, step)
        if (step + 1) % run.checkpoint_every == 0 or step + 1 == run.steps:
            save_checkpoint(folder, step + 1, state, optimizer.parts)
        yield step + 1, loss.item()
    optimizer.publish(average.tensors)


def _step(
    learner: Learner,
    data: Encoded,
    run: TransformerRun,
    layout: Layout,
    step: int,
) -> Tensor:
    # Seeded by step: a run that was killed draws what it would have drawn.
    chance = torch.Generator().manual_seed(run.seed * 1_000_003 + step)
    drawn = data.draw(np.random.default_rng((run.seed, step)), run.groups, run.each)
    times = draw_times(run.groups * run.each, chance)
    noise = torch.randn(drawn.next_latents.shape, generator=chance)
    # torch's fast attention for CPUs is slow backwards in bfloat16: plain arithmetic is a third
    # faster there, and in float32 a fifth slower.
    device, kind = learner.transformer.device, learner.transformer.dtype
    plain = device.type == "cpu" and kind == torch.bfloat16
    with sdpa_kernel(SDPBackend.MATH) if plain else nullcontext():
        batch = learner.batch(drawn)
        return next_shot_loss(
            learner.transformer, batch, times.to(device), noise.to(device), layout
        )


def _schedule(step: int, run: TransformerRun) -> float:
    """Warm-up, then level, then down to nothing."""
    return min(1.0, (step + 1) / run.warmup, (run.steps - step) / (run.cooldown * run.steps))
