"""The next shots that were asked for: prompts and current shot read once, then made one by one."""

import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from PIL import Image
from torch import Generator

from cut2next.film import IndividualPrompt
from cut2next.film.png_prompt import read_png_prompt
from cut2next.generation.encoded import CurrentShot, EncodedPrompt
from cut2next.generation.framing import framed
from cut2next.generation.model_choice import LoadedModel
from cut2next.generation.provenance import Provenance, provenance_of
from cut2next.generation.request import NextShotRequest

Familiar = Callable[[IndividualPrompt, str], bool]
"""Whether a picture with a prompt of ours may be of the part of the film set that is named."""


def read_request(request: NextShotRequest, model: LoadedModel, familiar: Familiar) -> "NextShots":
    """Reads the prompts and the current shot: the one pass that serves all next shots of a request.

    `familiar` tells which pictures are of the part that the model knows, its `repertoire`. The end
    of a prompt that is too long is left out, as the notes say. Raises what the pipeline raises.
    """
    encoded = model.encode(model.pipe.shortened(request.prompt))
    picture = request.picture
    if model.fit is not None and model.fit.most_pixels is not None:
        step = model.pipe.backbone.pixels_per_token
        picture = framed(picture, model.fit.most_pixels, step=step)
    shot = model.pipe.prefill(picture, encoded)
    return NextShots(request=request, model=model, familiar=familiar, encoded=encoded, shot=shot)


@dataclass(frozen=True, kw_only=True)
class NextShots:
    """What is left to do of a request, and what to tell the person beside it."""

    request: NextShotRequest
    model: LoadedModel
    familiar: Familiar
    encoded: EncodedPrompt
    shot: CurrentShot

    def __iter__(self) -> Iterator[tuple[Image.Image, Provenance]]:
        """The next shots, each made when it is asked for, with all that made it."""
        request, pipe = self.request, self.model.pipe
        steps = pipe.steps(request.steps)
        width, height = request.size or self.shot.size
        scales: dict[str, Any] = {
            "relational_strength": request.relational_strength,
            "current_strength": request.current_strength,
        }
        if pipe.backbone.is_distilled:
            scales["guidance_scale"] = request.guidance
        for seed in request.seeds:
            generator = Generator().manual_seed(seed)
            pictures = pipe(
                self.shot, self.encoded, steps, height, width, generator=generator, **scales
            ).images
            yield pictures[0], self._provenance(seed, steps, scales)

    @cached_property
    def elsewhere(self) -> bool:
        """Whether the current shot came from elsewhere than what the model knows."""
        picture = self.request.picture
        if (provenance := provenance_of(picture)) is not None:
            return provenance.elsewhere  # what is made of a stranger remains strange
        prompt = read_png_prompt(picture)
        return prompt is None or not self.familiar(prompt, self.model.pipe.config["repertoire"])

    def notes(self) -> Iterator[str]:
        """What a person should know beside the pictures, a line each."""
        request, pipe = self.request, self.model.pipe
        if self.shot.size != request.picture.size:
            was, now = _by(request.picture.size), _by(self.shot.size)
            fit = self.model.fit
            short = fit is not None and fit.most_pixels is not None
            why = ", the most that there is memory for" if short else " around its centre"
            yield f"{request.source}, {was}, was framed to {now}{why}"
        if request.carried:
            yield f"current prompt, from {request.source}: {request.prompt.current.text}"
        if not request.relation:
            yield f"relational prompt: {request.prompt.relational.text}"
        yield from self._unread()
        if request.guidance != NextShotRequest.guidance and not pipe.backbone.is_distilled:
            yield f"{self.model.choice.name} was not distilled for guidance, and hears none"
        if (knows := pipe.config["knows"]) and self.elsewhere:
            stranger = f"{request.source} seems to come from elsewhere"
            yield f"{self.model.choice.name} knows only {knows}; {stranger}"
        if pipe.licence:
            yield pipe.licence

    def _unread(self) -> Iterator[str]:
        """What of the prompts the model cannot read."""
        prompt, pipe = self.request.prompt, self.model.pipe
        if cut := pipe.overflow(prompt):
            ends = "; ".join(f"{name}: {_short(end)!r}" for name, end in cut.items())
            yield f"too long for the model, left out of the {ends}"
        if unknown := pipe.unknown_words(prompt):
            yield f"the model does not know, and reads over: {_short(unknown)}"

    def _provenance(self, seed: int, steps: int, scales: Mapping[str, Any]) -> Provenance:
        return Provenance(
            prompt=self.encoded.prompt,
            model=Path(self.model.choice.name).name,
            table=self.model.pipe.table.name,
            seed=seed,
            steps=steps,
            elsewhere=self.elsewhere,
            loras=self.model.loras,
            precision=self.model.precision,
            **scales,
        )


def _short(text: str) -> str:
    return textwrap.shorten(text, 200)


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
