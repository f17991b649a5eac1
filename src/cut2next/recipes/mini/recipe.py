"""The mini model from nothing: shoot, then train autoencoder, text encoders and transformer.

Or on from a finished one, on another part of the film set.

Every stage picks up what an earlier run left in the folder, so a killed run goes on where it was.
`MiniRecipe` is the whole configuration; `docs/mini.md` says how far the weights in the package got.
"""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import numpy as np
import torch
from accelerate import Accelerator
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)
from einops import rearrange
from safetensors import SafetensorError
from torch import nn
from transformers import PreTrainedTokenizerFast

from cut2next.backbones.mini import architecture
from cut2next.backbones.mini.architecture import PROMPT_TOKENS, Autoencoder
from cut2next.conditioning import CLOSED, Segment, SegmentTable, with_earlier_shots
from cut2next.film import InputError, WeightsError
from cut2next.film.errors import one_line
from cut2next.film.writing import replaced_folder
from cut2next.generation import Cut2NextPipeline
from cut2next.generation.conditioned import cut_layout
from cut2next.generation.framing import Size
from cut2next.recipes.mini.autoencoder import AutoencoderRun, some_of, train_autoencoder
from cut2next.recipes.mini.encoded_rushes import EncodedRushes, encode_rushes
from cut2next.recipes.mini.first_code import balance, begin
from cut2next.recipes.mini.labelled_prompts import labelled_prompts
from cut2next.recipes.mini.own_shots import OwnShots
from cut2next.recipes.mini.renaming import name_ids
from cut2next.recipes.mini.text_encoders import TextEncodersRun, train_text_encoders
from cut2next.recipes.mini.transformer import (
    MiniModel,
    TransformerRun,
    train_transformer,
)
from cut2next.recipes.progress import Progress
from cut2next.recipes.record import begin_record
from cut2next.soundstage.film_set import build_set
from cut2next.soundstage.repertoire import EVERYTHING, Repertoire
from cut2next.soundstage.rushes import Rushes
from cut2next.training.checkpoint import one_run_in
from cut2next.training.machine import quick_type
from cut2next.training.metrics import Metrics
from cut2next.training.objective import SHIFT

LEARNT = Repertoire(
    places=("café", "kitchen", "park"),
    hours=("day", "night"),
    grades=("natural",),
    people=("2",),
    looks=("taught",),
)
"""The part of the film set that is learnt unless another is named. What is withheld of anyone's
looks shows whether a model has learnt looks, or people."""
SIZE = (384, 160)
"""Of pictures, in pixels: a face is one in a medium close up."""


@dataclass(frozen=True, kw_only=True)
class MiniRecipe:
    """How the mini model is made."""

    folder: Path
    """Where reels and checkpoints are kept, about 2 GB."""
    start: str | Path | None = None
    """A finished model to go on from: its autoencoder, text encoders and transformer."""
    table: SegmentTable = CLOSED
    repertoire: Repertoire = LEARNT
    size: tuple[int, int] = SIZE
    """Of pictures, in pixels; of a model to go on from, its own."""
    sets: int = 1200
    sets_a_reel: int = 50
    pictures: int = 8000
    """How many pictures the autoencoder sees."""
    autoencoder: AutoencoderRun = field(default_factory=AutoencoderRun)
    text_encoders: TextEncodersRun = field(default_factory=TextEncodersRun)
    transformer: TransformerRun = field(default_factory=TransformerRun)
    own_share: float = 0.0
    """Of the context that is read: pictures made by the model to go on from, not true ones."""
    steps: int = 4
    """Denoising steps of the finished model, unless asked otherwise; own pictures take as many."""
    workers: int | None = None
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.own_share and not self.start:
            raise InputError(
                "own pictures, of no model",
                expected="a model to go on from, which makes them",
                hint="for example --from mini",
            )

    @property
    def rushes(self) -> Rushes:
        """What is shot."""
        return Rushes(
            folder=self.folder / "rushes",
            repertoire=self.repertoire,
            sets=self.sets,
            sets_a_reel=self.sets_a_reel,
            size=self.size,
        )

    @property
    def knows(self) -> str:
        """The limits of the finished model, in words."""
        return f"the film set of cut2next soundstage ({self.repertoire})"


def train_mini(recipe: MiniRecipe, out: Path) -> Iterator[Progress]:
    """Runs all stages and writes the finished pipeline to `out`, yielding progress.

    Raises InputError for a folder in which another recipe was begun, OutputError for one that
    another process has or that cannot be written.
    """
    start = Cut2NextPipeline.from_pretrained(recipe.start) if recipe.start else None
    if start:
        recipe = _going_on(recipe, start)
    with one_run_in(recipe.folder):
        yield from _stages(recipe, start, out)


def _going_on(recipe: MiniRecipe, start: Cut2NextPipeline) -> MiniRecipe:
    """The recipe with what a finished model has: its size, and as many earlier shots at least."""
    size = tuple(start.config["default_size"] or recipe.size)
    earlier = max(recipe.transformer.earlier_shots, start.config["earlier_shots"])
    return replace(
        recipe, size=size, transformer=replace(recipe.transformer, earlier_shots=earlier)
    )


