"""Kills a command at random moments of its run, then lets it run to its end: nothing may differ.

Two runs that nobody disturbs tell what there should be, and how long it takes.
"""

import random
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from tests.attack.cases import Case, environment, make_desk, seen, words_of
from tests.attack.invoking import Invocation, Outcome
from tests.attack.smaller import make_smaller

LONGEST = 120.0
"""Seconds that a run may take."""
_IN_A_ROW = 3
"""Kills of one desk, at most, before a run to the end."""
_MADE = "exists and is not empty"
"""What a new folder is refused for, where a kill came when all was done."""


@dataclass(frozen=True, kw_only=True)
class Whole:
    """What a command leaves that nothing happens to."""

    seen: dict[str, str]
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Survived:
    """How many kills a command was started again after, and what then was otherwise."""

    kills: int
    by_term: int
    reruns: int
    faults: list[str]


def begun(case: Case, desk: Path, server: str) -> Invocation:
    """The command, running on a desk."""
    return Invocation(words_of(case, server), desk, environment(desk), make_smaller)


def whole(case: Case, folder: Path, inputs: Path, server: str) -> Whole:
    """What two undisturbed runs agree on; the second tells the time, for it has nothing to load."""
    found = []
    for number in range(2):
        desk = make_desk(folder / f"whole{number}", case, inputs)
        with begun(case, desk, server) as run:
            ended = run.ended(LONGEST)
        assert ended.code == 0, f"{case.name}: {ended.err[-2000:]}"
        found.append(seen(desk, case))
        shutil.rmtree(desk)
    assert found[0] == found[1], differing(*found)
    return Whole(seen=found[1], seconds=ended.seconds)


def survived(
    case: Case,
    folder: Path,
    inputs: Path,
    server: str,
    undisturbed: Whole,
    *,
    kills: int,
    seed: int = 0,
) -> Survived:
    """Kills a command so often, begins it again each time, and tells what is wrong afterwards."""
    chance = random.Random(f"{case.name} {seed}")
    done, by_term, reruns, faults = 0, 0, 0, list[str]()
    while done < kills:
        desk = make_desk(folder / f"desk{reruns}", case, inputs)
        for _ in range(chance.randint(1, min(_IN_A_ROW, kills - done))):
            by = chance.choice([signal.SIGKILL] * 4 + [signal.SIGTERM])
            moment = chance.uniform(0, undisturbed.seconds)
            if _killed(case, desk, server, moment, by):
                done, by_term = done + 1, by_term + (by is signal.SIGTERM)
        reruns += 1
        faults += _faults(case, desk, server, undisturbed)
        shutil.rmtree(desk)
    return Survived(kills=done, by_term=by_term, reruns=reruns, faults=faults)


def _killed(case: Case, desk: Path, server: str, moment: float, by: signal.Signals) -> bool:
    """Whether the command was under way when the signal came."""
    with begun(case, desk, server) as run:
        time.sleep(moment)
        run.kill(by)
        return run.ended(LONGEST).code not in (0, 2)


def _faults(case: Case, desk: Path, server: str, undisturbed: Whole) -> list[str]:
    """What is wrong with a run to the end, after kills."""
    with begun(case, desk, server) as run:
        ended = run.ended(LONGEST)
    if not is_done(ended):
        return [f"exit code {ended.code}: {ended.err[-500:]}"]
    return differing(undisturbed.seen, seen(desk, case))


def is_done(ended: Outcome) -> bool:
    """Whether all is there: made now, or by the run that was killed after it was done."""
    return ended.code == 0 or (ended.code == 2 and _MADE in ended.err)


def differing(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """A line for each path that is only in one, or not the same in both."""
    lines = dict.fromkeys(one.keys() - other.keys(), "is missing")
    lines |= dict.fromkeys(other.keys() - one.keys(), "is left over")
    lines |= {path: "differs" for path in one.keys() & other.keys() if one[path] != other[path]}
    return [f"{path} {told}" for path, told in sorted(lines.items())]
