"""The text encoders learn to read, and a kill loses nothing."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import torch
from transformers import PreTrainedTokenizerFast

from cut2next.backbones.mini import architecture
from cut2next.backbones.mini.architecture import PooledEncoder, WordsEncoder
from cut2next.recipes.mini.text_encoders import TextEncodersRun, train_text_encoders
from cut2next.soundstage.film_set import FilmSet, build_set
from cut2next.soundstage.repertoire import repertoire_named

RUN = TextEncodersRun(steps=6, batch=8, warmup=2, checkpoint_every=2)


@pytest.fixture(scope="module")
def film_sets() -> list[FilmSet]:
    return [build_set(seed, repertoire=repertoire_named("café")) for seed in range(60)]


def new_encoders(tokenizer: PreTrainedTokenizerFast) -> tuple[WordsEncoder, PooledEncoder]:
    torch.manual_seed(0)
    count = len(tokenizer)
    return architecture.words_encoder(count), architecture.pooled_encoder(count)


def started(
    tokenizer: PreTrainedTokenizerFast, film_sets: list[FilmSet], run: TextEncodersRun, folder: Path
) -> tuple[WordsEncoder, Iterator[tuple[int, float]]]:
    words, pooled = new_encoders(tokenizer)
    steps = train_text_encoders(words, pooled, tokenizer, film_sets, run, folder)
    return words, steps


def test_a_killed_run_goes_on_as_if_nothing_had_happened(
    tokenizer: PreTrainedTokenizerFast, film_sets: list[FilmSet], tmp_path: Path
) -> None:
    unbroken, steps = started(tokenizer, film_sets[:4], RUN, tmp_path / "unbroken")
    losses = [loss for _, loss in steps]
    _, steps = started(tokenizer, film_sets[:4], RUN, tmp_path / "killed")
    list(islice(steps, 3))  # past a checkpoint, and a step beyond it that is lost
    resumed, steps = started(tokenizer, film_sets[:4], RUN, tmp_path / "killed")
    assert [loss for _, loss in steps] == losses[2:]
    for whole, gone_on in zip(unbroken.parameters(), resumed.parameters(), strict=True):
        torch.testing.assert_close(whole, gone_on, rtol=0, atol=0)


@pytest.mark.slow
def test_reading_is_learnt(
    tokenizer: PreTrainedTokenizerFast, film_sets: list[FilmSet], tmp_path: Path
) -> None:
    run = replace(RUN, steps=60, batch=32, warmup=10)
    losses = [loss for _, loss in started(tokenizer, film_sets, run, tmp_path)[1]]
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])
