"""Two runs of one command at once on one output: one is refused in a line, or both are right."""

import random
import shutil
import time
from pathlib import Path

from tests.attack.cases import Case, make_desk, seen
from tests.attack.killing import LONGEST, Whole, begun, differing


def faults_of_pairs(
    case: Case,
    folder: Path,
    inputs: Path,
    server: str,
    undisturbed: Whole,
    *,
    pairs: int,
    seed: int = 0,
) -> tuple[list[str], int]:
    """What is wrong after pairs of runs, the second begun somewhat later; how many were refused."""
    chance = random.Random(f"{case.name} {seed}")
    faults, refused = list[str](), 0
    for number in range(pairs):
        desk = make_desk(folder / f"pair{number}", case, inputs)
        later = undisturbed.seconds * (chance.uniform(0, 0.8) if number else 0.0)
        found, was_refused = _pair(case, desk, server, undisturbed, later)
        faults, refused = [*faults, *found], refused + was_refused
        shutil.rmtree(desk)
    return faults, refused


def _pair(
    case: Case, desk: Path, server: str, undisturbed: Whole, later: float
) -> tuple[list[str], bool]:
    with begun(case, desk, server) as first:
        time.sleep(later)
        with begun(case, desk, server) as second:
            both = [first.ended(LONGEST), second.ended(LONGEST)]
    codes = sorted(str(ended.code) for ended in both)
    faults = differing(undisturbed.seen, seen(desk, case))
    if codes not in (["0", "0"], ["0", "2"]):
        faults.append(f"exit codes {' and '.join(codes)}: {both[0].err[-300:]}{both[1].err[-300:]}")
    faults += [
        f"more than a line: {ended.err}"
        for ended in both
        # Before it there may be notes.
        if ended.code == 2 and ended.err.count("; expected ") != 1
    ]
    return faults, codes == ["0", "2"]
