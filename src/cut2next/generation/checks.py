"""What a call of the pipeline may ask for; all else is refused before any work is done."""

from collections.abc import Sequence
from typing import Any

import torch

from cut2next.film import InputError, WeightsError
from cut2next.film.errors import one_line
from cut2next.film.fields import check_kind
from cut2next.generation.encoded import AnyPrompt, AnyShot, EncodedPrompt
from cut2next.generation.framing import Size
from cut2next.generation.ranges import NEXT_SHOTS


def pairs(
    image: AnyShot | Sequence[AnyShot], prompt: AnyPrompt | Sequence[AnyPrompt]
) -> list[tuple[AnyShot, AnyPrompt]]:
    """Each prompt with its image. Raises InputError when they do not pair, or are none."""
    prompts: list[Any] = list(prompt) if isinstance(prompt, list | tuple) else [prompt]
    images: list[Any] = list(image) if isinstance(image, list | tuple) else [image]
    for each in images:
        check_kind("image", each, AnyShot, "PIL.Image.open(path), or what pipe.prefill returns")
    for each in prompts:
        check_kind("prompt", each, AnyPrompt)
    if not prompts or len(images) not in (1, len(prompts)):
        raise InputError(
            f"{len(images)} images and {len(prompts)} prompts",
            expected="as many prompts as images, or one image for all prompts",
            hint="pair them",
        )
    said = (given.prompt if isinstance(given, EncodedPrompt) else given for given in prompts)
    if not all(prompt.next.text for prompt in said):
        raise InputError(
            "an empty prompt", expected="what the next shot shows", hint="fill prompt.next"
        )
    if len(images) == 1:
        images *= len(prompts)
    return list(zip(images, prompts, strict=True))


def check_one_size(sizes: Sequence[Size]) -> None:
    """Raises InputError unless all current shots of a call have one size."""
    if len(set(sizes)) > 1:
        raise InputError(
            "current shots of " + ", ".join(f"{w}x{h}" for w, h in sorted(set(sizes))),
            expected="one size in one call",
            hint="call once for each",
        )


def check_earlier(counts: Sequence[int], most: int) -> None:
    """Raises InputError unless all current shots of a call come after as many, and not too many."""
    if len(set(counts)) > 1:
        raise InputError(
            "current shots after " + ", ".join(map(str, sorted(set(counts)))) + " others",
            expected="as many for each in one call",
            hint="call once for each number",
        )
    if counts[0] > most:
        raise InputError(
            f"a current shot after {counts[0]} others",
            expected=f"{most} at most, with which the weights were trained",
            hint="leave some out of `after`" if most else "call without `after`",
        )


def check_forms(output_type: str, callback: object, callback_inputs: Sequence[str]) -> None:
    """Raises InputError for a form of pictures, or a tensor for the callback, that there is not."""
    _check_choice("output_type", output_type, ("pil", "np", "pt", "latent"))
    if callback is not None and not callable(callback):
        raise InputError(
            f"callback_on_step_end={one_line(repr(callback), 80)}",
            expected="a function of pipeline, step, timestep and tensors",
            hint="leave it out to see no steps",
        )
    for name in callback_inputs:
        _check_choice("callback_on_step_end_tensor_inputs", name, ("latents",))


def next_shot_count(
    asked: Sequence[object],
    each: int,
    generator: torch.Generator | list[torch.Generator] | None,
) -> int:
    """How many next shots a call makes, `each` of what is asked.

    Raises InputError unless there is one generator for all of them, or one for each.
    """
    count = len(asked) * NEXT_SHOTS.taken(each, "num_images_per_prompt")
    several = isinstance(generator, list)
    for given in generator if isinstance(generator, list) else [generator]:
        kind = torch.Generator if several else torch.Generator | None
        check_kind("generator", given, kind, "torch.Generator().manual_seed(7), or a list of them")
    if isinstance(generator, list) and len(generator) != count:
        raise InputError(
            f"{len(generator)} generators",
            expected=f"one for all, or {count}, one for each next shot",
            hint="count prompts times num_images_per_prompt",
        )
    return count


def check_latents(latents: torch.Tensor, shape: tuple[int, ...]) -> None:
    """Raises InputError unless latents to begin with are finite, and as many as are to be made."""
    check_kind("latents", latents, torch.Tensor)
    if latents.shape != shape or not latents.isfinite().all():
        raise InputError(
            f"latents of shape {tuple(latents.shape)}",
            expected=f"packed latents of shape {shape}, of finite numbers",
            hint="leave them out to draw noise",
        )


def check_finite(made: torch.Tensor | None, what: str, network: str) -> None:
    """Raises WeightsError, naming the network, for what it made that is not of finite numbers."""
    if made is not None and not made.isfinite().all():
        raise WeightsError(
            f"{what} that is not of finite numbers, made by the {network}",
            expected="weights of which a picture can be made",
            hint="they are damaged, or too large for float16: load them in bfloat16 or float32",
        )


def _check_choice(name: str, choice: str, choices: Sequence[str]) -> None:
    if choice not in choices:
        raise InputError(
            f"{name} {choice!r}", expected=f"one of {', '.join(choices)}", hint="choose one"
        )
