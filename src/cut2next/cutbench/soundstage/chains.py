"""Chains: sequences of shots, each made from what was made before, beside what is true.

A model that goes on from its own last picture alone is naive autoregression; one that was trained
with earlier shots may read them as well.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from PIL import Image

from cut2next.cutbench.contenders import Chain, Contender, one_by_one
from cut2next.cutbench.report import ALL, Entry, Figures, entry_of, summary
from cut2next.cutbench.runner import run
from cut2next.cutbench.soundstage.held_out import HeldOut, SetCase
from cut2next.cutbench.soundstage.metrics import METRICS
from cut2next.film import Cut
from cut2next.soundstage.sequences import draw_sequence, shoot_sequence

CUTS = 4
"""Of a sequence, unless told otherwise."""
OWN, TRUTH, EARLIER = "from its own", "from the truth", "from earlier shots too"


def chained(
    held_out: HeldOut, contender: Contender, chain: Chain | None = None, cuts: int = CUTS
) -> Iterator[dict[str, Figures]]:
    """The usual figures of each cut in turn, over a sequence of so many on every set.

    A row is of each way of `chain_entries`.
    """
    for number, entries in enumerate(chain_entries(held_out, contender, chain, cuts), 1):
        rows = summary(entries)
        yield {f"cut {number}, {name}": groups[ALL] for name, groups in rows.items()}


def chain_entries(
    held_out: HeldOut, contender: Contender, chain: Chain | None = None, cuts: int = CUTS
) -> Iterator[list[Entry]]:
    """What is said of each cut in turn, set by set, for each way of making it.

    `OWN` is made from the picture that was made before, `TRUTH` from the true one, and `EARLIER`,
    where there is a `chain`, by that. Raises InputError for a length that no sequence has.
    """
    sequences = [_sequence(held_out, number, cuts) for number in range(held_out.count)]
    last: dict[str, Image.Image] = {}
    ways: dict[str, Contender] = {}
    if chain is not None:
        going = {cases[0].cut.film: chain([case.cut for case in cases]) for cases in sequences}
        ways[EARLIER] = one_by_one(lambda cut: next(going[cut.film]))

    def from_own(cuts: Sequence[Cut]) -> Sequence[Image.Image]:
        return contender([_from(last.get(cut.film, cut.current.keyframe), cut) for cut in cuts])

    for cases in zip(*sequences, strict=True):
        judged = list(run(cases, {OWN: from_own, TRUTH: contender, **ways}, METRICS))
        last = {each.cut.film: each.made[OWN] for each in judged}
        yield [entry_of(each) for each in judged]


def _sequence(held_out: HeldOut, number: int, cuts: int) -> list[SetCase]:
    shots = held_out.shots(number)
    chance = Random(f"chain {shots.film_set.seed}")
    drawn = draw_sequence(shots.film_set, chance, cuts + 1)
    taken = shoot_sequence(shots.film_set, drawn, chance, held_out.size, held_out.samples)
    return [SetCase(cut=made.cut, shots=shots) for made in taken]


def _from(picture: Image.Image, cut: Cut) -> Cut:
    return replace(cut, current=replace(cut.current, keyframe=picture))
