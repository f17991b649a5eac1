"""All stages at once: who waits for whom, and what is handed on."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from scripts.mini_on_a_card.autoencoder import AutoencoderTraining
from scripts.mini_on_a_card.data import GrowingRushes, encoded_reels, taking_in
from scripts.mini_on_a_card.deadline import Deadline
from scripts.mini_on_a_card.shooting import HELD_OUT, shooting
from scripts.mini_on_a_card.transformer import TransformerTraining
from torch import nn
from transformers import PreTrainedTokenizerFast

from cut2next.backbones.mini import architecture
from cut2next.backbones.mini.architecture import PROMPT_TOKENS, Autoencoder, pixels_per_token
from cut2next.conditioning import Layout, Segment
from cut2next.film import InputError
from cut2next.film.workers import worker_pool
from cut2next.film.writing import make_folder
from cut2next.generation import Cut2NextPipeline
from cut2next.generation.framing import Size
from cut2next.recipes.mini import MiniRecipe, film_set_tokenizer, publish
from cut2next.recipes.mini.autoencoder import AutoencoderRun
from cut2next.recipes.mini.encoded_rushes import EncodedRushes
from cut2next.recipes.mini.recipe import new_model, read_autoencoder, teach_words
from cut2next.recipes.mini.renaming import name_ids
from cut2next.recipes.mini.transformer import MiniModel, TransformerRun
from cut2next.training.checkpoint import one_run_in
from cut2next.training.machine import quick_type

AUTOENCODER = AutoencoderRun(
    batch=64, warmup=100, cooldown=0.8, near=0.01, noise=0.04, edges=1.0, average=0.995
)
TRANSFORMER = TransformerRun(groups=60, cooldown=0.7)
"""The recipe's runs for a card, where a step sees ten times as much. How long they last is said in
minutes, so their steps count for nothing."""
_LATENTS_A_TOKEN = 4
_TOLD_EVERY = 100
"""Steps of the text encoders."""


@dataclass(frozen=True, kw_only=True)
class CardRun:
    """How a mini model is made in so many minutes."""

    recipe: MiniRecipe
    """Its folder is where all is kept; its sets are those that the text encoders learn from."""
    minutes: float
    """Of all together, once the text encoders can read."""
    autoencoder_minutes: float
    shooters: int
    """Processes that shoot."""
    vae: Path | None = None
    """A finished autoencoder to go on from, in diffusers' layout."""
    words: Path | None = None
    """A finished model that tokenizer and text encoders are taken from."""
    first_sets: int = 150
    """That the autoencoder begins with, if its minutes last until then."""
    room: int = 8000
    """Sets that are kept on the device; once they are there, no more are shot."""


def make(run: CardRun) -> Iterator[dict[str, Any]]:
    """Makes a model in the recipe's folder, and tells how far it is.

    Raises InputError where the minutes are too few, OutputError for a folder that another process
    has or that cannot be written, WeightsError for weights that cannot be read.
    """
    folder = run.recipe.folder
    make_folder(folder)
    with one_run_in(folder), TemporaryDirectory(prefix="reels-", dir=folder) as reels:
        vae = read_autoencoder(run.vae) if run.vae else architecture.autoencoder()
        tokenizer, model = _new(run, _LATENTS_A_TOKEN * vae.config["latent_channels"])
        if run.words is None:
            for done in teach_words(run.recipe, model, tokenizer):
                if done.done % _TOLD_EVERY == 0:
                    yield {"stage": done.stage, "steps": done.done, "loss": done.loss}
        yield from _stages(run, model, tokenizer, pixels_per_token(vae), Path(reels))


def _new(run: CardRun, channels: int) -> tuple[PreTrainedTokenizerFast, MiniModel]:
    """A tokenizer, and a model whose text encoders are those of a finished one where it is told."""
    if run.words is None:
        tokenizer = film_set_tokenizer()
        return tokenizer, new_model(len(tokenizer), channels)
    known = Cut2NextPipeline.from_pretrained(run.words)
    if known.prompt_tokens != PROMPT_TOKENS:
        raise InputError(
            f"{run.words}: text encoders for prompts of other lengths",
            expected=f"those of {list(PROMPT_TOKENS.values())} tokens",
            hint="leave --words out to have them trained",
        )
    model = new_model(len(known.tokenizer), channels)
    return known.tokenizer, MiniModel(model.transformer, known.text_encoder_2, known.text_encoder)


def _stages(
    run: CardRun,
    model: MiniModel,
    tokenizer: PreTrainedTokenizerFast,
    token_pixels: int,
    reels: Path,
) -> Iterator[dict[str, Any]]:
    """While sets are shot, the autoencoder learns and the transformer's step is made ready."""
    recipe, deadline = run.recipe, Deadline.after(60 * run.minutes)
    first = -(-run.first_sets // recipe.sets_a_reel)
    shown = nn.Module.to(deepcopy(model), torch.bfloat16)
    with shooting(recipe.rushes, tokenizer, token_pixels, reels, run.shooters) as stop:
        with worker_pool(1) as pool:  # whose process then gives back its part of the card
            trained = pool.submit(_autoencoder(run, reels, first, deadline).train)
            training = _transformer(recipe, model, token_pixels)
            yield {"stage": "training the autoencoder"} | trained.result()
        vae = read_autoencoder(recipe.folder / "vae")
        put = _publisher(recipe, vae, shown, tokenizer)
        vae = nn.Module.to(deepcopy(vae), recipe.device)
        names = name_ids(tokenizer)
        data = GrowingRushes(list(encoded_reels(reels, vae)), names, run.room)
        aside = list(encoded_reels(reels, vae, HELD_OUT))
        held_out = EncodedRushes(aside, names) if aside else None
        with taking_in(data, reels, vae, through=stop):
            for told in training.train(data, held_out, deadline, put):
                yield {"stage": "training the transformer"} | told


def _autoencoder(run: CardRun, reels: Path, first: int, latest: Deadline) -> AutoencoderTraining:
    return AutoencoderTraining(
        run=run.recipe.autoencoder,
        start=run.vae,
        reels=reels,
        first=first,
        out=run.recipe.folder / "vae",
        device=run.recipe.device,
        deadline=Deadline.after(60 * run.autoencoder_minutes),
        latest=latest,
    )


def _transformer(recipe: MiniRecipe, model: MiniModel, token_pixels: int) -> TransformerTraining:
    size = Size(*recipe.size).in_tokens(token_pixels)
    layout = Layout(
        table=recipe.table,
        prompt_tokens=PROMPT_TOKENS,
        shot_sizes={Segment.CURRENT_SHOT: size, Segment.NEXT_SHOT: size},
    )
    torch.manual_seed(recipe.transformer.seed)
    nn.Module.to(model, recipe.device, quick_type(recipe.device))
    return TransformerTraining(model, recipe.transformer, layout)


def _publisher(
    recipe: MiniRecipe, vae: Autoencoder, shown: MiniModel, tokenizer: PreTrainedTokenizerFast
) -> Callable[[MiniModel], None]:
    """Writes what a model has learnt as a finished pipeline, in place of the one before."""

    def put(model: MiniModel) -> None:
        shown.transformer.load_state_dict(model.transformer.state_dict())
        publish(recipe, vae, shown, tokenizer, PROMPT_TOKENS, recipe.folder / "model")

    return put
