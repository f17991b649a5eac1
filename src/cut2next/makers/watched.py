"""Our own maker, watched: one next shot at a time, which tells each step and can be stopped.

What it has read of a current shot is kept, so that five ways to cut from it cost one prefill.
"""

from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from PIL import Image
from torch import Generator

from cut2next.film import HierarchicalPrompt, IndividualPrompt, InputError, RelationalPrompt
from cut2next.generation.context_shots import MOST, context_of
from cut2next.generation.device import best_device
from cut2next.generation.encoded import CurrentShot
from cut2next.generation.fit import Held
from cut2next.generation.model_choice import ModelChoice
from cut2next.generation.ranges import STRENGTH
from cut2next.makers.cut2next_model import Cut2NextMaker
from cut2next.makers.maker import Asked, Brief, Made, brought_to
from cut2next.makers.settings import OurSettings

StepEnd = Callable[[int, int], bool]
"""Told after each step how many of how many are done; False ends the making."""
_SHARE = 0.25
"""Of the memory that is free, what kept shots may take."""


@dataclass(frozen=True, kw_only=True)
class How:
    """What a next shot may have otherwise than the maker's settings say."""

    steps: int | None = None
    guidance: float | None = None
    relational_strength: float = 1.0
    current_strength: float = 1.0


class KeptShots:
    """Current shots that were read, the latest; as many as there is room for, and always one."""

    def __init__(self, room: Callable[[], int]) -> None:
        """`room` tells how many bytes there are for them now."""
        self._room = room
        self._kept: OrderedDict[str, CurrentShot] = OrderedDict()

    def get(self, key: str, read: Callable[[], CurrentShot]) -> CurrentShot:
        """The shot of a key; read, and kept, unless it is here."""
        if key not in self._kept:
            self._kept[key] = read()
        self._kept.move_to_end(key)
        held = sum(shot.bytes for shot in self._kept.values())
        while len(self._kept) > 1 and held > self._room():
            held -= self._kept.popitem(last=False)[1].bytes
        return self._kept[key]

    def __len__(self) -> int:
        return len(self._kept)


class WatchedMaker(Cut2NextMaker):
    """A pipeline of this project for a person who watches it work."""

    def __init__(self, choice: ModelChoice, settings: OurSettings) -> None:
        """Raises what loading raises."""
        earlier = min(choice.earlier_shots, MOST - 1)
        super().__init__(choice, settings, Held(1 + earlier, earlier))
        self.kept = KeptShots(lambda: int(_SHARE * best_device().room()))

    def watched(self, brief: Brief, how: How, step: StepEnd) -> Made | None:
        """The next shot at the size that the model makes it; None when it was stopped."""
        pipe = self._model.pipe
        prompt = pipe.shortened(brief.prompt)
        shot = self._context(brief, prompt)
        settings = self._of(how) | {"earlier shots": len(shot.earlier)}
        stopped = False

        def told(pipe: Any, index: int, _time: object, _latents: object) -> None:
            nonlocal stopped
            stopped = not step(index + 1, settings["steps"])
            pipe._interrupt = stopped

        made = pipe(
            shot,
            prompt,
            settings["steps"],
            generator=Generator().manual_seed(brief.seed),
            guidance_scale=settings["guidance"],
            relational_strength=settings["relational strength"],
            current_strength=settings["current strength"],
            callback_on_step_end=told,
        ).images[0]
        return None if stopped else Made(picture=made, asked=self._told(brief, made, settings))

    def _context(self, brief: Brief, prompt: HierarchicalPrompt) -> CurrentShot:
        """The current shot, after those before it that the weights read (`context_of`)."""
        pipe, current = self._model.pipe, self._model.framing.framed(brief.current)
        before = [
            (self._alike(each.picture, current.size), self._shortened(each.prompt))
            for each in brief.earlier
        ]
        shots = [*before, (current, prompt.current)]
        prompts = [shown for _, shown in shots]
        numbers = context_of(prompts, prompt.next, pipe.config["earlier_shots"])
        *earlier, last = (self._read(*shots[number]) for number in numbers)
        return last.after(*earlier)

    def _alike(self, picture: Image.Image, size: tuple[int, int]) -> Image.Image:
        """An earlier shot at the current one's size: as it was read as that, where it can be."""
        with suppress(InputError):  # of a shape that the model does not make
            picture = self._model.framing.framed(picture)
        return brought_to(picture, size)

    def _read(self, picture: Image.Image, prompt: IndividualPrompt) -> CurrentShot:
        """A shot, read unless it is kept."""
        return self.kept.get(
            _key(picture, prompt), lambda: self._model.pipe.prefill(picture, prompt)
        )

    def _shortened(self, prompt: IndividualPrompt) -> IndividualPrompt:
        unsaid = RelationalPrompt(transition="")
        alone = HierarchicalPrompt(relational=unsaid, current=prompt, next=prompt)
        return self._model.pipe.shortened(alone).current

    def _of(self, how: How) -> dict[str, Any]:
        own = self._settings
        return {
            "steps": self._model.pipe.steps(how.steps or self._steps),
            "guidance": own.guidance if how.guidance is None else how.guidance,
            "relational strength": min(how.relational_strength * self._strength, STRENGTH.most),
            "current strength": how.current_strength,
        }

    def _told(self, brief: Brief, made: Image.Image, settings: dict[str, Any]) -> Asked:
        asked = self._asked(brief, made)
        how = {name: told for name, told in settings.items() if name not in ("steps", "guidance")}
        told = {"steps": settings["steps"], "settings": {**asked.settings, **how}}
        if asked.guidance is not None:
            told["guidance"] = settings["guidance"]
        return asked.model_copy(update=told)


def _key(picture: Image.Image, prompt: IndividualPrompt) -> str:
    return sha256(picture.tobytes() + prompt.text.encode()).hexdigest()
