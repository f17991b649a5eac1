"""Chains: sequences of shots, each made from what was made before, beside what is true.

A model that goes on from its own last picture alone is naive autoregression; one that was trained
with earlier shots may read them as well. No setup comes twice in a sequence: what is asked for is
never among the shots that it is made from.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random

from PIL import Image

from cut2next.cutbench.contenders import Chain, Contender, one_by_one
from cut2next.cutbench.report import ALL, Entry, Figures, entry_of, summary
from cut2next.cutbench.runner import judged, made
from cut2next.cutbench.soundstage.held_out import HeldOut, SetCase
from cut2next.cutbench.soundstage.metrics import METRICS
from cut2next.film import Cut, InputError
from cut2next.soundstage.camera import Setup
from cut2next.soundstage.film_set import FilmSet
from cut2next.soundstage.sequences import shoot_sequence
from cut2next.soundstage.shooting import PossibleCut, possible_cuts

CUTS, MOST_CUTS = 4, 16
"""Of a sequence: unless told otherwise, and at most, since a set has some twenty setups."""
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

    Raises InputError as `chain_steps` does.
    """
    for step in chain_steps(held_out, contender, chain, cuts):
        yield [entry_of(each) for each in judged(step, METRICS)]


def chain_steps(
    held_out: HeldOut, contender: Contender, chain: Chain | None = None, cuts: int = CUTS
) -> Iterator[Iterator[tuple[SetCase, Mapping[str, Image.Image]]]]:
    """Each cut in turn: set by set its case, and what was made of it in each way.

    `OWN` is made from the picture that was made before, `TRUTH` from the true one, and `EARLIER`,
    where there is a `chain`, by that. A step is to be taken whole before the next. Raises
    InputError for a length that no sequence has.
    """
    if not 1 <= cuts <= MOST_CUTS:
        raise InputError(
            f"a sequence of {cuts} cuts",
            expected=f"1 to {MOST_CUTS}",
            hint="no setup comes twice, and a set has no more",
        )
    sequences = [sequence_on(held_out, number, cuts) for number in range(held_out.count)]
    last: dict[str, Image.Image] = {}
    ways: dict[str, Contender] = {}
    if chain is not None:
        going = {cases[0].cut.film: chain([case.cut for case in cases]) for cases in sequences}
        ways[EARLIER] = one_by_one(lambda cut: next(going[cut.film]))

    def from_own(cuts: Sequence[Cut]) -> Sequence[Image.Image]:
        pictures = contender([_from(last.get(cut.film, cut.current.keyframe), cut) for cut in cuts])
        last.update(zip((cut.film for cut in cuts), pictures, strict=True))
        return pictures

    for cases in zip(*sequences, strict=True):
        yield made(cases, {OWN: from_own, TRUTH: contender, **ways})


def sequence_on(held_out: HeldOut, number: int, cuts: int) -> list[SetCase]:
    """The cuts of the sequence on set number 0, 1, ..."""
    shots = held_out.shots(number)
    chance = Random(f"chain {shots.film_set.seed}")
    drawn = draw_new_setups(shots.film_set, chance, cuts)
    taken = shoot_sequence(shots.film_set, drawn, chance, held_out.size, held_out.samples)
    return [SetCase(cut=take.cut, shots=shots) for take in taken]


def draw_new_setups(film_set: FilmSet, chance: Random, count: int) -> list[PossibleCut]:
    """So many cuts, each from where the last one ended to a setup that was not there before.

    They begin where both leads are in sight.
    """
    leading: dict[str, list[PossibleCut]] = {setup.name: [] for setup in film_set.setups}
    for cut in possible_cuts(film_set):
        leading[cut.current.name].append(cut)
    together = [setup for setup in film_set.setups if len(setup.subjects) > 1]
    while True:  # seldom more than once: nearly every way can be gone on from
        if led := _led_on(leading, chance.choice(together), chance, count):
            return led


def _led_on(
    leading: Mapping[str, list[PossibleCut]], at: Setup, chance: Random, count: int
) -> list[PossibleCut] | None:
    """A walk from a setup that never comes back; None where it ends too soon."""
    done, seen = list[PossibleCut](), {at.name}
    while len(done) < count:
        ways = [cut for cut in leading[at.name] if cut.next.name not in seen]
        if not ways:
            return None
        done.append(chance.choice(ways))
        at = done[-1].next
        seen.add(at.name)
    return done


def _from(picture: Image.Image, cut: Cut) -> Cut:
    return replace(cut, current=replace(cut.current, keyframe=picture))
