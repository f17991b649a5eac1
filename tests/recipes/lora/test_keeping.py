"""What is read once: cuts are looked at, latents and texts kept, and those who made them let go."""

import weakref
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
import torch
from accelerate import Accelerator
from tests.recipes.lora.runs import recipe, sources
from tests.training.batches.sets import cut, film, shot, written

from cut2next.conditioning import Segment
from cut2next.film import InputError
from cut2next.generation.fit import Precision
from cut2next.generation.framing import Framing, Size
from cut2next.generation.precision import is_quantised
from cut2next.recipes.lora.adapting import base
from cut2next.recipes.lora.keeping import (
    LEFT_OUT,
    Cuts,
    begin_texts,
    cut_off,
    keep_latents,
    keep_texts,
    strange_words,
    survey_cuts,
)
from cut2next.recipes.progress import Progress
from cut2next.training.batches.texts import KeptTexts, LiveTexts

FRAMING = Framing(step=16, only=Size(48, 32))
CPU = torch.device("cpu")
Result = TypeVar("Result")


def ended(stages: Generator[Progress, None, Result]) -> tuple[list[Progress], Result]:
    """What a stage says, and what it gives."""
    said = []
    while True:
        try:
            said.append(next(stages))
        except StopIteration as end:
            return said, end.value


def surveyed(model: Path, cuts: Path, folder: Path, **changes: Any) -> tuple[list[Progress], Cuts]:
    settings = recipe(model, **changes)
    framing = changes.pop("framing", FRAMING)
    return ended(survey_cuts(settings, sources(cuts), framing, folder, Accelerator(cpu=True)))


def test_cuts_are_parted_and_what_is_left_out_is_listed(model: Path, tmp_path: Path) -> None:
    same = cut(9, next=replace(shot(9), name="twin"))
    folder = written(tmp_path / "cuts", [*map(cut, range(4)), same])
    said, parted = surveyed(model, folder, tmp_path)
    assert (len(parted.training.cuts), len(parted.validation.cuts)) == (3, 1)
    assert said[-1].note.startswith(
        "3 cuts to learn from, 1 held out; 1 left out, see left-out.txt"
    )
    assert "row 4" in said[-1].note
    listed = (tmp_path / LEFT_OUT).read_text()
    assert listed.count("\n") == 1
    assert same.id in listed


def test_a_model_of_any_size_gets_the_recipes_area(model: Path, cuts: Path, tmp_path: Path) -> None:
    sizes = {}
    for only in (FRAMING, Framing(step=16)):
        stages = survey_cuts(
            recipe(model, size=Size(80, 64)), sources(cuts), only, tmp_path, Accelerator(cpu=True)
        )
        sizes[only.only] = {each.size for each in ended(stages)[1].training.cuts}
    assert sizes == {Size(48, 32): {Size(48, 32)}, None: {Size(80, 64)}}


def test_one_cut_is_too_few(model: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="1 cuts to train on, of which none is left when 1 are"):
        surveyed(model, film(tmp_path / "cuts", 1), tmp_path)


def test_as_many_held_out_as_there_are_is_too_many_and_more_is_no_harm(
    model: Path, cuts: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="5 cuts to train on, of which none is left when 5 are"):
        surveyed(model, cuts, tmp_path, held_out=10**9)


def test_latents_are_kept_and_the_autoencoder_goes(model: Path, cuts: Path, tmp_path: Path) -> None:
    parted = surveyed(model, cuts, tmp_path)[1]
    pipe = base(recipe(model), CPU)
    expected = pipe.backbone.channels
    there = weakref.ref(pipe.vae)
    said, latents = ended(keep_latents(pipe, parted, tmp_path, Accelerator(cpu=True)))
    assert pipe.vae is None
    assert there() is None
    assert said[-1][:3] == ("encoding pictures", 6, 6)
    for each in (*parted.training.cuts, *parted.validation.cuts):
        assert latents.read(each.next, each.size)[0].shape == (1, 6, expected)


@pytest.mark.parametrize("cached", [False, True])
def test_texts_are_read_alike_live_or_kept(
    cached: bool, model: Path, cuts: Path, tmp_path: Path
) -> None:
    parted = surveyed(model, cuts, tmp_path)[1]
    settings = recipe(model, cached_texts=cached)
    pipe = base(settings, CPU)
    plain = LiveTexts(backbone=base(settings, CPU).backbone, prompt_tokens=pipe.prompt_tokens)
    there = weakref.ref(pipe.text_encoder_2)
    said, texts = ended(keep_texts(settings, pipe, parted, tmp_path, Accelerator(cpu=True)))
    assert isinstance(texts, KeptTexts if cached else LiveTexts)
    assert (there() is None) == cached
    assert any(step.stage == "encoding prompts" for step in said) == cached
    word = [parted.training.cuts[0].next_prompt.text]
    segment = Segment.NEXT_PROMPT
    found, expected = (each.read(segment, word).tokens[segment].float() for each in (texts, plain))
    torch.testing.assert_close(found, expected, rtol=0.02, atol=0.02)


def test_where_the_base_is_small_so_is_the_large_text_encoder(
    model: Path, cuts: Path, tmp_path: Path
) -> None:
    parted = surveyed(model, cuts, tmp_path)[1]
    settings = recipe(model, precision=Precision.NF4)
    pipe = base(settings, CPU)
    begin_texts(settings, pipe, parted, CPU)
    assert is_quantised(pipe.text_encoder_2)
    assert not is_quantised(pipe.text_encoder)


def test_words_that_the_model_does_not_know_are_counted(model: Path, tmp_path: Path) -> None:
    backbone = base(recipe(model), CPU).backbone
    own = written(
        tmp_path / "own",
        [
            cut(n, next=replace(shot(n + 1), prompt=shot(0, words="red fox").prompt))
            for n in range(3)
        ],
    )
    words = replace(shot(2).prompt, summary="red zebra", description="", attributes={})
    strange = written(
        tmp_path / "strange", [cut(n, next=replace(shot(n + 1), prompt=words)) for n in range(3)]
    )
    told = {
        name: strange_words(backbone, surveyed(model, folder, tmp_path)[1].training)
        for name, folder in (("own", own), ("strange", strange))
    }
    assert "zebra" in told["strange"]
    assert "50%" in told["strange"]
    assert "zebra" not in told["own"]


def test_prompts_that_are_too_long_are_told(model: Path, tmp_path: Path) -> None:
    backbone = base(recipe(model), CPU).backbone
    parted = surveyed(model, film(tmp_path / "cuts", 5), tmp_path)[1].training

    def told(length: int) -> str:
        counts = dict.fromkeys(recipe(model).prompt_lengths, length)
        return cut_off(LiveTexts(backbone=backbone, prompt_tokens=counts), parted)

    assert told(60) == ""
    assert "are longer than --prompt-tokens: their ends are left out" in told(2)
