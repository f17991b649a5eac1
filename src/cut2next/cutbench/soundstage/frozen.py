"""CutBench-Set: the film set's benchmark as a frozen one, so that any maker can be judged on it.

It comes by recipe from held-out seeds, so nobody need host it; and what is true of each case is
known, so that camera, look and screen direction are judged exactly.
"""

from collections.abc import Iterator

from pydantic import JsonValue

from cut2next import __version__
from cut2next.cutbench.benchmark import Benchmark, FrozenCase, MadeFrom
from cut2next.cutbench.freezing import About, CaseToFreeze, png
from cut2next.cutbench.soundstage.held_out import HeldOut, SetCase
from cut2next.film import InputError
from cut2next.soundstage.repertoire import repertoire_named

NAME, VERSION = "CutBench-Set", "1"
USUAL = HeldOut(
    count=500,
    size=(384, 160),
    repertoire=repertoire_named("café,kitchen,park,day,night,natural,2"),
)
"""Three places by day and night with two people, in looks of all kinds."""
TOOL = "cut2next soundstage"


def about_set(held_out: HeldOut) -> About:
    """What is told of it: all that it takes to shoot it again."""
    parameters: dict[str, JsonValue] = {
        "seed": held_out.seed,
        "count": held_out.count,
        "size": list(held_out.size),
        "samples": held_out.samples,
        "only": str(held_out.repertoire),
    }
    made_by = MadeFrom(tool=TOOL, version=__version__, parameters=parameters)
    return About(name=NAME, version=VERSION, licence="Apache-2.0", made_by=made_by)


def cases_of_set(held_out: HeldOut) -> Iterator[CaseToFreeze]:
    """Every case in order, each shot when it is asked for."""
    for made in held_out.shoot():
        shots = made.cut.current, made.cut.next
        current, following = (png(shot.keyframe) for shot in shots)
        yield CaseToFreeze(cut=made.cut, current=current, following=following)


def held_out_of(benchmark: Benchmark) -> HeldOut | None:
    """The recipe of a benchmark that was shot on the film set; None for any other.

    Raises InputError for a recipe that this version does not know.
    """
    made_by = benchmark.about.made_by
    if made_by.tool != TOOL:
        return None
    match made_by.parameters:
        case {
            "seed": int(seed),
            "count": int(count),
            "size": [int(width), int(height)],
            "samples": int(samples),
            "only": str(only),
        }:
            return HeldOut(
                seed=seed,
                count=count,
                size=(width, height),
                samples=samples,
                repertoire=repertoire_named(only),
            )
    raise InputError(
        f"{benchmark.folder}: a recipe {made_by.parameters}",
        expected="that of CutBench-Set",
        hint="build it again",
    )


def set_case(held_out: HeldOut, case: FrozenCase) -> SetCase:
    """A frozen case with all that the set knows of it, over the pictures that were frozen."""
    return SetCase(cut=case.case().cut, shots=held_out.shots(int(case.name)))
