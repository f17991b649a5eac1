"""The next shots that were asked for: prompts and current shot read once, then made one by one."""

import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

from PIL import Image
from torch import Generator

from cut2next.backbones.fingerprint import fingerprint
from cut2next.film import IndividualPrompt
from cut2next.film.png_prompt import read_png_prompt
from cut2next.generation.encoded import CurrentShot, EncodedPrompt
from cut2next.generation.framing import Size
from cut2next.generation.model_choice import LoadedModel
from cut2next.generation.provenance import Provenance, provenance_of
from cut2next.generation.request import NextShotRequest

Familiar = Callable[[IndividualPrompt, str], bool]
"""Whether a picture with a prompt of ours may be of the part of the film set that is named."""


def provenances(
    request: NextShotRequest,
    model: LoadedModel,
    familiar: Familiar,
    earlier: Sequence[tuple[IndividualPrompt, Image.Image]] = (),
) -> list[Provenance]:
    """How each next shot of a request is made, told before anything is.

    `familiar` tells which pictures are of the part that the model knows, its `repertoire`;
    `earlier` are shots before the current one that they are made from as well.
    """
    size, box = request.picture.size, model.framing.box(*request.picture.size)
    told = Provenance(
        prompt=model.pipe.shortened(request.prompt),
        model=Path(model.choice.name).name,
        table=model.pipe.table.name,
        seed=request.seed,
        steps=model.pipe.steps(request.steps),
        elsewhere=_is_elsewhere(request.picture, model, familiar),
        crop=() if box == (0, 0, *size) else tuple(map(round, box)),
        loras=model.loras,
        guidance_scale=request.guidance if model.pipe.backbone.is_distilled else None,
        relational_strength=request.relational_strength,
        current_strength=request.current_strength,
        precision=model.precision,
        earlier=tuple(prompt.text for prompt, _ in earlier),
        made_from=_digest(request, model, [picture for _, picture in earlier]),
    )
    return [replace(told, seed=seed) for seed in request.seeds]


def read_request(
    request: NextShotRequest,
    model: LoadedModel,
    familiar: Familiar,
    *,
    encoded: EncodedPrompt | None = None,
    before: "NextShots | None" = None,
) -> "NextShots":
    """Reads the prompts and the current shot: the one pass that serves all next shots of a request.

    Prompts may be `encoded` already. The current shot of a request `before` is taken over where it
    is the same under the same prompt. The end of a prompt that is too long is left out, as the
    notes say. Raises what the pipeline raises, and InputError for a size that it does not make.
    """
    framing, picture = model.framing, request.picture
    framing.asked(request.size, framing.size(*picture.size))
    encoded = encoded or model.encode(model.pipe.shortened(request.prompt))
    if before is not None and before.request.shares_current_shot(request):
        shot = before.shot
    else:
        shot = model.pipe.prefill(within(picture, model), encoded)
    made = provenances(request, model, familiar)
    return NextShots(request=request, model=model, provenances=made, encoded=encoded, shot=shot)


