"""Our own maker: a `Cut2NextPipeline`, mini or FLUX.1, with LoRAs. It reads prompts as given."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from PIL import Image
from torch import Generator

from cut2next.backbones.fingerprint import fingerprint
from cut2next.film import RelationalPrompt
from cut2next.generation.fit import ONE_SHOT, Held
from cut2next.generation.model_choice import ModelChoice
from cut2next.makers.maker import Asked, Brief, Made, brought_to
from cut2next.makers.settings import OurSettings


class Cut2NextMaker:
    """A pipeline of this project, loaded as `cut2next generate` loads it."""

    def __init__(self, choice: ModelChoice, settings: OurSettings, held: Held = ONE_SHOT) -> None:
        """Shots `held` at a time are reckoned with. Raises what loading raises."""
        fit = choice.fit((1024, 576), held=held)
        self._model = choice.load(fit)
        self._settings = settings
        self._steps = self._model.pipe.steps(settings.steps)
        self._weights = fingerprint(self._model.pipe.transformer).hex()
        self.together = 8 if fit is None else 1

    def make(self, briefs: Sequence[Brief]) -> Iterator[Made]:
        """See `Maker`; ends of prompts that are too long are left out."""
        for at in range(0, len(briefs), self.together):
            yield from self._pass(briefs[at : at + self.together])

    def _pass(self, briefs: Sequence[Brief]) -> Iterator[Made]:
        """All in one pass where current shots have one size, else each in its own."""
        if len({brief.current.size for brief in briefs}) > 1:
            for brief in briefs:
                yield from self._pass([brief])
            return
        pipe, framing = self._model.pipe, self._model.framing
        made = pipe(
            [framing.framed(brief.current) for brief in briefs],
            [pipe.shortened(brief.prompt) for brief in briefs],
            self._steps,
            generator=[Generator().manual_seed(brief.seed) for brief in briefs],
            guidance_scale=self._settings.guidance,
            relational_strength=self._strength,
        )
        for brief, picture in zip(briefs, made.images, strict=True):
            yield Made(picture=brought_to(picture, brief.size), asked=self._asked(brief, picture))

    @property
    def _strength(self) -> float:
        return float(self._settings.relation)

    def _words(self, brief: Brief) -> str:
        prompt = self._model.pipe.shortened(brief.prompt)
        if not self._settings.relation:
            prompt = replace(prompt, relational=RelationalPrompt(transition=""))
        return prompt.text.strip()

    def _asked(self, brief: Brief, picture: Image.Image) -> Asked:
        pipe = self._model.pipe
        choice = self._model.choice
        return Asked(
            words=self._words(brief),
            size=picture.size,
            seed=brief.seed,
            steps=self._steps,
            guidance=self._settings.guidance if pipe.backbone.is_distilled else None,
            weights=self._weights,
            settings={
                "model": choice.name,
                "table": pipe.table.name,
                "loras": dict(self._model.loras),
                "precision": self._model.precision,
                "relational prompt": self._strength > 0,
                **({} if self._strength in (0, 1) else {"relational strength": self._strength}),
            },
        )
