"""A LoRA run from folders of cuts to a file: look, keep latents, learn, write.

Every stage picks up what an earlier run left in the folder, so a killed run goes on where it was.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from math import ceil
from pathlib import Path

import torch
from accelerate import Accelerator

from cut2next.film import InputError
from cut2next.film.scratch import clear_inside
from cut2next.film.writing import whole_file
from cut2next.generation import Cut2NextPipeline
from cut2next.generation.arithmetic import in_time
from cut2next.generation.device import Device
from cut2next.generation.framing import Framing
from cut2next.generation.plan import model_named
from cut2next.generation.precision import computes_fp8
from cut2next.generation.schedule import time_shift
from cut2next.recipes.lora.adapting import (
    LORA,
    base,
    begin_lora,
    check_start,
    optimizer_of,
    settled,
    write,
)
from cut2next.recipes.lora.card import LoraCard, learnt_from, model_card
from cut2next.recipes.lora.estimate import Estimate, check_disk, estimated, in_words
from cut2next.recipes.lora.keeping import (
    LATENTS,
    TEXTS,
    Cuts,
    begin_texts,
    keep_latents,
    keep_texts,
    survey_cuts,
    tidied,
)
from cut2next.recipes.lora.recipe import LoraRecipe
from cut2next.recipes.lora.sheet import SHEETS
from cut2next.recipes.lora.watching import Watching, averaged
from cut2next.recipes.progress import Progress
from cut2next.recipes.record import begin_record, check_record, contents
from cut2next.training.batches.cut_batches import CutBatches
from cut2next.training.batches.latents import Latents, pictures
from cut2next.training.batches.order import CutOrder
from cut2next.training.batches.survey import CutSource, Survey
from cut2next.training.batches.texts import Texts
from cut2next.training.checkpoint import one_run_in, steps_done
from cut2next.training.loop import Run, StepDone, train
from cut2next.training.metrics import checked_trackers, validations
from cut2next.training.optimizer import Average
from cut2next.training.sharding import spread
from cut2next.training.step import Draws, NextShotLearner

CHECKPOINTS = "checkpoints"
CARD = "README.md"


def train_lora(
    recipe: LoraRecipe,
    sources: Sequence[CutSource],
    folder: Path,
    *,
    device: str | None = None,
    cache: Path | None = None,
    trackers: Sequence[str] = (),
) -> Iterator[Progress]:
    """Trains a LoRA on the cuts of some folders, going on from `folder`; leaves it there.

    On a CUDA card where there is one, unless told otherwise; in one process or several, each of
    which calls this. Latents and encoded prompts are kept in `cache`, which runs may share, else in
    the run's folder. `trackers` are accelerate's, by name, beside what is written anyway. Raises
    InputError for cuts, numbers and models that cannot be trained on, or not together, WeightsError
    and OutputError for files, and Stopped once a signal asked for it; here, before the first stage
    is asked for, what is known without a look at the cuts.
    """
    accelerator = Accelerator(
        cpu=device == "cpu" or not torch.cuda.is_available(),
        log_with=checked_trackers(trackers) or None,
        project_dir=folder,
    )
    recipe = settled(recipe)
    check_record(folder, facts(recipe, sources), partly=True)
    model = model_named(recipe.model)
    estimate = estimated(
        recipe, model, Device(str(accelerator.device), computes_fp8(accelerator.device))
    )
    return _stages(recipe, sources, folder, cache or folder, model.framing, estimate, accelerator)


def _stages(
    recipe: LoraRecipe,
    sources: Sequence[CutSource],
    folder: Path,
    kept: Path,
    framing: Framing,
    estimate: Estimate,
    accelerator: Accelerator,
) -> Iterator[Progress]:
    """All that a run does, once nothing that is known before speaks against it."""
    with _for_itself(folder, kept, writes=accelerator.is_main_process):
        cuts = yield from survey_cuts(recipe, sources, framing, folder, accelerator)
        check_record(folder, facts(recipe, sources) | learnt(cuts), partly=True)
        yield _told(recipe, estimate, cuts, folder, kept, accelerator)
        pipe = base(recipe, accelerator.device)
        check_start(recipe, pipe)
        begin_texts(recipe, pipe, cuts, accelerator.device)
        latents = yield from keep_latents(pipe, cuts, kept, accelerator)
        texts = yield from keep_texts(recipe, pipe, cuts, kept, accelerator)
        yield from _learn(recipe, pipe, cuts, latents, texts, folder, accelerator)
        accelerator.wait_for_everyone()


@contextmanager
def _for_itself(folder: Path, kept: Path, *, writes: bool) -> Iterator[None]:
    """The folder of a run for its processes, of which one writes."""
    with one_run_in(folder, writes=writes), tidied(folder) if writes else nullcontext():
        if writes and kept != folder:
            clear_inside(kept)
        yield


def _told(
    recipe: LoraRecipe,
    estimate: Estimate,
    cuts: Cuts,
    folder: Path,
    kept: Path,
    accelerator: Accelerator,
) -> Progress:
    """What the run will take, in a line. Raises OutputError where the disk is too small."""
    count, shots = len(cuts.training.cuts), len(pictures(cuts.training.cuts))
    seen = run_of(recipe, len(_order(recipe, cuts.training))).steps * recipe.batch
    latents, texts, checkpoint, lora = estimate.disk(count)
    disk = {
        kept / LATENTS: latents * shots // count,
        kept / TEXTS: texts,
        folder / CHECKPOINTS: checkpoint * (recipe.checkpoints + 1),
        folder / LORA: lora,
    }
    check_disk(disk)
    seconds = estimate.seconds(seen, accelerator.device.type) / accelerator.num_processes
    note = (
        f"it will take {estimate.bytes / 2**30:.1f} GiB of memory in each process, "
        f"{in_words(sum(disk.values()))} of disk, and at the very least {in_time(seconds)}"
    )
    return Progress("looking at all cuts", 1, 1, note=note)


def _learn(
    recipe: LoraRecipe,
    pipe: Cut2NextPipeline,
    cuts: Cuts,
    latents: Latents,
    texts: Texts,
    folder: Path,
    accelerator: Accelerator,
) -> Iterator[Progress]:
    """The steps, and the LoRA file that comes of them."""
    transformer, draws = begin_lora(recipe, pipe, accelerator.device), draws_of(recipe, pipe)
    batches, held_out = _dealt(recipe, pipe, cuts, latents, texts, accelerator.device)
    run = run_of(recipe, len(batches))
    shift = partial(time_shift, pipe.scheduler.config)
    learner = spread(NextShotLearner(transformer, draws, shift), accelerator, shard=recipe.sharded)
    optimizer = optimizer_of(recipe, learner)
    average = Average(optimizer.masters, recipe.average) if recipe.average else None
    checkpoints = folder / CHECKPOINTS
    _check_longer(run, steps_done(checkpoints), folder)
    if accelerator.is_main_process:  # all that may be refused has been by now
        begin_record(folder, facts(recipe, cuts.training.sources) | learnt(cuts))
    watching = Watching(
        pipe,
        held_out,
        folder,
        run,
        accelerator,
        guidance=draws.guidance,
        every=recipe.validate_every,
        judged=partial(averaged, optimizer, average),
    )
    begins = not steps_done(checkpoints)
    steps = train(
        run,
        learner,
        batches,
        optimizer,
        checkpoints,
        average=average,
        accelerator=accelerator,
        begun=watching.make_up,
        heard=watching.step,
    )
    yield from _watched(steps, watching, run.steps, begins=begins)
    write(pipe, folder / LORA, writes=accelerator.is_main_process)
    if accelerator.is_main_process:
        write_card(recipe, pipe, cuts, folder, run.steps)


def _dealt(
    recipe: LoraRecipe,
    pipe: Cut2NextPipeline,
    cuts: Cuts,
    latents: Latents,
    texts: Texts,
    device: torch.device,
) -> tuple[CutBatches, CutBatches]:
    """The batches that are learnt from, and those that are validated on."""
    dealt = partial(
        CutBatches,
        latents=latents,
        texts=texts,
        table=pipe.table,
        prompt_tokens=pipe.prompt_tokens,
        device=device,
        dtype=pipe.transformer.dtype,
    )
    alone = CutOrder(survey=cuts.validation, groups=1, each=1, seed=recipe.seed)
    training = dealt(
        order=_order(recipe, cuts.training),
        dropped=recipe.dropped,
        earlier_shots=recipe.earlier_shots,
    )
    return training, dealt(order=alone, dropped=0.0)


def _watched(
    steps: Iterator[StepDone], watching: Watching, count: int, *, begins: bool
) -> Iterator[Progress]:
    """Steps with what they say; held-out cuts at the beginning, every so often and at the end."""
    learning = partial(Progress, "learning")
    with watching.metrics:
        if begins:
            yield learning(0, count, note=str(watching.validate(0)))
        for step in steps:
            note = str(watching.validate(step.number)) if watching.is_due(step.number) else ""
            yield learning(step.number, count, step.loss, note)


def _check_longer(run: Run, done: int, folder: Path) -> None:
    if done > run.steps:
        raise InputError(
            f"{run.steps} steps in {folder}, where {done} are done",
            expected=f"{done} or more",
            hint="take another folder, or delete this one",
        )


def _order(recipe: LoraRecipe, survey: Survey) -> CutOrder:
    return CutOrder(survey=survey, groups=recipe.groups, each=recipe.each, seed=recipe.seed)


def run_of(recipe: LoraRecipe, lessons_an_epoch: int) -> Run:
    """How long a recipe runs on so many micro-batches."""
    return Run(
        steps=recipe.steps or ceil(recipe.epochs * lessons_an_epoch / recipe.lessons),
        learning_rate=recipe.learning_rate,
        warmup=recipe.warmup,
        cooldown=recipe.cooldown,
        lessons=recipe.lessons,
        clip=recipe.clip,
        checkpoint_every=recipe.checkpoint_every,
        checkpoint_minutes=recipe.checkpoint_minutes,
        checkpoints=recipe.checkpoints,
        seed=recipe.seed,
    )


def draws_of(recipe: LoraRecipe, pipe: Cut2NextPipeline) -> Draws:
    """What is drawn in a step on a pipeline's weights."""
    return Draws(
        guidance=recipe.guidance if pipe.backbone.is_distilled else None,
        at_noise=recipe.at_noise,
        left_out=recipe.left_out,
        lessons=recipe.lessons,
        seed=recipe.seed,
    )