@dataclass(frozen=True, kw_only=True)
class NextShots:
    """What is left to do of a request, and what to tell the person beside it."""

    request: NextShotRequest
    model: LoadedModel
    provenances: Sequence[Provenance]
    encoded: EncodedPrompt
    shot: CurrentShot

    def __iter__(self) -> Iterator[tuple[Image.Image, Provenance]]:
        """The next shots, each made when it is asked for, with all that made it."""
        for provenance in self.provenances:
            yield self.make(provenance), provenance

    def make(self, provenance: Provenance) -> Image.Image:
        """One of them, by its seed."""
        width, height = self.request.size or self.shot.size
        made = self.model.pipe(
            self.shot,
            self.encoded,
            provenance.steps,
            height,
            width,
            generator=Generator().manual_seed(provenance.seed),
            guidance_scale=self.request.guidance,
            relational_strength=provenance.relational_strength,
            current_strength=provenance.current_strength,
        )
        picture: Image.Image = made.images[0]
        return picture

    def notes(self) -> Iterator[str]:
        """What a person should know beside the pictures, a line each."""
        request, pipe = self.request, self.model.pipe
        yield from self.framing_note()
        if request.carried:
            yield f"current prompt, from {request.source}: {request.prompt.current.text}"
        if not request.relation:
            yield f"relational prompt: {request.prompt.relational.text}"
        yield from self._unread()
        if request.guidance != NextShotRequest.guidance and not pipe.backbone.is_distilled:
            yield f"{self.model.choice.name} was not distilled for guidance, and hears none"
        yield from self.stranger_note()
        if pipe.licence:
            yield pipe.licence

    @property
    def framed(self) -> dict[str, object]:
        """What of the current shot was read, and how large; empty where that was all as it is."""
        was, now = self.request.picture.size, self.shot.size
        crop = self.provenances[0].crop or (0, 0, *was)
        if was == now:
            return {}
        return {"image": self.request.source, "size": was, "crop": crop, "to": now}

    def framing_note(self) -> Iterator[str]:
        """What of the current shot was read, in words, where that was not all as it is."""
        was, now = Size(*self.request.picture.size), self.shot.size
        if not self.framed:
            return
        left, top, right, bottom = self.provenances[0].crop or (0, 0, *was)
        kept = Size(right - left, bottom - top)
        cropped = [f"cropped to {kept} around its centre"] if kept != was else []
        scaled = [f"scaled to {now}"] if kept != now else []
        why = ""
        if self.model.framing.only:
            why = f", the one size that {self.model.choice.name} knows"
        elif self.model.fit is not None and self.model.fit.most_pixels is not None:
            why = ", the most that there is memory for"
        yield f"{self.request.source}, {was}, was {' and '.join(cropped + scaled)}{why}"

    def stranger_note(self) -> Iterator[str]:
        """What the model knows, where the current shot is not of it, and no LoRA taught it more."""
        knows = self.model.pipe.config["knows"]
        if knows and self.provenances[0].elsewhere and not self.model.was_taught:
            stranger = f"{self.request.source} seems to come from elsewhere"
            yield f"{self.model.choice.name} knows only {knows}; {stranger}"

    def _unread(self) -> Iterator[str]:
        """What of the prompts the model cannot read."""
        prompt, pipe = self.request.prompt, self.model.pipe
        if cut := pipe.overflow(prompt):
            ends = "; ".join(f"{name}: {_short(end)!r}" for name, end in cut.items())
            yield f"too long for the model, left out of the {ends}"
        if unknown := pipe.unknown_words(prompt):
            yield f"the model does not know, and reads over: {_short(unknown)}"


def _is_elsewhere(picture: Image.Image, model: LoadedModel, familiar: Familiar) -> bool:
    """Whether a current shot came from elsewhere than what the model knows."""
    if (provenance := provenance_of(picture)) is not None:
        return provenance.elsewhere  # what is made of a stranger remains strange
    prompt = read_png_prompt(picture)
    return prompt is None or not familiar(prompt, model.pipe.config["repertoire"])


def within(picture: Image.Image, model: LoadedModel) -> Image.Image:
    """The picture as large as there is memory for."""
    if model.fit is None or model.fit.most_pixels is None:
        return picture
    return model.framing.framed(picture)


def _digest(
    request: NextShotRequest, model: LoadedModel, earlier: Sequence[Image.Image] = ()
) -> str:
    digest = blake2b(fingerprint(model.pipe.transformer), digest_size=16)
    most = None if model.fit is None else model.fit.most_pixels
    digest.update(f"{request.picture.size} {request.size and tuple(request.size)} {most}".encode())
    for picture in (request.picture, *earlier):
        digest.update(picture.tobytes())
    return digest.hexdigest()


def _short(text: str) -> str:
    return textwrap.shorten(text, 200)
