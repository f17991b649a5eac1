"""Pretraining of the text encoders, before the transformer looks at a picture.

FLUX.1's text encoders come to it well read. Encoders that begin as nothing, together with the
transformer, do not get there by the pictures' gradient alone: after 178 thousand cuts the state of
a name still said nothing of the hair that its prompt gives it (23 % right among five colours). So
they are trained on text first, which needs no pictures and takes minutes: a linear head reads off
the state of every name what the prompts say of its bearer, and another off the pooled vector what
they say of the shot's subject, the framing and the light. The heads are then thrown away.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

from cut2next.backbones.mini.architecture import PooledEncoder, WordsEncoder
from cut2next.recipes.mini.labelled_prompts import LabelIndex, LabelledTokens, labelled_tokens
from cut2next.recipes.mini.strange_words import with_strange_word
from cut2next.soundstage.film_set import FilmSet
from cut2next.training.loop import Run, train
from cut2next.training.optimizer import MasterOptimizer
from cut2next.training.step import Losses


@dataclass(frozen=True, kw_only=True)
class TextEncodersRun(Run):
    """How the text encoders are trained."""

    steps: int = 1000
    batch: int = 64
    """Prompts of each of the two kinds in a step."""
    learning_rate: float = 5e-3
    matrix_rate: float = 1e-2
    """Muon's learning rate, for the matrices inside the layers."""
    warmup: int = 30
    cooldown: float = 1.0
    checkpoint_every: int = 250


class EncodersWithHeads(nn.Module):
    """Both text encoders, and the linear heads that they are trained through."""

    def __init__(
        self, words_encoder: WordsEncoder, pooled_encoder: PooledEncoder, index: LabelIndex
    ) -> None:
        super().__init__()
        self.words_encoder, self.pooled_encoder, self.index = words_encoder, pooled_encoder, index
        classes = sum(index.sizes)
        self.head_of_names = nn.Linear(words_encoder.config.d_model, classes)
        self.head_of_shots = nn.Linear(pooled_encoder.config.hidden_size, classes)

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

    def loss(self, tokens: LabelledTokens, picked: Tensor, ids: Tensor) -> Tensor:
        """Loss over the prompts `picked` [B], as written in `ids` [B, L]."""
        states = self.words_encoder(ids).last_hidden_state  # [B, L, C]
        row, place, name = tokens.places(picked, ids)
        of_names = self.head_of_names(states[row, place])
        of_shots = self.head_of_shots(self.pooled_encoder(ids).pooler_output)
        names, shots = tokens.named_labels[picked[row], name], tokens.shot_labels[picked]
        return self.index.loss(of_names, names) + self.index.loss(of_shots, shots)


def train_text_encoders(
    words_encoder: WordsEncoder,
    pooled_encoder: PooledEncoder,
    tokenizer: PreTrainedTokenizerFast,
    film_sets: Sequence[FilmSet],
    run: TextEncodersRun,
    folder: Path,
) -> Iterator[tuple[int, float]]:
    """Trains both in place on prompts of `film_sets`, going on from `folder`: (step, loss)."""
    index, kinds = labelled_tokens(film_sets, tokenizer)
    torch.manual_seed(run.seed)
    encoders = EncodersWithHeads(words_encoder, pooled_encoder, index)
    optimizer = MasterOptimizer(
        encoders,
        matrices=encoders.matrices,
        learning_rate=run.learning_rate,
        matrix_rate=run.matrix_rate,
    )

    def prompts(number: int) -> list[tuple[LabelledTokens, Tensor, Tensor]]:
        chance, drawn = run.chance(number), []
        for tokens in kinds:
            picked = torch.from_numpy(chance.integers(len(tokens.ids), size=run.batch))
            drawn.append((tokens, picked, with_strange_word(tokens.ids[picked], chance)))
        return drawn

    def loss(drawn: list[tuple[LabelledTokens, Tensor, Tensor]], number: int) -> Losses:
        return Losses(torch.stack([encoders.loss(*kind) for kind in drawn]).mean())

    for done in train(run, loss, prompts, optimizer, folder):
        yield done.number, done.loss
