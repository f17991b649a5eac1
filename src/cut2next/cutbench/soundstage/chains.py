"""Chains: sequences of shots, each made from the model's own last picture, beside the true one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from PIL import Image

from cut2next.cutbench.contenders import Contender
from cut2next.cutbench.report import ALL, Figures, entry_of, summary
from cut2next.cutbench.runner import run
from cut2next.cutbench.soundstage.held_out import HeldOut, SetCase
from cut2next.cutbench.soundstage.metrics import METRICS
from cut2next.film import Cut
from cut2next.soundstage.sequences import draw_sequence, shoot_sequence

CUTS = 4
"""Of a sequence."""
OWN, TRUTH = "from its own", "from the truth"


def chained(held_out: HeldOut, contender: Contender) -> Iterator[dict[str, Figures]]:
    """The usual figures of each cut in turn, over a sequence on every set.

    One row is of pictures made from the picture that was made before, one of those made from the
    true one.
    """
    sequences = [_sequence(held_out, number) for number in range(held_out.count)]
    last: dict[str, Image.Image] = {}

    def from_own(cuts: Sequence[Cut]) -> Sequence[Image.Image]:
        return contender([_from(last.get(cut.film, cut.current.keyframe), cut) for cut in cuts])

    for number, cases in enumerate(zip(*sequences, strict=True), 1):
        judged = list(run(cases, {OWN: from_own, TRUTH: contender}, METRICS))
        last = {each.cut.film: each.made[OWN] for each in judged}
        rows = summary([entry_of(each) for each in judged])
        yield {f"cut {number}, {name}": groups[ALL] for name, groups in rows.items()}


def _sequence(held_out: HeldOut, number: int) -> list[SetCase]:
    shots = held_out.shots(number)
    chance = Random(f"chain {shots.film_set.seed}")
    cuts = draw_sequence(shots.film_set, chance, CUTS + 1)
    taken = shoot_sequence(shots.film_set, cuts, chance, held_out.size, held_out.samples)
    return [SetCase(cut=made.cut, shots=shots) for made in taken]


def _from(picture: Image.Image, cut: Cut) -> Cut:
    return replace(cut, current=replace(cut.current, keyframe=picture))
