"""Curators who looked at the same cuts: what they agree on, how far, and what is still open."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from cut2next.curation.decisions import Decision, Key, Verdict

_Verdicts = Mapping[Key, Verdict]


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How far two curators agree on the cuts that both decided."""

    first: str
    second: str
    both: int
    same: int
    kappa: float | None
    """Cohen's, what is agreed beyond chance of what could be: 1 is full agreement, 0 that of
    chance; None where chance alone explains all, as when both kept everything."""

    @property
    def share(self) -> float | None:
        """Of the cuts that both decided."""
        return self.same / self.both if self.both else None


@dataclass(frozen=True, kw_only=True)
class Joined:
    """The decisions of several curators as one list."""

    decisions: list[Decision] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)
    """Of every two curators."""
    conflicts: list[str] = field(default_factory=list)
    """Ids of the cuts that are left undecided because curators differ; their notes say how."""


def join(curators: Mapping[str, Sequence[Decision]]) -> Joined:
    """Decided is what all who decided say alike; what they differ about stays open.

    Ids and times must be those of one set (`matching.py`).
    """
    rows: dict[Key, dict[str, Decision]] = defaultdict(dict)
    for curator, decisions in curators.items():
        for decision in decisions:
            rows[decision.key][curator] = decision
    decided = {
        curator: {decision.key: decision.verdict for decision in decisions if decision.verdict}
        for curator, decisions in curators.items()
    }
    agreements = [
        _agreement(first, second, decided[first], decided[second])
        for first, second in combinations(decided, 2)
    ]
    joined = Joined(agreements=agreements)
    for said in rows.values():
        verdicts = {decision.verdict for decision in said.values() if decision.verdict}
        joined.decisions.append(_joined(said, verdicts.pop() if len(verdicts) == 1 else None))
        if len(verdicts) > 1:
            joined.conflicts.append(joined.decisions[-1].id)
    return joined


def name_of(decisions: Iterable[Decision], otherwise: str) -> str:
    """The curator that most decisions of a file name."""
    named = Counter(
        decision.curator for decision in decisions if decision.verdict and decision.curator
    )
    return named.most_common(1)[0][0] if named else otherwise


def _joined(said: Mapping[str, Decision], verdict: Verdict | None) -> Decision:
    decided = {name: row.verdict.value for name, row in said.items() if row.verdict}
    notes = [f"{name}: {decision.note}" for name, decision in said.items() if decision.note]
    if decided and verdict is None:
        notes.insert(0, " / ".join(f"{name}: {word}" for name, word in decided.items()))
    return replace(
        next(iter(said.values())),
        verdict=verdict,
        curator=", ".join(decided),
        note="; ".join(notes),
        more={name: cell for decision in said.values() for name, cell in decision.more.items()},
    )


def _agreement(first: str, second: str, mine: _Verdicts, theirs: _Verdicts) -> Agreement:
    both = mine.keys() & theirs.keys()
    count, same = len(both), sum(mine[cut] is theirs[cut] for cut in both)
    # In whole numbers, so that chance that explains all is found exactly.
    counts = [Counter(verdicts[cut] for cut in both) for verdicts in (mine, theirs)]
    chance = sum(counts[0][verdict] * counts[1][verdict] for verdict in Verdict)
    beyond = count * count - chance
    kappa = (same * count - chance) / beyond if beyond else None
    return Agreement(first=first, second=second, both=count, same=same, kappa=kappa)
