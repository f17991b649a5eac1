"""Whether the tests notice when the core is broken: 40 stated mutants, one at a time.

    python scripts/mutants.py [--jobs 2] [--only WORD]

Each changes one line of a copy of the tree and runs the tests that must notice it; the tree itself
is never touched. Before, the same tests must pass without any mutant. Survivors are listed, and
make the exit code 1. A mutant whose text is no longer in its file is an error: state it anew.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.stated_mutants import MUTANTS, Mutant  # noqa: E402  # run as a file, it has no package

COPIED = ("benchmarks", "scripts", "src", "tests", "pyproject.toml")
PASSED, FAILED = 0, (1, 2)
"""pytest's exit codes; 2 is a test that cannot even be collected."""


def main() -> int:
    """Try all mutants, and show what survives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2, help="mutants at a time")
    parser.add_argument("--only", default="", help="those whose file or words hold this")
    args = parser.parse_args()
    mutants = [mutant for mutant in MUTANTS if args.only in f"{mutant.file} {mutant.breaks}"]
    with tempfile.TemporaryDirectory(prefix="cut2next-mutants-") as folder:
        trees: SimpleQueue[Path] = SimpleQueue()
        for number in range(args.jobs):
            trees.put(copied(Path(folder) / str(number)))
        survivors = list(tried(mutants, trees, args.jobs))
    print(f"{len(mutants) - len(survivors)} of {len(mutants)} mutants noticed")
    for mutant in survivors:
        print(f"SURVIVED {mutant.file}: {mutant.breaks}")
    return 1 if survivors else 0


def tried(mutants: Sequence[Mutant], trees: "SimpleQueue[Path]", jobs: int) -> Iterator[Mutant]:
    """The mutants that no test notices."""

    def survives(mutant: Mutant | None) -> bool:
        tree = trees.get()
        try:
            if mutant is None:
                return run(tree, sorted({test for m in mutants for test in m.tests.split()}))
            with mutated(tree, mutant):
                alive = run(tree, mutant.tests.split())
            print("survived" if alive else "noticed ", mutant.file, "-", mutant.breaks, flush=True)
            return alive
        finally:
            trees.put(tree)

    with ThreadPoolExecutor(jobs) as pool:
        whole = pool.submit(survives, None)
        alive = list(pool.map(survives, mutants))
        if not whole.result():
            sys.exit("the tests fail without any mutant; see `make test`")
    yield from (mutant for mutant, survived in zip(mutants, alive, strict=True) if survived)


def copied(tree: Path) -> Path:
    """A copy of what the tests need."""
    tree.mkdir()
    for name in COPIED:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, tree / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, tree / name)
    return tree


@contextmanager
def mutated(tree: Path, mutant: Mutant) -> Iterator[None]:
    """The tree with one change, for as long as it is needed."""
    path = tree / "src" / "cut2next" / mutant.file
    before = path.read_text(encoding="utf-8")
    path.write_text(applied(mutant, before), encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(before, encoding="utf-8")


def applied(mutant: Mutant, source: str) -> str:
    """The file with the change. Raises ValueError unless its text stands there once."""
    if (count := source.count(mutant.text)) != 1:
        raise ValueError(f"{mutant.file} holds {mutant.text!r} {count} times, expected once")
    return source.replace(mutant.text, mutant.replacement)


def run(tree: Path, tests: Sequence[str]) -> bool:
    """Whether these tests pass in that tree."""
    # No byte code: two versions of a file may have one size and one second.
    paths = {"PYTHONPATH": f"{tree / 'src'}{os.pathsep}{tree}", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    command += ["-m", "not slow", *(f"tests/{test}" for test in tests)]
    environment = {**os.environ, **paths, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True)
    if done.returncode not in (PASSED, *FAILED):
        sys.exit(f"pytest could not run {' '.join(tests)}:\n{done.stdout}{done.stderr}")
    return done.returncode == PASSED


if __name__ == "__main__":
    sys.exit(main())
