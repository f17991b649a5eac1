"""Chains: one next shot after the other, each made from shots that were there or made before.

Which ones, `context_shots.py` says. A shot is read once; weights that were trained with no earlier
shots go on from the last picture alone, which is naive autoregression.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from PIL import Image

from cut2next.film import IndividualPrompt, InputError
from cut2next.film.fields import check_kind
from cut2next.generation.checks import next_shot_count
from cut2next.generation.context_shots import contexts_of
from cut2next.generation.encoded import AnyPrompt, CurrentShot, EncodedPrompt


class Reading:
    """What a chain reads: each shot when it is first needed, let go when no later one needs it."""

    def __init__(
        self,
        prompts: Sequence[IndividualPrompt],
        following: Sequence[IndividualPrompt],
        earlier: int,
        read: Callable[[int], CurrentShot],
    ) -> None:
        """Of shots with such `prompts`; each of `following` adds one, and the last is not read.

        `read` reads a shot, by its number; `earlier` is how many the weights take.
        """
        self.contexts = contexts_of(prompts, following, earlier)
        self._read, self._kept = read, dict[int, CurrentShot]()

    def current(self, number: int) -> CurrentShot:
        """The shot that shot `number` is made from, after those that it is made from as well."""
        context = self.contexts[number]
        for other in context:
            if other not in self._kept:
                self._kept[other] = self._read(other)
        *earlier, current = (self._kept[other] for other in context)
        later = {other for at, them in self.contexts.items() if at > number for other in them}
        self._kept = {other: shot for other, shot in self._kept.items() if other in later}
        return current.after(*earlier)


class Chains:
    """What a pipeline makes of several cuts in a row."""

    config: Any

    def chain(
        self,
        shots: CurrentShot | Sequence[CurrentShot],
        cuts: Sequence[AnyPrompt],
        *,
        generator: torch.Generator | list[torch.Generator] | None = None,
        **settings: Any,
    ) -> Iterator[Image.Image]:
        """The next shots of a sequence, one after the other, each made when it is asked for.

        `shots` are there already, in their order, as `prefill` reads them; `cuts` are the prompts
        of each cut, encoded or not: the current prompt of one tells what the one before has made.
        A shot is made from the one before it and, as far as the weights were trained with earlier
        shots (`earlier_shots`), from the first and the latest of each person that its prompt names
        (`context_of`); each is read once. `generator` is one for all, or one for each cut; other
        settings are those of a call. Raises InputError for no shots, no cuts and a first shot that
        was read under another prompt, and what a call raises.
        """
        read: list[Any] = list(shots) if isinstance(shots, list | tuple) else [shots]
        for shot in read:
            check_kind("shots", shot, CurrentShot, "what pipe.prefill returns")
        next_shot_count(cuts, 1, generator)
        encoded = [self._encoded(cut) for cut in cuts]
        _check_chain(read, encoded)
        several = generator if isinstance(generator, list) else [generator] * len(encoded)
        return _made(self, read, encoded, several, settings)

    def _encoded(self, prompt: AnyPrompt) -> EncodedPrompt:
        check_kind("cuts", prompt, AnyPrompt)
        pipe: Any = self
        encoded: EncodedPrompt = (
            prompt if isinstance(prompt, EncodedPrompt) else pipe.encode_prompt(prompt)
        )
        return encoded


def _made(
    pipe: Any,
    shots: Sequence[CurrentShot],
    cuts: Sequence[EncodedPrompt],
    generators: Sequence[torch.Generator | None],
    settings: Mapping[str, Any],
) -> Iterator[Image.Image]:
    made: list[Image.Image] = []

    def read(number: int) -> CurrentShot:
        at = number - len(shots)
        return shots[number] if at < 0 else pipe.prefill(made[at], cuts[at + 1])

    prompts = [*(shot.prompt for shot in shots), *(cut.prompt.current for cut in cuts[1:])]
    following = [cut.prompt.next for cut in cuts]
    reading = Reading(prompts, following, pipe.config["earlier_shots"], read)
    for cut, generator in zip(cuts, generators, strict=True):
        shot = reading.current(len(shots) + len(made))
        made += pipe(shot, cut, generator=generator, **settings).images
        yield made[-1]


def _check_chain(shots: Sequence[CurrentShot], cuts: Sequence[EncodedPrompt]) -> None:
    """Raises InputError for nothing, and for shots that the first cut does not go on from."""
    if not shots or not cuts:
        raise InputError(
            f"a chain of {len(shots)} shots and {len(cuts)} cuts",
            expected="one of each at least",
            hint="begin with pipe.prefill(picture, prompt)",
        )
    shots[-1].check(cuts[0].prompt.current)
