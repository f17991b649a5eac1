"""All of the odd invocations, kills or pairs: `python -m tests.attack kills --each 30`."""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from shutil import rmtree

from tests.annotation.server import LoopbackServer
from tests.attack.cases import CASES, make_inputs
from tests.attack.killing import survived, whole
from tests.attack.odd import case, tried
from tests.attack.pairs import faults_of_pairs
from tests.attack.stock import fill


def main() -> int:
    """The number of faults, 1 at most."""
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    parser.add_argument("what", choices=["odd", "kills", "pairs"])
    parser.add_argument("--each", type=int, default=30, metavar="N", help="of every command (30)")
    parser.add_argument("--only", default="", metavar="A,B", help="commands, by name")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of all chance (1)")
    parser.add_argument("--count", type=int, default=5000, help="odd invocations (5000)")
    parser.add_argument("--first", type=int, default=0, metavar="K", help="number of the first (0)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        told = odd(args, Path(name)) if args.what == "odd" else killed(args, Path(name))
    return bool(told)


def odd(args: argparse.Namespace, folder: Path) -> int:
    """Odd invocations; how many did what none may do."""
    faults: Counter[str] = Counter()
    stock, begun = fill(folder / "stock"), time.perf_counter()
    for number in range(args.first, args.first + args.count):
        work = folder / "work"
        if fault := tried(case(number, args.seed, stock, work), folder / "stock"):
            faults[fault.what] += 1
            print(fault, flush=True)
        rmtree(work)
    seconds = time.perf_counter() - begun
    print(f"{args.count} tried in {seconds:.0f} s; {faults.total()} faults: {dict(faults)}")
    return faults.total()


def killed(args: argparse.Namespace, folder: Path) -> int:
    """Commands that are killed, or two at once; how many faults there were."""
    only = args.only.split(",") if args.only else [case.name for case in CASES]
    (folder / "inputs").mkdir()
    inputs, found = make_inputs(folder / "inputs"), 0
    with LoopbackServer() as server:
        for case in (each for each in CASES if each.name in only):
            undisturbed = whole(case, folder, inputs, server.url)
            given = (case, folder, inputs, server.url, undisturbed)
            if args.what == "kills":
                told = survived(*given, kills=args.each, seed=args.seed)
                faults = told.faults
                line = f"{told.kills} kills, {told.by_term} of them SIGTERM; {told.reruns} reruns"
            else:
                faults, refused = faults_of_pairs(*given, pairs=args.each, seed=args.seed)
                line = f"{args.each} pairs, in {refused} one was refused"
            line = f"{undisturbed.seconds:6.2f} s  {line}; {len(faults)} faults"
            print(f"{case.name:18}{line}", *faults[:5], sep="\n    ", flush=True)
            found += len(faults)
    return found


if __name__ == "__main__":
    sys.exit(main())
