"""What a call of the pipeline may ask for; all else is refused before any work is done."""

from collections.abc import Sequence
from types import UnionType

import torch

from cut2next.film import InputError, WeightsError
from cut2next.generation.encoded import AnyPrompt, AnyShot, EncodedPrompt
from cut2next.generation.framing import Size


def pairs(
    image: AnyShot | Sequence[AnyShot], prompt: AnyPrompt | Sequence[AnyPrompt]
) -> list[tuple[AnyShot, AnyPrompt]]:
    """Each prompt with its image. Raises InputError when they do not pair, or are none."""
    prompts = [prompt] if isinstance(prompt, AnyPrompt) else list(prompt)
    images = [image] if isinstance(image, AnyShot) else list(image)
    _check_kind(images, AnyShot, "PIL images or CurrentShots")
    _check_kind(prompts, AnyPrompt, "HierarchicalPrompts")
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


def check_numbers(**numbers: object) -> None:
    """Raises InputError unless all are whole numbers, one or more."""
    for name, number in numbers.items():
        if not isinstance(number, int) or number < 1:
            raise InputError(
                f"{name}={number!r}", expected="a whole number, 1 or more", hint="for example 4"
            )


def check_forms(output_type: str, callback_inputs: Sequence[str]) -> None:
    """Raises InputError for a form of pictures, or a tensor for the callback, that there is not."""
    _check_choice("output_type", output_type, ("pil", "np", "pt", "latent"))
    for name in callback_inputs:
        _check_choice("callback_on_step_end_tensor_inputs", name, ("latents",))


def check_generators(generator: torch.Generator | list[torch.Generator] | None, count: int) -> None:
    """Raises InputError unless there is one generator for all next shots, or one for each."""
    if isinstance(generator, list) and len(generator) != count:
        raise InputError(
            f"{len(generator)} generators",
            expected=f"one for all, or {count}, one for each next shot",
            hint="count prompts times num_images_per_prompt",
        )


def check_latents(latents: torch.Tensor, shape: tuple[int, ...]) -> None:
    """Raises InputError unless latents to begin with have the shape of those to be made."""
    if latents.shape != shape:
        raise InputError(
            f"latents of shape {tuple(latents.shape)}",
            expected=f"packed latents of shape {shape}",
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


def _check_kind(given: Sequence[object], kind: type | UnionType, expected: str) -> None:
    for argument in given:
        if not isinstance(argument, kind):
            raise InputError(
                f"a {type(argument).__name__} in a call of the pipeline",
                expected=expected,
                hint="see its documentation",
            )


def _check_choice(name: str, choice: str, choices: Sequence[str]) -> None:
    if choice not in choices:
        raise InputError(
            f"{name} {choice!r}", expected=f"one of {', '.join(choices)}", hint="choose one"
        )
