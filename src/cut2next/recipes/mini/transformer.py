"""Training the mini transformer under one table.

Its text encoders are pretrained before (`text_encoders.py`) and stay as they are, as FLUX.1's do.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import nn

from cut2next.backbones.mini.architecture import (
    PooledEncoder,
    Transformer,
    WordsEncoder,
)
from cut2next.conditioning import (
    Layout,
    Segment,
    SegmentInputs,
    SegmentTable,
    with_earlier_shots,
)
from cut2next.generation.conditioned import cut_layout
from cut2next.recipes.mini.encoded_rushes import DrawnCuts, DrawnFrom
from cut2next.training.loop import Run, StepDone, train
from cut2next.training.machine import compile_blocks, take_quickest_threads
from cut2next.training.optimizer import Average, MasterOptimizer
from cut2next.training.step import Batch, Draws, NextShotLearner

WEIGHT_DECAY = 0.01
COMPILED_FROM = 500
"""Steps that are worth compiling what passes them."""


@dataclass(frozen=True, kw_only=True)
class TransformerRun(Run):
    """How the transformer is trained."""

    steps: int = 30_000
    """1.4 million cuts: what two cores do in a night and a day."""
    groups: int = 4
    """Current shots in a step ..."""
    each: int = 12
    """... and cuts from each of them."""
    earlier_shots: int = 0
    """Shots before the current one: each step has some number of them, from none to so many."""
    draws: Draws = field(default_factory=lambda: Draws(at_noise=0.5, left_out=0.1))
    learning_rate: float = 2e-3
    matrix_rate: float = 1.2e-2
    """Muon's learning rate, for the matrices inside the blocks."""
    warmup: int = 100
    cooldown: float = 0.5
    average: float = 0.998
    shot_size: tuple[int, int] = (5, 12)
    """Height and width of a shot in packed tokens; the recipe sets them by its autoencoder."""
    checkpoint_every: int = 100
    threads: int | None = None
    """Of the processor; the quickest number unless given. Results differ a little with it."""
    compilable: bool = shutil.which("g++") is not None
    """Whether the blocks may be compiled."""

    @property
    def compiled(self) -> bool:
        """Whether they are: that takes minutes for every number of earlier shots.

        Then a step takes two thirds of the time, or five sixths where matrices are slow.
        """
        return self.compilable and self.steps >= COMPILED_FROM * (1 + self.earlier_shots)

    def at_rates(self, share: float) -> "TransformerRun":
        """The same at so much of its learning rates."""
        return replace(
            self,
            learning_rate=share * self.learning_rate,
            matrix_rate=share * self.matrix_rate,
        )


class MiniModel(nn.Module):
    """The transformer, and the encoders of the prompts that it reads."""

    def __init__(
        self, transformer: Transformer, words_encoder: WordsEncoder, pooled_encoder: PooledEncoder
    ) -> None:
        super().__init__()
        self.transformer = transformer
        self.words_encoder, self.pooled_encoder = words_encoder, pooled_encoder

    def batch(self, drawn: DrawnCuts, layout: Layout) -> Batch:
        """Numbers to tokens."""
        device, dtype = self.transformer.device, self.words_encoder.dtype
        ids = {segment: numbers.to(device) for segment, numbers in drawn.ids.items()}
        words = {segment: self.words_encoder(x).last_hidden_state for segment, x in ids.items()}
        # As CLIP does it for FLUX.1: of what is longer than it reads, the beginning counts.
        most = self.pooled_encoder.config.max_position_embeddings
        pooled = {s: self.pooled_encoder(x[:, :most]).pooler_output for s, x in ids.items()}
        latents = {segment: x.to(device, dtype) for segment, x in drawn.latents.items()}
        clean = latents.pop(Segment.NEXT_SHOT)
        weights = drawn.weights.to(device).float()
        inputs = SegmentInputs(words | latents, pooled)
        return Batch(layout=layout, inputs=inputs, clean=clean, weights=weights)

    @property
    def matrices(self) -> list[str]:
        """The matrices inside the transformer's blocks, which Muon takes; not the modulation's."""
        return [
            name
            for name, parameter in self.named_parameters()
            if "transformer_blocks." in name and parameter.ndim == 2 and ".linear." not in name
        ]


def train_transformer(
    model: MiniModel,
    data: DrawnFrom,
    table: SegmentTable,
    run: TransformerRun,
    folder: Path,
    heard: Callable[[StepDone], object] = lambda _: None,
) -> Iterator[StepDone]:
    """Trains the transformer in place, going on from `folder`; `heard` is told of each step.

    When it is through, the model holds the average of its weights, not the last of them.
    """
    model.words_encoder.requires_grad_(False)
    model.pooled_encoder.requires_grad_(False)
    optimizer = MasterOptimizer(
        model,
        matrices=model.matrices,
        learning_rate=run.learning_rate,
        matrix_rate=run.matrix_rate,
        weight_decay=WEIGHT_DECAY,
    )
    layouts = [
        cut_layout(
            with_earlier_shots(table, count),
            data.prompt_tokens,
            current=run.shot_size,
            following=run.shot_size,
        )
        for count in range(run.earlier_shots + 1)
    ]
    if model.transformer.device.type == "cpu":
        # Before compiling, which builds on it.
        torch.set_num_threads(run.threads or take_quickest_threads(model.transformer.dtype))
    if run.compiled:
        compile_blocks(model.transformer, len(layouts))
    learner = NextShotLearner(model.transformer, run.draws)

    def cuts(number: int) -> Batch:
        chance = run.chance(number)
        earlier = int(chance.spawn(1)[0].integers(len(layouts)))  # the same cuts, whatever it is
        return model.batch(data.draw(chance, run.groups, run.each, earlier), layouts[earlier])

    average = Average(optimizer.masters, run.average)
    yield from train(run, learner, cuts, optimizer, folder, average=average, heard=heard)
