"""Teaching the text encoders to read, before the transformer looks at a picture.

FLUX.1's T5 and CLIP come to it well read. Encoders that begin as nothing, together with the
transformer, do not get there by the pictures' gradient alone: after 178 thousand cuts the state of
a name still told nothing of the hair that its prompt gives it (23 % right among five colours). So
they read first, which needs no pictures and takes minutes: at every name T5 must tell what the
prompts say of its bearer, and the pooled vector must tell it of the shot's subject, with the
framing and the light. The linear heads that are asked for it are thrown away.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from transformers import CLIPTextModel, PreTrainedTokenizerFast, T5EncoderModel

from cut2next.recipes.mini.encoded import with_strange_word
from cut2next.recipes.mini.labelled_prompts import Questions, Reading, curriculum
from cut2next.soundstage.film_set import FilmSet
from cut2next.training.checkpoint import load_checkpoint, save_checkpoint
from cut2next.training.optimizer import MatrixOptimizer


@dataclass(frozen=True, kw_only=True)
class WordsRun:
    """How the text encoders are trained."""

    steps: int = 700
    batch: int = 64
    """Prompts of each of the two kinds in a step."""
    learning_rate: float = 5e-3
    matrix_rate: float = 1e-2
    """Muon's learning rate, for the matrices inside the layers."""
    warmup: int = 30
    seed: int = 0
    checkpoint_every: int = 250


class Reader(nn.Module):
    """Both text encoders, and the heads that they are questioned through."""

    def __init__(self, words: T5EncoderModel, pooled: CLIPTextModel, questions: Questions) -> None:
        super().__init__()
        self.words, self.pooled, self.questions = words, pooled, questions
        answers = sum(questions.sizes)
        self.of_names = nn.Linear(words.config.d_model, answers)
        self.of_shots = nn.Linear(pooled.config.hidden_size, answers)

    @property
    def matrices(self) -> list[str]:
        """The matrices inside the layers, which Muon takes; not embeddings, not heads."""
        return [
            name
            for name, parameter in self.named_parameters()
            if parameter.ndim == 2
            and (".block." in name or ".layers." in name)
            and "bias" not in name
        ]

    def loss(self, reading: Reading, picked: Tensor, ids: Tensor) -> Tensor:
        """Loss over the lessons `picked` [B], as written in `ids` [B, L]."""
        states = self.words(ids).last_hidden_state
        row, place, thing = (ids[:, :, None] == reading.named[picked][:, None]).nonzero().T
        of_names = self.of_names(states[row, place])
        of_shots = self.of_shots(self.pooled(ids).pooler_output)
        facts, shots = reading.facts[picked[row], thing], reading.shot[picked]
        return self.questions.loss(of_names, facts) + self.questions.loss(of_shots, shots)


def train_words(
    words: T5EncoderModel,
    pooled: CLIPTextModel,
    tokenizer: PreTrainedTokenizerFast,
    film_sets: Sequence[FilmSet],
    run: WordsRun,
    folder: Path,
) -> Iterator[tuple[int, float]]:
    """Trains both in place on prompts of `film_sets`, going on from `folder`: (step, loss)."""
    questions, readings = curriculum(film_sets, tokenizer)
    torch.manual_seed(run.seed)
    reader = Reader(words, pooled, questions)
    optimizer = MatrixOptimizer(
        reader,
        matrices=reader.matrices,
        learning_rate=run.learning_rate,
        matrix_rate=run.matrix_rate,
    )
    state = {"masters": nn.ParameterList(optimizer.masters)}
    first = load_checkpoint(folder, state, optimizer.parts)
    optimizer.publish(optimizer.masters)
    for step in range(first, run.steps):
        loss = _step(reader, readings, run, step)
        loss.backward()
        optimizer.step(_schedule(step, run))
        if (step + 1) % run.checkpoint_every == 0 or step + 1 == run.steps:
            save_checkpoint(folder, step + 1, state, optimizer.parts)
        yield step + 1, loss.item()


def _step(reader: Reader, readings: Sequence[Reading], run: WordsRun, step: int) -> Tensor:
    # Seeded by step: a run that was killed draws what it would have drawn.
    chance = np.random.default_rng((run.seed, step))
    losses = []
    for reading in readings:
        picked = torch.from_numpy(chance.integers(len(reading.ids), size=run.batch))
        ids = with_strange_word(reading.ids[picked].long(), chance)
        losses.append(reader.loss(reading, picked, ids))
    return torch.stack(losses).mean()


def _schedule(step: int, run: WordsRun) -> float:
    """Warm-up, then a straight line down to nothing."""
    return min((step + 1) / run.warmup, 1 - step / run.steps)
