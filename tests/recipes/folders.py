"""Small folders of cuts, as `cut2next soundstage` and the data commands leave them."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from tests.cuts.sample import found

from cut2next.cuts.record import CutRecord, MadeBy, ShotRecord
from cut2next.cuts.recording import record_of
from cut2next.cuts.writer import CutWriter
from cut2next.film import IndividualPrompt, RelationalPrompt, transition_caption
from cut2next.soundstage.production import Production
from cut2next.soundstage.repertoire import repertoire_named

FILM_SET = repertoire_named("café,day,natural,2,company")


def film_set_folder(folder: Path, *, count: int, size: tuple[int, int]) -> Path:
    """Cuts of the film set, with their truth."""
    production = Production(seed=7, count=count, size=size, repertoire=FILM_SET, samples=2)
    made_by = MadeBy(tool="cut2next soundstage", version="1")
    with CutWriter(folder, with_truth=True) as writer:
        for filmed in production.shoot(workers=1):
            writer.add(
                record_of(
                    filmed.cut,
                    made_by=made_by,
                    licence="Apache-2.0",
                    source="the film set",
                    truths=(filmed.current, filmed.next),
                )
            )
    return folder


def film_folder(folder: Path, *, count: int) -> Path:
    """Annotated cuts of one film, each from the shot that the one before it went to."""
    return written(folder, [film_cut(number) for number in range(count)])


def written(folder: Path, records: list[CutRecord]) -> Path:
    """A folder of these."""
    with CutWriter(folder) as writer:
        for record in records:
            writer.add(record)
    return folder


def film_cut(number: int) -> CutRecord:
    """Cut number `number` of a film in 720p, in the words of an annotator."""
    plain = found(number)
    return replace(
        plain,
        current=film_shot(plain.current, number),
        next=film_shot(plain.next, number + 1),
        relational=RelationalPrompt(
            scene="<Ada> (grey coat) argues with a ferryman on the quay",
            transition=transition_caption(plain.patterns, "<Ada>"),
            scene_consistency="fog over the harbour stays",
        ),
    )


def film_shot(shot: ShotRecord, number: int) -> ShotRecord:
    """Shot number `number` of that film: a smooth JPEG of 1280 by 720."""
    noise = np.random.default_rng(number).integers(0, 256, (9, 16, 3)).astype(np.uint8)
    file = BytesIO()
    Image.fromarray(noise).resize((1280, 720), Image.Resampling.BICUBIC).save(file, "JPEG")
    prompt = IndividualPrompt(
        summary=f"Medium close up of <Ada> (grey coat) on the quay, take {number}",
        description="Her collar is up and rain drips from a lantern behind her.",
        attributes={"Shot Size": "medium close up", "Lighting": "overcast"},
    )
    return replace(shot, name=f"shot{number}", image=file.getvalue(), prompt=prompt)
