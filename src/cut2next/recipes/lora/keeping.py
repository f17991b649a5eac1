"""What is read of cuts once, and kept in a run's folder: latents, and encoded prompts."""

import re
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch
from accelerate import Accelerator
from torch import nn

from cut2next.backbones import Backbone
from cut2next.film import Cut2NextError, InputError
from cut2next.film.writing import whole_file
from cut2next.generation import Cut2NextPipeline
from cut2next.generation.fit import Precision
from cut2next.generation.framing import Framing
from cut2next.generation.precision import quantise
from cut2next.recipes.lora.adapting import settled
from cut2next.recipes.lora.recipe import LoraRecipe
from cut2next.recipes.progress import Progress
from cut2next.recipes.record import RECORD
from cut2next.training.batches.buckets import Buckets
from cut2next.training.batches.earlier import EarlierShots
from cut2next.training.batches.held_out import spread, with_validation
from cut2next.training.batches.latents import Latents
from cut2next.training.batches.pictures import forget
from cut2next.training.batches.survey import CutSource, Survey, look_ahead
from cut2next.training.batches.texts import KeptTexts, LiveTexts, Texts, texts_of_cut

LEFT_OUT = "left-out.txt"
"""The cuts that cannot be trained on, in a run's folder."""
LATENTS, TEXTS = "latents", "texts"
"""The folders of what is kept."""
_LOOKED = "pictures"

_LOOKED_AT, _SHOWN = 200, 5
"""Prompts whose words are looked at, and unknown words that are told."""
_TRIED = 8
"""Cuts whose prompts are encoded before anything is kept."""
_WORD = re.compile(r"\w+")


class Cuts(NamedTuple):
    """What is learnt from, and what is validated on."""

    training: Survey
    validation: Survey


def survey_cuts(
    recipe: LoraRecipe,
    sources: Sequence[CutSource],
    framing: Framing,
    folder: Path,
    accelerator: Accelerator,
) -> Generator[Progress, None, Cuts]:
    """Looks at every cut; what is left out is listed in the folder.

    Raises InputError for earlier shots to be learnt from cuts that have none.
    """
    looked, stage = folder / _LOOKED, "looking at all cuts"
    for done, total in look_ahead(sources, looked, *_share(accelerator)):
        yield Progress(stage, done, total)
    accelerator.wait_for_everyone()
    area = recipe.size.width * recipe.size.height
    buckets = Buckets(model=framing, area=None if framing.only else area)
    cuts = Cuts(*with_validation(sources, buckets, recipe.held_out, looked))
    faults = cuts.training.faults
    if accelerator.is_main_process:
        with whole_file(folder / LEFT_OUT) as partial:
            partial.write_text("".join(f"{fault}\n" for fault in faults), encoding="utf-8")
    count = f"{len(cuts.training.cuts)} cuts to learn from, {len(cuts.validation.cuts)} held out"
    skipped = f"; {len(faults)} left out, see {LEFT_OUT}: {faults[0]}" if faults else ""
    yield Progress(stage, 1, 1, note=f"{count}{_led_up_to(recipe, cuts.training)}{skipped}")
    return cuts


def _led_up_to(recipe: LoraRecipe, survey: Survey) -> str:
    """How many cuts have shots before them, where they are to be learnt from."""
    if not recipe.earlier_shots:
        return ""
    of = EarlierShots(survey=survey)
    count = sum(bool(of.before(cut)) for cut in survey.cuts)
    if not count and recipe.earlier_shots > settled(replace(recipe, earlier_shots=0)).earlier_shots:
        raise InputError(
            f"{recipe.earlier_shots} earlier shots, and no cut that another leads to",
            expected="sequences: cuts whose current shot is another's next one, in one film",
            hint="leave out --earlier-shots, or take `cut2next soundstage --shots 8`, or a film",
        )
    return f"; {count} have shots before them"


@contextmanager
def tidied(folder: Path) -> Iterator[None]:
    """What was looked at goes again from a folder, where a run is refused before it has begun."""
    try:
        yield
    except Cut2NextError:
        if not any((folder / name).exists() for name in (RECORD, LATENTS, TEXTS)):
            forget(folder / _LOOKED)
            (folder / LEFT_OUT).unlink(missing_ok=True)
        raise


