"""One current shot and all that is cut from it, or follows on it, on one sheet: of anybody's."""

from collections.abc import Sequence

from PIL import Image, ImageOps

from cut2next.film import HierarchicalPrompt, mentions, patterns_label
from cut2next.generation.next_shots import NextShots
from cut2next.generation.provenance import Provenance
from cut2next.generation.request import NextShotRequest
from cut2next.pages.poster import Lead, Section, Tile, poster

_NUMBERS = ("one way", "two ways", "three ways", "four ways", "five ways")


def readable(text: str) -> str:
    """A prompt with names alone: of "Close up of <Anna> (red bob)" it is "Close up of Anna"."""
    for person in reversed(list(mentions(text))):
        if not person.in_look:
            rest = text[person.end :]
            rest = rest if person.look is None else rest.partition(")")[2]
            text = f"{text[: person.start]}{person.name}{rest}"
    return text


def cut_sheet(cuts: Sequence[tuple[NextShots, Sequence[Image.Image]]]) -> Image.Image:
    """What was made of one current shot, by request; the shot large beside it, as it was read."""
    first, _ = cuts[0]
    current = first.request.prompt.current
    lead = Lead(
        picture=ImageOps.fit(first.request.picture, first.shot.size, Image.Resampling.LANCZOS),
        label="The current shot",
        words=readable(current.text) if first.request.carried or first.request.current else "",
        people=list(_people([shots.request.prompt for shots, _ in cuts]).items()),
        notes=[*first.framing_note(), *first.stranger_note()],
    )
    ways = _NUMBERS[len(cuts) - 1] if len(cuts) <= len(_NUMBERS) else f"{len(cuts)} ways"
    name = first.provenances[0].model
    section = Section(
        title=f"From one shot,\n{ways} to cut",
        about=f"Made by cut2next with {name}, from the picture below and the words over each.",
        tiles=[tile for shots, pictures in cuts for tile in _tiles(shots, pictures)],
        lead=lead,
    )
    return poster([section])


def sequence_sheet(
    requests: Sequence[NextShotRequest],
    pictures: Sequence[Image.Image],
    provenances: Sequence[Provenance],
) -> Image.Image:
    """What was made one after the other, a picture for each request, the first shot beside."""
    prompts, first = [made.prompt for made in provenances], requests[0]
    lead = Lead(
        picture=ImageOps.fit(first.picture, pictures[0].size, Image.Resampling.LANCZOS),
        label="The first shot",
        words=readable(prompts[0].current.text) if first.carried or first.current else "",
        people=list(_people(prompts).items()),
    )
    tiles = [
        Tile(
            label=" · ".join(filter(None, [str(number), patterns_label(request.patterns)])),
            words=readable(request.next),
            pictures=[("", picture)],
        )
        for number, (request, picture) in enumerate(zip(requests, pictures, strict=True), 1)
    ]
    section = Section(
        title="From one shot,\na sequence",
        about=f"Made by cut2next with {provenances[0].model}, one after the other, from the "
        "picture below and the words over each.",
        tiles=tiles,
        lead=lead,
    )
    return poster([section])


def _tiles(shots: NextShots, pictures: Sequence[Image.Image]) -> list[Tile]:
    seeds = [f"seed {each.seed}" if len(pictures) > 1 else "" for each in shots.provenances]
    return [
        Tile(
            label=patterns_label(shots.request.patterns),
            words=readable(shots.request.next),
            pictures=[(seed, picture)],
        )
        for seed, picture in zip(seeds, pictures, strict=True)
    ]


def _people(prompts: Sequence[HierarchicalPrompt]) -> dict[str, str]:
    """The looks of all who are named, the first that is told of each."""
    texts = [prompts[0].current.text, *(prompt.next.text for prompt in prompts)]
    looks: dict[str, str] = {}
    for person in (person for text in texts for person in mentions(text)):
        if person.look and not person.in_look:
            looks.setdefault(person.name, person.look)
    return looks