def _stages(recipe: MiniRecipe, start: Cut2NextPipeline | None, out: Path) -> Iterator[Progress]:
    prompt_tokens = start.prompt_tokens if start else PROMPT_TOKENS
    _check_folder(recipe, prompt_tokens)
    yield Progress("shooting sets", 0, len(recipe.rushes.reels))
    for done, _ in enumerate(recipe.rushes.shoot(recipe.workers), start=1):
        yield Progress("shooting sets", done, len(recipe.rushes.reels))
    autoencoder = start.vae if start else (yield from _autoencoder(recipe))
    autoencoder.to(recipe.device)  # type: ignore[arg-type]
    tokenizer = _kept_tokenizer(recipe.folder / "tokenizer", start)
    data = yield from _encode(recipe, autoencoder, tokenizer, prompt_tokens)
    if start:
        model = MiniModel(start.transformer, start.text_encoder_2, start.text_encoder).train()
    else:
        model = new_model(len(tokenizer), data.latents.shape[-1])
        yield from teach_words(recipe, model, tokenizer)
    yield from _train_transformer(recipe, autoencoder, model, data)
    publish(recipe, autoencoder, model, tokenizer, prompt_tokens, out)


def _check_folder(recipe: MiniRecipe, prompt_tokens: Mapping[Segment, int]) -> None:
    """What is in a folder belongs together: its record says of what, and is made at the start."""
    facts = {
        "start": str(recipe.start or "nothing"),
        "part of the film set": str(recipe.repertoire),
        "picture size": list(recipe.size),
        "sets a reel": recipe.rushes.sets_a_reel,
        "prompt tokens": [prompt_tokens[segment] for segment in PROMPT_TOKENS],
    }
    facts |= {"own share": recipe.own_share} if recipe.own_share else {}
    begin_record(recipe.folder, facts)


def _kept_tokenizer(folder: Path, start: Cut2NextPipeline | None) -> PreTrainedTokenizerFast:
    """The tokenizer that the encoded reels were made with, or the one that they will be."""
    if not all((folder / name).exists() for name in ("tokenizer.json", "tokenizer_config.json")):
        with replaced_folder(folder) as fresh:
            (start.tokenizer if start else film_set_tokenizer()).save_pretrained(fresh)
    kept: PreTrainedTokenizerFast = PreTrainedTokenizerFast.from_pretrained(folder)
    return kept


def film_set_tokenizer() -> PreTrainedTokenizerFast:
    """A tokenizer that knows the words of the whole film set, also of places not learnt yet."""
    return architecture.tokenizer(
        prompt.text
        for seed in range(60)
        for _, prompt in labelled_prompts(build_set(seed), Random(seed))
    )


def new_model(vocabulary: int, channels: int) -> MiniModel:
    """The transformer of tokens of so many `channels` and its text encoders, untrained."""
    torch.manual_seed(0)
    return MiniModel(
        architecture.transformer(channels),
        architecture.words_encoder(vocabulary),
        architecture.pooled_encoder(vocabulary),
    )


def publish(
    recipe: MiniRecipe,
    autoencoder: Autoencoder,
    model: MiniModel,
    tokenizer: PreTrainedTokenizerFast,
    prompt_tokens: Mapping[Segment, int],
    out: Path,
) -> None:
    """Writes the pipeline; text and transformer in bfloat16, the autoencoder in float16."""
    nn.Module.to(autoencoder, torch.float16)
    pipeline = Cut2NextPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=SHIFT),
        vae=autoencoder,
        text_encoder=model.pooled_encoder,
        tokenizer=tokenizer,
        text_encoder_2=model.words_encoder,
        tokenizer_2=tokenizer,
        transformer=model.transformer,
        table=recipe.table.name,
        prompt_tokens={str(segment): count for segment, count in prompt_tokens.items()},
        default_steps=recipe.steps,
        default_size=list(recipe.size),
        knows=recipe.knows,
        repertoire=str(recipe.repertoire),
        earlier_shots=recipe.transformer.earlier_shots,
    )
    for part in (pipeline.vae, pipeline.transformer):
        # else the folder that it was loaded from
        part.register_to_config(_name_or_path="")
    with replaced_folder(out, fault=SafetensorError) as folder:
        pipeline.save_pretrained(folder)


def _autoencoder(recipe: MiniRecipe) -> Generator[Progress, None, Autoencoder]:
    """The folder's autoencoder: trained once, kept whole beside its checkpoints, and read again."""
    kept = recipe.folder / "vae"
    if not (kept / "config.json").exists():
        trained = architecture.autoencoder()
        yield from _train_autoencoder(recipe, trained)
        with replaced_folder(kept, fault=SafetensorError) as fresh:
            trained.save_pretrained(fresh)
    return read_autoencoder(kept)


