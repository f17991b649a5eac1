"""Small folders of cuts to train on, and surveys without any folder."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from tests.cuts.sample import record
from tests.generation.toy import picture

from cut2next.cuts.record import CutRecord, ShotRecord
from cut2next.cuts.writer import CutWriter
from cut2next.film import IndividualPrompt, RelationalPrompt
from cut2next.generation.framing import Framing, Size
from cut2next.training.batches.buckets import Buckets
from cut2next.training.batches.survey import CutSource, Survey, SurveyedCut, survey

BUCKETS = Buckets(model=Framing(step=16), area=64 * 48)
SIZE = (96, 72)
"""Of the pictures; they are brought to 64x48, twelve tokens."""


def shot(number: int, size: tuple[int, int] = SIZE, words: str = "red fox") -> ShotRecord:
    """Shot number `number` of a film."""
    return ShotRecord(
        name=f"shot{number}",
        image=file_of(picture(number, size)),
        prompt=IndividualPrompt(
            summary=words, description="one blue dog", attributes={"look": "near"}
        ),
    )


def file_of(image: Image.Image, kind: str = "PNG") -> bytes:
    """A picture as a file."""
    file = BytesIO()
    image.save(file, kind)
    return file.getvalue()


def cut(number: int, film: str = "film", **changes: Any) -> CutRecord:
    """A cut from shot `number` to the one after it."""
    relational = RelationalPrompt(transition="we look away")
    plain = {"current": shot(number), "next": shot(number + 1), "relational": relational}
    return replace(record(number, film=film), **{**plain, **changes})


def written(folder: Path, records: Iterable[CutRecord], **settings: Any) -> Path:
    """A folder of these."""
    with CutWriter(folder, **settings) as writer:
        for each in records:
            writer.add(each)
    return folder


def film(folder: Path, count: int = 4) -> Path:
    """A folder of cuts, each from the shot that the one before it went to."""
    return written(folder, map(cut, range(count)))


def surveyed(*folders: Path, buckets: Buckets = BUCKETS) -> Survey:
    """A survey of folders, shared evenly."""
    return survey(tuple(CutSource(folder=folder) for folder in folders), buckets)


def imagined(shots: Sequence[tuple[int, str, int]], shares: Sequence[float] = (1.0,)) -> Survey:
    """A survey of cuts of no folder: of each the source, the current shot and the size."""
    cuts = tuple(
        SurveyedCut(
            id=f"{number}",
            film="film",
            source=source,
            file=Path("none"),
            row=number,
            current=current,
            next=f"next{number}",
            size=Size(16 * size, 16),
            relational="a cut",
            current_prompt=IndividualPrompt(summary=current),
            next_prompt=IndividualPrompt(summary="a shot"),
        )
        for number, (source, current, size) in enumerate(shots)
    )
    sources = tuple(CutSource(folder=Path(f"{n}"), share=share) for n, share in enumerate(shares))
    return Survey(sources=sources, cuts=cuts, faults=())