def _share(accelerator: Accelerator) -> tuple[int, int]:
    """Which process this is, and of how many."""
    return accelerator.process_index, accelerator.num_processes


def begin_texts(
    recipe: LoraRecipe, pipe: Cut2NextPipeline, cuts: Cuts, device: torch.device
) -> None:
    """Puts the text encoders where they are to read, and has them read prompts of a few cuts.

    To be called before hours go by: raises WeightsError for a tokenizer that does not read one, and
    for encoders that make no finite numbers.
    """
    backbone = pipe.backbone
    for name in backbone.text_encoders:
        nn.Module.to(getattr(backbone, name), device)
    if recipe.precision is not Precision.BF16:
        quantise(getattr(backbone, backbone.large_text_encoder), Precision.INT8, device)
    live = LiveTexts(backbone=backbone, prompt_tokens=pipe.prompt_tokens)
    for cut in spread((*cuts.training.cuts, *cuts.validation.cuts), _TRIED):
        for segment, text in texts_of_cut(cut):
            if segment in live.prompt_tokens:
                live.read(segment, [text])


def keep_latents(
    pipe: Cut2NextPipeline, cuts: Cuts, folder: Path, accelerator: Accelerator
) -> Generator[Progress, None, Latents]:
    """The latents of all pictures on disk; after that the autoencoder is gone."""
    backbone = pipe.backbone
    nn.Module.to(backbone.vae, accelerator.device)
    latents = Latents.by(backbone, folder / LATENTS)
    everything = (*cuts.training.cuts, *cuts.validation.cuts)
    for done, total in latents.fill(everything, backbone, *_share(accelerator)):
        yield Progress("encoding pictures", done, total)
    accelerator.wait_for_everyone()
    pipe.register_modules(vae=None)  # type: ignore[no-untyped-call]
    return latents


def keep_texts(
    recipe: LoraRecipe, pipe: Cut2NextPipeline, cuts: Cuts, folder: Path, accelerator: Accelerator
) -> Generator[Progress, None, Texts]:
    """What gives encoded prompts: the text encoders, or what they leave on disk before they go."""
    backbone = pipe.backbone
    live = LiveTexts(backbone=backbone, prompt_tokens=pipe.prompt_tokens)
    for note in filter(
        None, (strange_words(backbone, cuts.training), cut_off(live, cuts.training))
    ):
        yield Progress("looking at prompts", 1, 1, note=note)
    if not recipe.cached_texts:
        return live
    kept = KeptTexts.by(backbone, pipe.prompt_tokens, folder / TEXTS)
    everything = (*cuts.training.cuts, *cuts.validation.cuts)
    for done, total in kept.fill(everything, live, *_share(accelerator)):
        yield Progress("encoding prompts", done, total)
    accelerator.wait_for_everyone()
    pipe.release_text_encoders()
    return kept


def cut_off(live: LiveTexts, survey: Survey) -> str:
    """How many of a survey's prompts are too long to be read whole, in words; empty for none."""
    prompts = {
        (segment, text)
        for cut in spread(survey.cuts, _LOOKED_AT)
        for segment, text in texts_of_cut(cut)
        if segment in live.prompt_tokens
    }
    if not (long := sum(live.fitted(*prompt) != prompt[1] for prompt in prompts)):
        return ""
    return (
        f"of {len(prompts)} wordings of prompts that were looked at, {long} are longer than "
        "--prompt-tokens: their ends are left out"
    )


def strange_words(backbone: Backbone, survey: Survey) -> str:
    """How many words of a survey's prompts a model reads over, in words; empty for none."""
    prompts = [cut.next_prompt.text for cut in spread(survey.cuts, _LOOKED_AT)]
    unknown = Counter(word for text in prompts for word in backbone.unknown_words(text))
    words = sum(len(set(_WORD.findall(text))) for text in prompts)
    if not unknown:
        return ""
    often = ", ".join(word for word, _ in unknown.most_common(_SHOWN))
    share = min(1.0, unknown.total() / max(1, words))
    return f"the model does not know, and reads over, {share:.0%} of the prompts' words: {often} …"