def read_autoencoder(folder: Path) -> Autoencoder:
    """A finished one, in diffusers' layout. Raises WeightsError for what cannot be read as such."""
    try:
        whole: Autoencoder = Autoencoder.from_pretrained(folder)
    except (SafetensorError, OSError, ValueError, RuntimeError) as error:
        raise WeightsError(
            f"{folder}: damaged, or of another kind ({one_line(error)})",
            expected=f"an {Autoencoder.__name__} in diffusers' layout",
            hint="delete the folder to have one trained",
        ) from error
    return whole.eval()


def _train_autoencoder(recipe: MiniRecipe, autoencoder: Autoencoder) -> Iterator[Progress]:
    rushes, run = recipe.rushes, recipe.autoencoder
    reels = rushes.reels[: -(-recipe.pictures // (rushes.sets_a_reel * rushes.setups_a_set))]
    pictures, kinds = (
        np.concatenate([rearrange(kept(number), "s k ... -> (s k) ...") for number in reels])
        for kept in (rushes.reel, rushes.kinds)
    )
    begin(nn.Module.to(autoencoder, "cpu"), some_of(pictures))
    nn.Module.to(autoencoder, recipe.device, quick_type(recipe.device))
    folder = recipe.folder / "autoencoder"
    for step, loss in train_autoencoder(autoencoder, pictures, kinds, run, folder):
        yield Progress("training the autoencoder", step, run.steps, loss)
    balance(nn.Module.to(autoencoder, "cpu"), some_of(pictures))


def _encode(
    recipe: MiniRecipe,
    autoencoder: Autoencoder,
    tokenizer: PreTrainedTokenizerFast,
    prompt_tokens: Mapping[Segment, int],
) -> Generator[Progress, None, EncodedRushes]:
    """Encodes the rushes, and returns them."""
    rushes, folder = recipe.rushes, recipe.folder / "encoded"
    yield Progress("encoding", 0, len(rushes.reels))
    reels = encode_rushes(rushes, autoencoder, tokenizer, prompt_tokens, folder, recipe.workers)
    for done, _ in enumerate(reels, start=1):
        yield Progress("encoding", done, len(rushes.reels))
    return EncodedRushes.of_folder(folder, name_ids(tokenizer))


def teach_words(
    recipe: MiniRecipe, model: MiniModel, tokenizer: PreTrainedTokenizerFast
) -> Iterator[Progress]:
    """Trains a model's text encoders in place, going on from the recipe's folder."""
    # Of the whole film set, whatever part is learnt first: who goes on to another part reads it by
    # these encoders, which stay as they are.
    lessons = replace(EVERYTHING, looks=recipe.repertoire.looks)
    sets, run = replace(recipe.rushes, repertoire=lessons), recipe.text_encoders
    film_sets = [sets.build(seed) for seed in range(sets.sets)]
    folder = recipe.folder / "words"
    for step, loss in train_text_encoders(
        model.words_encoder, model.pooled_encoder, tokenizer, film_sets, run, folder
    ):
        yield Progress("teaching the words", step, run.steps, loss)


def _train_transformer(
    recipe: MiniRecipe, autoencoder: Autoencoder, model: MiniModel, data: EncodedRushes
) -> Iterator[Progress]:
    if not recipe.start:
        autoencoder.register_to_config(scaling_factor=data.scale())
    config = autoencoder.config
    shift, scale = config.get("shift_factor") or 0.0, config["scaling_factor"]
    autoencoder.to("cpu")  # type: ignore[arg-type]
    tokens = Size(*recipe.size).in_tokens(architecture.pixels_per_token(autoencoder))
    run = replace(recipe.transformer, shot_size=tokens)
    table = with_earlier_shots(recipe.table, run.earlier_shots)
    folder = recipe.folder / f"transformer-{table.name.replace(' ', '-')}"
    nn.Module.to(model, recipe.device, quick_type(recipe.device))
    scaled = data.scaled(shift, scale).to(recipe.device)
    if recipe.own_share:
        yield from _add_own(recipe, model, scaled, tokens)
    stage = "training the transformer"
    if run.compiled:
        yield Progress(stage, 0, run.steps, note="compiling the transformer: some minutes")
    with Metrics(recipe.folder, run, Accelerator()) as metrics:
        for step in train_transformer(model, scaled, recipe.table, run, folder, metrics.add):
            yield Progress(stage, step.number, run.steps, step.loss)
    nn.Module.to(model, "cpu", torch.bfloat16)


def _add_own(
    recipe: MiniRecipe, model: MiniModel, data: EncodedRushes, tokens: tuple[int, int]
) -> Iterator[Progress]:
    """The model's own pictures of all sets, made once, become a share of the context."""
    own = OwnShots(folder=recipe.folder / "own", sets_a_reel=recipe.sets_a_reel)
    layout = cut_layout(recipe.table, data.prompt_tokens, current=tokens, following=tokens)
    scheduler = FlowMatchEulerDiscreteScheduler(shift=SHIFT)
    for done, _ in enumerate(own.make(model, data, layout, scheduler, recipe.steps), start=1):
        yield Progress("making own pictures", done, len(recipe.rushes.reels))
    data.with_own(own.read().to(data.latents), recipe.own_share)
