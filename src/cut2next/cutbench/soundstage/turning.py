"""What becomes of a model's next shots when its strengths are turned, or its seed is another."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from cut2next.cutbench.contenders import ANOTHER_SEED, MODEL, Contender
from cut2next.cutbench.metrics.metric import Column
from cut2next.cutbench.report import ALL, Entry, Figures, entry_of, summary
from cut2next.cutbench.runner import run
from cut2next.cutbench.soundstage.held_out import SetCase
from cut2next.cutbench.soundstage.metrics import METRICS
from cut2next.cutbench.statistics.intervals import mean_of
from cut2next.soundstage.film_set import OWNERS

TOLD, UNTOLD = "people and props", "place"
DIFFERENCE = "difference"
COLUMNS = {DIFFERENCE: Column(heading="of 255", width=21, factor=1, interval=True)}
"""How a table shows variety."""


@dataclass(frozen=True, kw_only=True)
class Turned:
    """One cut, as a model makes it when it is turned."""

    entry: Entry
    variety: Mapping[str, float | None]
    """How far two seeds differ."""


def turned_shots(cases: Iterable[SetCase], contenders: Mapping[str, Contender]) -> Iterator[Turned]:
    """Each case by the model and by `contenders.turned`."""
    waiting: deque[SetCase] = deque()

    def tapped() -> Iterator[SetCase]:
        for case in cases:
            waiting.append(case)
            yield case

    for judged in run(tapped(), contenders, METRICS):
        shots = (judged.made[MODEL], judged.made[ANOTHER_SEED])
        yield Turned(entry=entry_of(judged), variety=variety(waiting.popleft(), *shots))


def variety(case: SetCase, first: Image.Image, second: Image.Image) -> dict[str, float | None]:
    """Mean differences of display values, 0..255, by whether prompts tell what is there.

    They tell of people and of things on the table, and little of the place around them. None where
    the true next shot shows nothing of the kind.
    """
    ids = case.shots.of[case.following.name].object_ids
    parts = case.film_set.geometry.parts
    told = np.isin(ids, [number for number, part in enumerate(parts) if _is_told(part)])
    apart = np.abs(case.shots.read(first).astype(float) - case.shots.read(second)).mean(axis=-1)
    return {
        kind: float(apart[where].mean()) if where.any() else None
        for kind, where in ((TOLD, told), (UNTOLD, ~told))
    }


def curves(turned: Sequence[Turned]) -> dict[str, Figures]:
    """By how the model was turned, its usual figures."""
    return {name: groups[ALL] for name, groups in summary([cut.entry for cut in turned]).items()}


def varieties(turned: Sequence[Turned]) -> dict[str, Figures]:
    """By what prompts tell, how far two seeds differ."""
    kinds = {kind: [cut.variety[kind] for cut in turned] for kind in (TOLD, UNTOLD)}
    return {
        kind: {DIFFERENCE: mean_of([value for value in values if value is not None])}
        for kind, values in kinds.items()
    }


def _is_told(part: str) -> bool:
    return part.split(".")[0] in OWNERS or part.startswith("prop")
