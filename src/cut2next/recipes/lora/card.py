"""The model card of a LoRA: what Hugging Face sorts it by, and what a person wants to know."""

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import ModelCardData

from cut2next.cuts.card import licence_tag, listed, plain
from cut2next.cuts.dataset import checked_rows
from cut2next.cuts.record import CutRecord
from cut2next.film.png_prompt import printable
from cut2next.generation.hub import is_hub_name
from cut2next.training.batches.survey import Survey, SurveyedCut
from cut2next.training.validation import BANDS, ValidationLoss

_TAGS = ["cut2next", "lora", "next-shot-generation", "diffusers"]


@dataclass(frozen=True, kw_only=True)
class LearntFrom:
    """The cuts of a folder that a LoRA was trained on."""

    folder: str
    """By name."""
    cuts: int
    films: int
    licences: Mapping[str, int]
    """Of the pictures, with how many cuts."""
    sources: Mapping[str, int]

    @classmethod
    def of(cls, folder: str, records: Iterable[CutRecord]) -> "LearntFrom":
        """What records say."""
        films, licences, sources = Counter[str](), Counter[str](), Counter[str]()
        for record in records:
            films[record.film_identity] += 1
            licences[record.licence] += 1
            sources[record.source] += 1
        return cls(
            folder=folder,
            cuts=films.total(),
            films=len(films),
            licences=licences,
            sources=sources,
        )


@dataclass(frozen=True, kw_only=True)
class LoraCard:
    """What a card tells."""

    lora: str
    """The file, beside the card."""
    base: str
    """The model it goes on, by name or folder."""
    base_licence: str
    """What that asks, in a line; empty where it asks nothing (`backbone.licence`)."""
    table: str
    steps: int
    numbers: Mapping[str, object]
    """Of the recipe."""
    data: Sequence[LearntFrom]
    before: ValidationLoss | None = None
    after: ValidationLoss | None = None
    held_out: int = 0
    """Cuts that both are of."""
    sheet: str | None = None
    """A picture of them, by its place beside the card."""


def learnt_from(survey: Survey) -> list[LearntFrom]:
    """What a run was trained on, source by source. Raises InputError for folders that changed."""
    data = []
    for number, source in enumerate(survey.sources):
        cuts = [cut for cut in survey.cuts if cut.source == number]
        data.append(LearntFrom.of(source.folder.resolve().name, _records(cuts)))
    return data


def _records(cuts: Iterable[SurveyedCut]) -> Iterator[CutRecord]:
    """Those of some cuts, by where they are; what lies beside them was left out of the run."""
    places: dict[Path, set[int]] = {}
    for cut in cuts:
        places.setdefault(cut.file, set()).add(cut.row)
    for file, rows in places.items():
        for at, row in enumerate(checked_rows(file, images=False)):
            if at in rows and row.record is not None:
                yield row.record


def model_card(card: LoraCard) -> str:
    """The page, Markdown under a header as Hugging Face reads it."""
    parts = [_begun(card), _figures(card), _data(card), _recipe(card), _licence(card)]
    return f"---\n{_header(card)}\n---\n\n" + "\n".join(part for part in parts if part)


def _header(card: LoraCard) -> str:
    licences = [name for data in card.data for name in data.licences]
    known = is_hub_name(card.base)  # a folder of one's own is nothing to link to
    header: str = ModelCardData(
        base_model=card.base if known else None,
        base_model_relation="adapter" if known else None,
        library_name="diffusers",
        license="other" if card.base_licence else licence_tag(set(licences)),
        pipeline_tag="image-to-image",
        tags=_TAGS,
    ).to_yaml()
    return header


def _begun(card: LoraCard) -> str:
    return (
        f"# {plain(card.lora.removesuffix('.safetensors'))}\n\n"
        "A LoRA that makes the next shot of a film from the current one and a way to cut: next "
        "shot generation ([arXiv 2508.08244](https://arxiv.org/abs/2508.08244)), by cut2next.\n"
        f"It goes on {plain(card.base)}, under the segment table {plain(card.table)}, and was "
        f"trained for {card.steps:,} steps.\n\n"
        f"```sh\n{generating(card)}\n```\n"
    )


def generating(card: LoraCard) -> str:
    """The command that makes a next shot with it."""
    words = ["cut2next", "generate", "CURRENT.png", "--pattern", "cut-in"]
    words += ["--next", "Close up of the clock", "--model", card.base]
    return printable(shlex.join([*words, "--lora", card.lora, "-o", "NEXT.png"]))


def _figures(card: LoraCard) -> str:
    """The loss of held-out cuts, and the sheet."""
    losses = {"before": card.before, "after": card.after}
    shown = {name: loss for name, loss in losses.items() if loss is not None}
    picture = f"![Held-out cuts]({card.sheet})\n" if card.sheet else ""
    if not shown:
        return picture
    rows = [[band, *(f"{loss.by_band[band]:.4f}" for loss in shown.values())] for band in BANDS]
    rows.append(["all", *(f"{loss.mean:.4f}" for loss in shown.values())])
    return (
        f"## Held-out cuts\n\nThe loss of {card.held_out} cuts that it was not trained on, at "
        "fixed times and noise; t = 0 is the picture, t = 1 is noise.\n\n"
        f"{_table(['t', *shown], rows)}\n{picture}"
    )


def _data(card: LoraCard) -> str:
    rows = [[data.folder, f"{data.cuts:,}", f"{data.films:,}"] for data in card.data]
    licences, sources = Counter[str](), Counter[str]()
    for data in card.data:
        licences.update(data.licences)
        sources.update(data.sources)
    return (
        f"## Data\n\n{_table(['folder', 'cuts', 'films'], rows)}\n"
        f"Licence of the pictures, with how many cuts:\n\n{listed(licences)}\n"
        f"Where they come from, with how many cuts:\n\n{listed(sources)}"
    )


def _recipe(card: LoraCard) -> str:
    rows = [[name.replace("_", " "), str(value)] for name, value in card.numbers.items()]
    return f"## Recipe\n\n{_table(['', 'value'], rows)}"


def _licence(card: LoraCard) -> str:
    asked = f" Of the base: {plain(card.base_licence)}." if card.base_licence else ""
    return f"## Licence\n\nWhat base and pictures ask holds for the LoRA too.{asked}\n"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *([plain(cell) for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
