"""Contenders: whatever makes next shots. The model, and controls that say what its figures mean."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple
from zlib import crc32

import torch
from PIL import Image

from cut2next.film import Cut
from cut2next.generation.checks import check_finite
from cut2next.generation.pipeline import Cut2NextPipeline

Contender = Callable[[Sequence[Cut]], Sequence[Image.Image]]
"""From some cuts to a next shot for each. It is given the true next shots, and shall not look."""
Chain = Callable[[Sequence[Cut]], Iterator[Image.Image]]
"""From the cuts of a sequence to its next shots, one after the other, of the first shot alone."""

MODEL = "model"
ANOTHER_SEED = "another seed"
GREY = (128, 128, 128)


class Strengths(NamedTuple):
    """How strongly the relational prompt, and the current shot, count in a call."""

    relational: float = 1.0
    current: float = 1.0


AS_TRAINED = Strengths()
TURNED = {
    **{f"relational {by:g}": Strengths(relational=by) for by in (0, 0.5, 0.75, 1.5, 2)},
    **{f"current {by:g}": Strengths(current=by) for by in (0.5, 0.75, 1.5, 2)},
}
"""By name, what the curves of a model's strengths are drawn through, 1 aside."""


def contenders(pipe: Cut2NextPipeline, *, steps: int | None = None) -> dict[str, Contender]:
    """By name, all that `cut2next bench` judges: ceilings, the model, and what it must beat.

    "truth" is the true next shot; "autoencoder" is that, encoded and decoded: the model can do no
    better. "no current shot" and "copy input" are what it must beat.
    """
    model = by_model(pipe, steps)
    return {
        "truth": one_by_one(lambda cut: cut.next.keyframe),
        "autoencoder": by_autoencoder(pipe),
        MODEL: model,
        "no current shot": lambda cuts: model([without_current_shot(cut) for cut in cuts]),
        "copy input": one_by_one(lambda cut: cut.current.keyframe),
    }


def turned(pipe: Cut2NextPipeline, *, steps: int | None = None) -> dict[str, Contender]:
    """By name: the model, with its strengths turned down and up, and from another seed."""
    return {
        MODEL: by_model(pipe, steps),
        **{name: by_model(pipe, steps, strengths=by) for name, by in TURNED.items()},
        ANOTHER_SEED: by_model(pipe, steps, seed=ANOTHER_SEED),
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


def by_model(
    pipe: Cut2NextPipeline,
    steps: int | None = None,
    *,
    strengths: Strengths = AS_TRAINED,
    seed: str = "",
) -> Contender:
    """A pipeline, in one pass for all cuts; it denoises in its own number of steps unless given.

    The noise of a cut follows from its name and `seed`: not from its place in a batch. Of prompts
    that are too long for the model the end is left out.
    """

    def make(cuts: Sequence[Cut]) -> Sequence[Image.Image]:
        made = pipe(
            [cut.current.keyframe for cut in cuts],
            [pipe.shortened(cut.prompt) for cut in cuts],
            steps,
            generator=[_noise(cut, seed) for cut in cuts],
            relational_strength=strengths.relational,
            current_strength=strengths.current,
        )
        return list(made.images)

    return make


def by_chain(pipe: Cut2NextPipeline, steps: int | None = None) -> Chain:
    """A pipeline, by its own chain: from earlier shots as well, where it was trained with some.

    The noise of a cut is that of `by_model`.
    """

    def make(cuts: Sequence[Cut]) -> Iterator[Image.Image]:
        prompts = [pipe.shortened(cut.prompt) for cut in cuts]
        first = pipe.prefill(cuts[0].current.keyframe, prompts[0].current)
        noise = [_noise(cut) for cut in cuts]
        return pipe.chain(first, prompts, generator=noise, num_inference_steps=steps)

    return make


def _noise(cut: Cut, seed: str = "") -> torch.Generator:
    return torch.Generator().manual_seed(crc32(f"{cut.name}{seed}".encode()))


def by_autoencoder(pipe: Cut2NextPipeline) -> Contender:
    """The true next shot as a pipeline's autoencoder keeps it, in one pass for all cuts."""

    @torch.no_grad()
    def make(cuts: Sequence[Cut]) -> Sequence[Image.Image]:
        framing = pipe.framing
        pixels = pipe.image_processor.preprocess(
            [framing.framed(cut.next.keyframe) for cut in cuts]
        )
        size = framing.size(*cuts[0].next.keyframe.size).in_tokens(framing.step)
        decoded = pipe.backbone.decode_image(pipe.backbone.encode_image(pixels), size)
        check_finite(decoded, "a picture", "autoencoder")
        made: Sequence[Image.Image] = pipe.image_processor.postprocess(decoded)
        return made

    return make
