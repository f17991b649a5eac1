"""Contenders: whatever makes next shots. The model, and controls that say what its figures mean."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

import torch
from PIL import Image

from cut2next.film import Cut
from cut2next.generation.pipeline import Cut2NextPipeline

Contender = Callable[[Sequence[Cut]], Sequence[Image.Image]]
"""From some cuts to a next shot for each. It is given the true next shots, and shall not look."""

MODEL = "model"
GREY = (128, 128, 128)


def contenders(pipe: Cut2NextPipeline, *, steps: int | None = None) -> dict[str, Contender]:
    """By name, all that `cut2next bench` judges, the best that can be first.

    "truth" is the true next shot; "autoencoder" is that, encoded and decoded: the model can do no
    better. "no current shot" and "copy input" are what it must beat.
    """
    model = ModelContender(pipe=pipe, steps=steps)
    return {
        "truth": one_by_one(lambda cut: cut.next.keyframe),
        "autoencoder": AutoencoderContender(pipe=pipe),
        MODEL: model,
        "no current shot": lambda cuts: model([without_current_shot(cut) for cut in cuts]),
        "copy input": one_by_one(lambda cut: cut.current.keyframe),
    }


def one_by_one(make: Callable[[Cut], Image.Image]) -> Contender:
    """A contender from what makes one next shot at a time."""
    return lambda cuts: [make(cut) for cut in cuts]


def without_current_shot(cut: Cut) -> Cut:
    """The cut with a neutral grey picture as its current shot, and only its prompt's summary.

    The summary stays because the model has never met a prompt without one. Relational prompt and
    next prompt stay as they are: they name the look of whoever the next shot is of.
    """
    current = replace(
        cut.current,
        keyframe=Image.new("RGB", cut.current.keyframe.size, GREY),
        prompt=replace(cut.current.prompt, description="", attributes={}),
    )
    return replace(cut, current=current)


@dataclass(frozen=True, kw_only=True)
class ModelContender:
    """A pipeline. The noise of a cut follows from its name: not from its place in a batch."""

    pipe: Cut2NextPipeline
    steps: int | None = None
    """Denoising steps; None for the model's own number."""

    def __call__(self, cuts: Sequence[Cut]) -> Sequence[Image.Image]:
        """One pass for all cuts."""
        made = self.pipe(
            [cut.current.keyframe for cut in cuts],
            [cut.prompt for cut in cuts],
            self.steps,
            generator=[_noise(cut) for cut in cuts],
        )
        return list(made.images)


@dataclass(frozen=True, kw_only=True)
class AutoencoderContender:
    """The true next shot, as a pipeline's autoencoder keeps it."""

    pipe: Cut2NextPipeline

    @torch.no_grad()
    def __call__(self, cuts: Sequence[Cut]) -> Sequence[Image.Image]:
        """One pass for all cuts."""
        pixels = self.pipe.image_processor.preprocess([cut.next.keyframe for cut in cuts])
        backbone, (height, width) = self.pipe.backbone, pixels.shape[-2:]
        step = backbone.pixels_per_token
        latents = backbone.encode_image(pixels)
        decoded = backbone.decode_image(latents, (height // step, width // step))
        made: Sequence[Image.Image] = self.pipe.image_processor.postprocess(decoded)
        return made


def _noise(cut: Cut) -> torch.Generator:
    return torch.Generator().manual_seed(crc32(cut.name.encode()))