def write_card(
    recipe: LoraRecipe, pipe: Cut2NextPipeline, cuts: Cuts, folder: Path, steps: int
) -> None:
    """Writes the model card of a finished run beside its LoRA."""
    losses = validations(folder)
    card = LoraCard(
        lora=LORA,
        base=recipe.model,
        base_licence=pipe.licence,
        table=pipe.table.name,
        steps=steps,
        numbers=recipe.numbers,
        data=learnt_from(cuts.training),
        before=losses.get(0),
        after=losses.get(steps),
        held_out=len(cuts.validation.cuts),
        sheet=f"{SHEETS}/step-{steps}.png",
    )
    with whole_file(folder / CARD) as partial_file:
        partial_file.write_text(model_card(card), encoding="utf-8")


_MAY_CHANGE = frozenset(
    {
        *("epochs", "steps", "cooldown", "checkpoint_every", "checkpoint_minutes", "checkpoints"),
        *("validate_every", "cached_texts", "checkpointed", "compiled", "sharded"),
    }
)
"""Numbers that a run may go on with otherwise than it began."""


def learnt(cuts: Cuts) -> dict[str, object]:
    """What tells the cuts of a run from others, by their contents."""
    return {"contents of the cuts": [part.digest for part in cuts]}


def facts(recipe: LoraRecipe, sources: Sequence[CutSource]) -> dict[str, object]:
    """What must be the same all through a run, and is known before its cuts are looked at."""
    numbers = {name.replace("_", " "): n for name, n in recipe.numbers.items()}
    kept = {name for name in recipe.numbers if name not in _MAY_CHANGE}
    if not recipe.earlier_shots:
        kept -= {"earlier_shots"}  # which older runs did not know
    cuts = [[source.share, source.split, contents(source.folder)] for source in sources]
    return {name: numbers[name] for name in numbers if name.replace(" ", "_") in kept} | {
        "cuts": cuts
    }
