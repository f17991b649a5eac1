"""`make pictures`: the README's pictures, docs/stage.png, docs/strip.png and docs/sequence.png.

The first is of the film set alone. The others are the two parts of the sheet that `make demo`
makes, by the model in the package. To be made again whenever the weights or the film set are new.
"""

from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from cut2next.film.editing_pattern import patterns_label
from cut2next.film.keyframe import write_png
from cut2next.generation.model_choice import ModelChoice
from cut2next.generation.provenance import write_sheet
from cut2next.pages.contact_sheet import MARGIN, SheetRow, contact_sheet
from cut2next.pages.poster import poster
from cut2next.recipes.demo import CUTS, Demo
from cut2next.soundstage.camera import patterns_between
from cut2next.soundstage.film_set import build_set
from cut2next.soundstage.repertoire import repertoire_named

DOCS = Path(__file__).parents[1] / "docs"
STAGE = (
    ("café,day", 104, "medium close up a", "medium close up b"),
    ("living room,lamplight", 118, "two", "close up b"),
    ("street,dusk", 129, "close up a", "wide"),
    ("kitchen,day", 103, "wide", "overhead a"),
    ("park,night", 108, "two", "feature0"),
    ("office,dusk", 110, "medium close up b", "profile b"),
)
"""Parts of the film set, seeds, and two setups that a cut joins."""


def make_pictures(docs: Path) -> None:
    """Writes all three into a folder."""
    write_png(stage(), docs / "stage.png", PngInfo())
    demo = Demo(pipeline=ModelChoice(name="mini").load().pipe, name="mini")
    shots = list(demo.shots())
    parts = {"strip.png": shots[: len(CUTS)], "sequence.png": shots[len(CUTS) :]}
    for section, (name, shown) in zip(demo.sections(shots), parts.items(), strict=True):
        write_sheet(poster([section]), docs / name, [shot.provenance for shot in shown])


def stage() -> Image.Image:
    """Six cuts on the film set in six places, two in a row, shot at 1024×576."""
    cuts = [_cut(*spec) for spec in STAGE]
    left, right = (
        contact_sheet(column, columns=("a shot", "the next"), picture_size=(320, 180))
        for column in (cuts[::2], cuts[1::2])
    )
    sheet = Image.new("RGB", (left.width + right.width - MARGIN, left.height))
    sheet.paste(left, (0, 0))
    sheet.paste(right, (left.width - MARGIN, 0))
    return sheet.crop((0, 2 * MARGIN, *sheet.size))  # the room for a title


def _cut(part: str, seed: int, current: str, following: str) -> SheetRow:
    drawn = repertoire_named(f"{part},natural,2")
    film_set = build_set(seed, repertoire=drawn, aspect=16 / 9)
    setups = {setup.name: setup for setup in film_set.setups}
    pair = [setups[current], setups[following]]
    pictures = [Image.fromarray(film_set.picture(setup, (1024, 576), 3)) for setup in pair]
    place, hour = part.split(",")
    return SheetRow(
        label=f"{patterns_label(patterns_between(*pair))}: {place}, {hour}", pictures=pictures
    )


if __name__ == "__main__":
    make_pictures(DOCS)
