"""All of the kills or pairs, told as a table: `python -m tests.attack kills --each 30`."""

import argparse
import tempfile
from pathlib import Path

from tests.annotation.server import LoopbackServer
from tests.attack.cases import CASES, make_inputs
from tests.attack.killing import survived, whole
from tests.attack.pairs import faults_of_pairs


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    parser.add_argument("what", choices=["kills", "pairs"])
    parser.add_argument("--each", type=int, default=30, metavar="N", help="of every command (30)")
    parser.add_argument("--only", default="", metavar="A,B", help="commands, by name")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the moments (0)")
    args = parser.parse_args()
    only = args.only.split(",") if args.only else [case.name for case in CASES]
    with tempfile.TemporaryDirectory() as name, LoopbackServer() as server:
        folder = Path(name)
        (folder / "inputs").mkdir()
        inputs = make_inputs(folder / "inputs")
        for case in (case for case in CASES if case.name in only):
            undisturbed = whole(case, folder, inputs, server.url)
            given = (case, folder, inputs, server.url, undisturbed)
            if args.what == "kills":
                told = survived(*given, kills=args.each, seed=args.seed)
                faults = told.faults
                line = f"{told.kills} kills, {told.by_term} of them SIGTERM; {told.reruns} reruns"
            else:
                faults, refused = faults_of_pairs(*given, pairs=args.each, seed=args.seed)
                line = f"{args.each} pairs, in {refused} one was refused"
            print(
                f"{case.name:18}{undisturbed.seconds:6.2f} s  {line}; {len(faults)} faults",
                *faults[:5],
                sep="\n    ",
                flush=True,
            )


if __name__ == "__main__":
    main()
