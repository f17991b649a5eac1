"""A storyboard: next shots made one after the other into a folder, each from those before it.

What is there already, by all that its PNG says, is not made again: so a run that was killed goes
on where it was, and a plan that was changed is made anew from the first change on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from cut2next.film import InputError
from cut2next.film.keyframe import read_keyframe
from cut2next.film.writing import output_errors
from cut2next.generation.chain import Reading
from cut2next.generation.context_shots import contexts_of, most_held
from cut2next.generation.encoded import CurrentShot
from cut2next.generation.fit import Held
from cut2next.generation.model_choice import LoadedModel
from cut2next.generation.next_shots import Familiar, NextShots, provenances, within
from cut2next.generation.provenance import (
    Provenance,
    is_made,
    read_provenance,
    write_next_shot,
)
from cut2next.generation.request import NextShotRequest


@dataclass(frozen=True, kw_only=True)
class BoardShot:
    """A shot of a storyboard that is on disk now."""

    path: Path
    picture: Image.Image
    provenance: Provenance
    made: NextShots | None
    """What made it just now; None where it was there."""


def most_held_by(requests: Sequence[NextShotRequest], earlier: int) -> Held:
    """What making them holds at most, where the weights read so many earlier shots."""
    following = [request.prompt.next for request in requests]
    prompts = [requests[0].prompt.current, *following[:-1]]
    return most_held(contexts_of(prompts, following, earlier))


def clear_beyond(count: int, folder: Path, first: Path) -> Iterator[Path]:
    """Removes what a longer plan has left in a folder: shots of ours with a higher number.

    `first` stays, whatever its name: what the plan begins with. Raises OutputError for one that
    cannot be removed.
    """
    for path in sorted(folder.glob("[0-9]*.png")):
        number = int(path.stem) if path.stem.isdecimal() else 0
        if number > count and path.name == shot_name(number) and not path.samefile(first):
            with output_errors(path):
                if _is_ours(path):
                    path.unlink()
                    yield path


def shot_name(number: int) -> str:
    """The file of a storyboard's shot number 1, 2, ..."""
    return f"{number:02}.png"


def _is_ours(path: Path) -> bool:
    try:
        return read_provenance(path) is not None
    except InputError:
        return False


@dataclass(frozen=True, kw_only=True)
class Storyboard:
    """Next shots in a row; what each request begins with is what the one before it makes."""

    requests: Sequence[NextShotRequest]
    """Picture and `current` are heeded of the first alone."""
    model: LoadedModel
    familiar: Familiar
    """As for `read_request`."""

    def shots(self, paths: Sequence[Path]) -> Iterator[BoardShot]:
        """The shots, each read from its path, or made and written there, when it is asked for.

        Raises what the pipeline raises, and OutputError for one that cannot be written.
        """
        pipe = self.model.pipe
        requests, asked = [self.requests[0]], [pipe.shortened(self.requests[0].prompt)]
        for request in self.requests[1:]:
            requests.append(replace(request, current=asked[-1].next.summary))
            asked.append(pipe.shortened(requests[-1].prompt))
        encoded = list(self.model.encode_all(asked))
        prompts = [prompt.current for prompt in asked]
        pictures = [self.requests[0].picture]

        def read(number: int) -> CurrentShot:
            return pipe.prefill(within(pictures[number], self.model), encoded[number])

        following = [prompt.next for prompt in asked]
        reading = Reading(prompts, following, pipe.config["earlier_shots"], read)
        for number, (request, path) in enumerate(zip(requests, paths, strict=True), start=1):
            request = replace(request, picture=pictures[-1])
            earlier = [(prompts[at], pictures[at]) for at in reading.contexts[number][:-1]]
            (how,) = provenances(request, self.model, self.familiar, earlier)
            made = None
            if not is_made(path, how):
                made = NextShots(
                    request=request,
                    model=self.model,
                    provenances=[how],
                    encoded=encoded[number - 1],
                    shot=reading.current(number),
                )
                write_next_shot(made.make(how), path, how)
            pictures.append(read_keyframe(path))
            yield BoardShot(path=path, picture=pictures[-1], provenance=how, made=made)
