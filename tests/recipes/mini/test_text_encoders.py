"""The text encoders learn to read: lessons are true, and a kill loses nothing."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from random import Random

import pytest
import torch
from transformers import CLIPTextModel, PreTrainedTokenizerFast, T5EncoderModel

from cut2next.backbones.mini import architecture
from cut2next.conditioning import Segment
from cut2next.recipes.mini import film_set_tokenizer
from cut2next.recipes.mini.labelled_prompts import Questions, lessons
from cut2next.recipes.mini.text_encoders import WordsRun, train_words
from cut2next.soundstage.film_set import FilmSet, build_set
from cut2next.soundstage.repertoire import repertoire_named

RUN = WordsRun(steps=6, batch=8, warmup=2, checkpoint_every=2)


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return film_set_tokenizer()


@pytest.fixture(scope="module")
def film_sets() -> list[FilmSet]:
    return [build_set(seed, repertoire=repertoire_named("café")) for seed in range(60)]


def new_encoders(tokenizer: PreTrainedTokenizerFast) -> tuple[T5EncoderModel, CLIPTextModel]:
    torch.manual_seed(0)
    count = len(tokenizer)
    return architecture.words_encoder(count), architecture.pooled_encoder(count)


def started(
    tokenizer: PreTrainedTokenizerFast, film_sets: list[FilmSet], run: WordsRun, folder: Path
) -> tuple[T5EncoderModel, Iterator[tuple[int, float]]]:
    words, pooled = new_encoders(tokenizer)
    steps = train_words(words, pooled, tokenizer, film_sets, run, folder)
    return words, steps


def test_a_lesson_tells_what_the_set_is(film_sets: list[FilmSet]) -> None:
    film_set = film_sets[0]
    lead = film_set.cast[0]
    for kind, lesson in lessons(film_set, Random(0)):
        facts = lesson.named[lead.name.lower()]
        assert facts["hair"] == lead.look.hair
        assert facts["top_color"] == lead.look.top_color
        assert lesson.shot["hour"] == film_set.hour
        assert ("framing" in lesson.shot) == (kind is Segment.NEXT_PROMPT)


def test_answers_have_numbers_and_what_is_not_told_has_none() -> None:
    questions = Questions([{"hair": "red"}, {"hair": "black", "top": "jacket"}])
    assert questions.sizes == [2, 1]
    assert questions.numbers({"hair": "red"}) == [1, -100]
    sure = torch.tensor([[-30.0, 30.0, 0.0]])
    assert questions.loss(sure, torch.tensor([[1, -100]])) == pytest.approx(0, abs=1e-6)
    assert questions.loss(sure, torch.tensor([[0, -100]])) > 50


def test_a_killed_run_goes_on_as_if_nothing_had_happened(
    tokenizer: PreTrainedTokenizerFast, film_sets: list[FilmSet], tmp_path: Path
) -> None:
    unbroken, steps = started(tokenizer, film_sets[:4], RUN, tmp_path / "unbroken")
    losses = [loss for _, loss in steps]
    _, steps = started(tokenizer, film_sets[:4], RUN, tmp_path / "killed")
    list(islice(steps, 3))  # past a checkpoint, and a step beyond it that is lost
    resumed, steps = started(tokenizer, film_sets[:4], RUN, tmp_path / "killed")
    assert [loss for _, loss in steps] == losses[2:]
    for one, other in zip(unbroken.parameters(), resumed.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_reading_is_learnt(
    tokenizer: PreTrainedTokenizerFast, film_sets: list[FilmSet], tmp_path: Path
) -> None:
    run = replace(RUN, steps=60, batch=32, warmup=10)
    losses = [loss for _, loss in started(tokenizer, film_sets, run, tmp_path)[1]]
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])
