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
    """Cohen's: 1 is full agreement, 0 that of chance; None where chance alone explains all, as
    when both kept everything."""

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
    joined = Joined(agreements=_agreements(curators))
    for said in rows.values():
        verdicts = {decision.verdict for decision in said.values() if decision.verdict}
        joined.decisions.append(_one(said, next(iter(verdicts)) if len(verdicts) == 1 else None))
        if len(verdicts) > 1:
            joined.conflicts.append(joined.decisions[-1].id)
    return joined


def name_of(decisions: Iterable[Decision], otherwise: str) -> str:
    """The curator that most decisions of a file name."""
    named = Counter(
        decision.curator for decision in decisions if decision.verdict and decision.curator
    )
    return named.most_common(1)[0][0] if named else otherwise


def _one(said: Mapping[str, Decision], verdict: Verdict | None) -> Decision:
    first = next(iter(said.values()))
    decided = {curator: decision for curator, decision in said.items() if decision.verdict}
    notes = [f"{name}: {decision.note}" for name, decision in said.items() if decision.note]
    if decided and verdict is None:
        words = [
            f"{name}: {decision.verdict.value}"
            for name, decision in decided.items()
            if decision.verdict
        ]
        notes = [" / ".join(words), *notes]
    return replace(
        first,
        verdict=verdict,
        curator=", ".join(decided),
        note="; ".join(notes),
        more={name: cell for decision in said.values() for name, cell in decision.more.items()},
    )


def _agreements(curators: Mapping[str, Sequence[Decision]]) -> list[Agreement]:
    decided = {
        curator: {decision.key: decision.verdict for decision in decisions if decision.verdict}
        for curator, decisions in curators.items()
    }
    return [_agreement(*pair, decided) for pair in combinations(decided, 2)]


def _agreement(first: str, second: str, decided: Mapping[str, _Verdicts]) -> Agreement:
    mine, theirs = decided[first], decided[second]
    both = mine.keys() & theirs.keys()
    same = sum(mine[cut] is theirs[cut] for cut in both)
    return Agreement(
        first=first,
        second=second,
        both=len(both),
        same=same,
        kappa=_kappa([(mine[cut], theirs[cut]) for cut in both]),
    )


def _kappa(pairs: Sequence[tuple[Verdict, Verdict]]) -> float | None:
    """Cohen's kappa: what is agreed beyond chance, of what could be."""
    if not pairs:
        return None
    count = len(pairs)
    mine, theirs = (Counter(side) for side in zip(*pairs, strict=True))
    # In whole numbers, so that chance that explains all is found exactly.
    chance = sum(mine[verdict] * theirs[verdict] for verdict in Verdict)
    if chance == count * count:
        return None
    same = sum(verdict is other for verdict, other in pairs)
    return (same * count - chance) / (count * count - chance)
