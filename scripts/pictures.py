"""`make pictures`: the README's docs/strip.png and docs/sequence.png, by the model in the package.

They are the two parts of the sheet that `make demo` makes, to be made again whenever the weights or
the film set are new.
"""

from pathlib import Path

from cut2next.generation.model_choice import ModelChoice
from cut2next.generation.provenance import write_sheet
from cut2next.pages.poster import poster
from cut2next.recipes.demo import CUTS, Demo

DOCS = Path(__file__).parents[1] / "docs"


def make_pictures(docs: Path) -> None:
    """Writes both into a folder."""
    demo = Demo(pipeline=ModelChoice(name="mini").load().pipe, name="mini")
    shots = list(demo.shots())
    parts = {"strip.png": shots[: len(CUTS)], "sequence.png": shots[len(CUTS) :]}
    for section, (name, shown) in zip(demo.sections(shots), parts.items(), strict=True):
        write_sheet(poster([section]), docs / name, [shot.provenance for shot in shown])


if __name__ == "__main__":
    make_pictures(DOCS)
