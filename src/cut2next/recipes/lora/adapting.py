"""The model that is adapted, the LoRA on it, and the file that comes of it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from diffusers.utils import logging as diffusers
from torch import nn
from transformers.utils import logging as transformers

from cut2next.backbones.lora import Factors, adapted, inject
from cut2next.conditioning import Segment, SegmentTable, table_named
from cut2next.film import InputError
from cut2next.generation import Cut2NextPipeline
from cut2next.generation.lora_file import Lora, read_lora, read_training, write_lora
from cut2next.generation.lora_loading import check_fit, put, training_on
from cut2next.generation.plan import model_named
from cut2next.generation.precision import quantise
from cut2next.generation.weights import model_folder, trained_under
from cut2next.recipes.lora.recipe import LoraRecipe
from cut2next.training.checkpointing import checkpoint_blocks
from cut2next.training.fit import Optimizer
from cut2next.training.frozen import freeze_quantised
from cut2next.training.machine import compile_blocks, quick_type
from cut2next.training.optimizer import MasterOptimizer
from cut2next.training.sharding import whole

LORA = "lora.safetensors"
"""What a run's folder holds in the end."""
_NAME = "cuts"
"""Of the LoRA that is trained, while it is on the model."""


def base(recipe: LoraRecipe, device: torch.device) -> Cut2NextPipeline:
    """The model that is adapted, as its folder has it, in the type that a device is quick in.

    Raises InputError and WeightsError as `Cut2NextPipeline.from_pretrained` does.
    """
    dtype = quick_type(device.type)
    # On a CPU pictures are encoded in float32: exact, and convolutions are slow in bfloat16.
    settings: dict[str, Any] = {} if device.type == "cpu" else {"dtype": dtype}
    if trained_under(model_folder(recipe.model)) is None:
        table, counts = _trained(recipe)
        tokens = {str(prompt): counts[prompt] for prompt in table.prompts}
        settings |= {"table": table.name, "prompt_tokens": tokens}
    for library in (diffusers, transformers):
        library.disable_progress_bar()
    pipe = Cut2NextPipeline.from_pretrained(recipe.model, **settings)
    earlier = max(recipe.earlier_shots, pipe.config["earlier_shots"])
    pipe.register_to_config(earlier_shots=earlier)  # type: ignore[no-untyped-call]
    for name in {*pipe.backbone.networks()} - {"vae"}:
        nn.Module.to(getattr(pipe, name), dtype)
    return pipe


def settled(recipe: LoraRecipe) -> LoraRecipe:
    """A recipe as it will be: what the model tells, and the LoRA to go on from, is not its choice.

    Raises InputError for a table that nobody knows, WeightsError for what is no LoRA.
    """
    model, (table, counts) = model_named(recipe.model), _trained(recipe)
    if model.training:
        table, counts = model.training
    usual = recipe.prompt_lengths
    relational, current, following = (counts.get(prompt, usual[prompt]) for prompt in usual)
    earlier = max(recipe.earlier_shots, model.earlier_shots)
    if recipe.start is not None:
        lora = read_lora(lora_file(recipe.start))
        ranks = (factors.rank for factors in lora.adapted.values())
        recipe = replace(recipe, rank=max(ranks, default=recipe.rank))
        earlier = max(earlier, lora.training.earlier_shots if lora.training else 0)
    return replace(
        recipe,
        earlier_shots=earlier,
        table=table.name,
        prompt_tokens=(relational, current, following),
        size=model.framing.only or recipe.size,
    )


def _trained(recipe: LoraRecipe) -> tuple[SegmentTable, Mapping[Segment, int]]:
    """Table and prompt lengths for a model that tells neither: the LoRA's, or the recipe's."""
    table = table_named(recipe.table)
    if recipe.start and (training := read_training(lora_file(recipe.start))):
        return training.table, training.prompt_tokens
    return table, recipe.prompt_lengths


def check_start(recipe: LoraRecipe, pipe: Cut2NextPipeline) -> None:
    """Raises InputError and WeightsError for a LoRA to go on from that does not go with a model.

    Nothing is put on the model, so that it is known before hours of work.
    """
    if recipe.start is None:
        return
    file = lora_file(recipe.start)
    lora = read_lora(file)
    check_fit(pipe, str(file), lora)
    for component in lora.networks.keys() - {"transformer"}:
        raise InputError(
            f"{file}: adapts the {component.replace('_', ' ')} too",
            expected="a LoRA of the transformer alone",
            hint="take one that cut2next trained",
        )


def begin_lora(recipe: LoraRecipe, pipe: Cut2NextPipeline, device: torch.device) -> Any:
    """Puts a LoRA on the transformer, new or that to go on from; only it is trained.

    Returns the transformer. Raises InputError and WeightsError for a LoRA that does not go with it,
    which `check_start` tells sooner.
    """
    transformer = pipe.transformer.train()
    quantise(transformer, recipe.precision, device)
    freeze_quantised(transformer)
    dtype = transformer.dtype
    if recipe.start is None:
        torch.manual_seed(recipe.seed)
        inject(transformer, _NAME, recipe.rank, recipe.rank)
    else:
        file = lora_file(recipe.start)
        put(pipe, str(file), read_lora(file), _NAME)
    for name, parameter in transformer.named_parameters():
        if f".{_NAME}." in name:
            parameter.data = parameter.data.to(dtype)
            parameter.requires_grad_(True)
    checkpoint_blocks(transformer, recipe.checkpointed)
    if recipe.compiled:
        compile_blocks(transformer, 1 + recipe.earlier_shots)
    return transformer


def lora_file(start: Path) -> Path:
    """The LoRA file of a run's folder, or the one that is named.

    Raises InputError for the folder of a run that has not ended, or of none.
    """
    file = start / LORA if start.is_dir() else start
    if start.is_dir() and not file.exists():
        raise InputError(
            f"{start}: holds no {LORA}",
            expected="the folder of a run that has ended, or a LoRA file",
            hint="go on with that run first, by the command that began it",
        )
    return file


def optimizer_of(recipe: LoraRecipe, learner: nn.Module) -> MasterOptimizer:
    """What steps the LoRA on a learner."""
    matrices = [name for name, p in learner.named_parameters() if p.requires_grad and p.ndim == 2]
    return MasterOptimizer(
        learner,
        learning_rate=recipe.learning_rate,
        matrices=matrices if recipe.optimizer is Optimizer.MUON else (),
        weight_decay=recipe.weight_decay,
        betas=(0.9, 0.999),  # Adam's own
        eight_bit=recipe.optimizer is Optimizer.ADAMW_8BIT,
    )


def write(pipe: Cut2NextPipeline, path: Path, *, writes: bool = True) -> None:
    """Writes the LoRA that was trained; all processes come here, and one of them writes."""
    factors = {
        module: _whole(factors) for module, factors in adapted(pipe.transformer, _NAME).items()
    }
    if not writes:
        return
    write_lora(Lora(networks={"transformer": factors}, training=training_on(pipe)), path)


def _whole(factors: Factors) -> Factors:
    return replace(factors, down=whole(factors.down), up=whole(factors.up))
