"""The rules of the geometry judge on true cuts of the film set, with the truth as finder.

    python benchmarks/geometry.py --count 1000

Prints the confusion matrix that docs/cutbench.md shows: every cut by its true patterns, and by
those that the rules find. Eight cuts take a second on one core.
"""

import argparse
from collections import Counter
from collections.abc import Collection, Iterator
from random import Random

from cut2next.cutbench.geometry.rules import judge
from cut2next.cutbench.soundstage.held_out import FIRST_HELD_OUT
from cut2next.cutbench.soundstage.true_sights import true_sight
from cut2next.film import EditingPattern
from cut2next.soundstage.production import Production
from cut2next.soundstage.shooting import draw_cut

SIZE = (192, 80)
UNKNOWN, NONE = "cannot tell", "none"


def judged(count: int, seed: int = FIRST_HELD_OUT) -> Iterator[tuple[str, str]]:
    """The true patterns of each cut, and those found."""
    production = Production(seed=seed, count=count, size=SIZE, samples=1)
    for number in range(count):
        film_set = production.film_set(number)
        cut = draw_cut(film_set, Random(f"cut2next cut {film_set.seed}"))
        sights = [
            true_sight(film_set, setup, film_set.light(setup, SIZE, 1)[1])
            for setup in (cut.current, cut.next)
        ]
        yield said(cut.patterns), said(judge(*sights).patterns)


def said(patterns: Collection[EditingPattern] | None) -> str:
    """Patterns as one word."""
    if patterns is None:
        return UNKNOWN
    return " + ".join(one.value for one in EditingPattern if one in patterns) or NONE


def table(counts: Counter[tuple[str, str]]) -> Iterator[str]:
    """The matrix as Markdown: a row for what is true, a column for what is found."""
    rows = sorted({true for true, _ in counts})
    columns = sorted({found for _, found in counts})
    yield f"| true, found: | {' | '.join(columns)} |"
    yield "| --- " * (len(columns) + 1) + "|"
    for true in rows:
        cells = [str(counts[true, found] or "") for found in columns]
        yield f"| {true} | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    counts = Counter(judged(parser.parse_args().count))
    print("\n".join(table(counts)))
    right = sum(count for (true, found), count in counts.items() if true == found)
    print(f"{right} of {counts.total()} right")


if __name__ == "__main__":
    main()
