"""Words of experiments: every one is known, and what was known before is read as before."""

from collections.abc import Iterator

import pytest
import torch

from cut2next.backbones.mini.architecture import UNKNOWN
from cut2next.cutbench.soundstage.held_out import HeldOut
from cut2next.experiments.exercises import ACTION, EXAMS, EXTREMES
from cut2next.experiments.laboratory import PART
from cut2next.experiments.vocabulary import WORDS, learn_words
from cut2next.film import HierarchicalPrompt
from cut2next.generation.encoded import texts_of
from cut2next.generation.pipeline import Cut2NextPipeline

SMALL = (48, 20)


@pytest.fixture(scope="module")
def shipped() -> Cut2NextPipeline:
    return Cut2NextPipeline.from_pretrained("mini")


@pytest.fixture(scope="module")
def learned() -> Cut2NextPipeline:
    pipe = Cut2NextPipeline.from_pretrained("mini")
    learn_words(pipe)
    return pipe


def prompts(name: str) -> Iterator[HierarchicalPrompt]:
    """What an exam asks of some sets."""
    held_out = HeldOut(count=40, size=SMALL, repertoire=PART, samples=1)
    for exercise in EXAMS[name]:
        for number in range(0, held_out.count, exercise.every):
            for case in exercise.cases(held_out, number):
                yield case.cut.prompt


@pytest.mark.parametrize("name", [ACTION, EXTREMES])
def test_every_word_of_an_exam_is_known_and_fits(name: str, learned: Cut2NextPipeline) -> None:
    said = set()
    for prompt in prompts(name):
        for segment, text in texts_of(prompt).items():
            ids = learned.tokenizer(text)["input_ids"]
            assert UNKNOWN not in ids, text
            assert len(ids) <= learned.prompt_tokens[segment], text
            said |= {*learned.tokenizer.convert_ids_to_tokens(ids)}
    assert said & {*WORDS}


def test_prompts_without_such_words_are_read_as_before(
    shipped: Cut2NextPipeline, learned: Cut2NextPipeline
) -> None:
    text = "Close up of <Noah> (black bob, glasses, orange sweater) in the café, quixotic"
    for tokenizer in ("tokenizer", "tokenizer_2"):
        ids = [getattr(pipe, tokenizer)(text)["input_ids"] for pipe in (shipped, learned)]
        assert ids[0] == ids[1]
        assert UNKNOWN in ids[0]
    numbers = torch.tensor(ids[:1])
    for encoder in ("text_encoder", "text_encoder_2"):
        before, after = (getattr(pipe, encoder)(numbers) for pipe in (shipped, learned))
        assert before.last_hidden_state.equal(after.last_hidden_state)


def test_words_are_new_told_apart_and_as_large_as_those_that_are_known(
    shipped: Cut2NextPipeline, learned: Cut2NextPipeline
) -> None:
    assert len({*WORDS}) == len(WORDS)
    assert not {*WORDS} & shipped.tokenizer.get_vocab().keys()
    for encoder in (learned.text_encoder, learned.text_encoder_2):
        rows = encoder.get_input_embeddings().weight
        known, new = rows[: -len(WORDS)].norm(dim=1), rows[-len(WORDS) :]
        assert known.min() < new.norm(dim=1).median() < known.max()
        assert torch.cdist(new.float(), new.float()).fill_diagonal_(9).min() > 0.1
    again = Cut2NextPipeline.from_pretrained("mini")
    learn_words(again)
    assert again.text_encoder.get_input_embeddings().weight.equal(
        learned.text_encoder.get_input_embeddings().weight
    )
