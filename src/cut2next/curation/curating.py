"""Proposals and decisions of one folder of cuts, and the curated set that comes of them.

`DIR/curation/decisions.csv` is the curator's: what is written in it is never overwritten, only new
proposals are added.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from cut2next import __version__
from cut2next.curation.agreement import Joined, join, name_of
from cut2next.curation.decisions import Decision, Verdict
from cut2next.curation.examples import Examples
from cut2next.curation.matching import CutPlace, Matching, match, place_of
from cut2next.curation.ranking import Nominee, Proposal, nominee, propose
from cut2next.cuts.record import CutRecord, MadeBy
from cut2next.cuts.selection import reason
from cut2next.film import InputError, patterns_label

CURATION, DECISIONS = "curation", "decisions.csv"
TOOL = "cut2next data curate"
_LEFT_OUT_A_REASON = 12


@dataclass(frozen=True, kw_only=True)
class Overview:
    """What one pass over a set finds; no pictures are needed."""

    nominees: list[Nominee] = field(default_factory=list)
    """Of the cuts that were kept."""
    places: list[CutPlace] = field(default_factory=list)
    """Of all cuts."""
    left_out: Examples = field(default_factory=lambda: Examples(_LEFT_OUT_A_REASON))
    """Of the cuts that the filter left out, by reason."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a curator gets to see, and what is known already."""

    overview: Overview
    shown: list[Proposal]
    matching: Matching


def overview(records: Iterable[CutRecord]) -> Overview:
    """Goes through a set once."""
    seen = Overview()
    for record in records:
        seen.places.append(place_of(record))
        if not record.rejected:
            seen.nominees.append(nominee(record))
        for why in {reason(fault) for fault in record.rejected}:
            seen.left_out.offer(why, record.id)
    return seen


def plan(seen: Overview, decisions: Iterable[Decision], *, most: int) -> Plan:
    """The best proposals, `most` of them, and whatever was decided before."""
    matching = match(decisions, seen.places)
    decided = {id_ for id_, decision in matching.matched.items() if decision.touched}
    order = propose(seen.nominees)
    shown = [item for item in order if item.rank <= most or item.nominee.id in decided]
    return Plan(overview=seen, shown=shown, matching=matching)


def rows(planned: Plan, records: Mapping[str, CutRecord]) -> list[Decision]:
    """The new decisions file: proposals in their order, then whatever else was decided."""
    matched = planned.matching.matched
    shown = [
        _row(proposal.rank, records[proposal.nominee.id], matched.get(proposal.nominee.id))
        for proposal in planned.shown
    ]
    there = {decision.id for decision in shown}
    others = [decision for id_, decision in matched.items() if id_ not in there]
    others += planned.matching.lost
    return shown + [replace(decision, rank=None) for decision in others if decision.touched]


def join_files(
    files: Mapping[Path, Sequence[Decision]], own: Iterable[Decision], places: Sequence[CutPlace]
) -> Joined:
    """The decisions of several curators on the cuts of one set.

    What `own`, the set's decisions so far, have settled stands.
    """
    curators: dict[str, list[Decision]] = {}
    for path, decisions in files.items():
        name = name_of(decisions, path.stem)
        name = name if name not in curators else f"{name} ({path})"
        curators[name] = _on(decisions, places)
    return _settled(join(curators), _on(own, places))


def curated(
    records: Iterable[CutRecord], decisions: Mapping[str, Decision], source: str
) -> Iterator[CutRecord]:
    """The records that were chosen, and by whom they were. `source` names the file of decisions.

    A cut that the filter leaves out stays out: it is asked for with other thresholds.
    """
    chosen = {
        id_: decision for id_, decision in decisions.items() if decision.verdict is Verdict.KEEP
    }
    names = sorted({decision.curator for decision in chosen.values() if decision.curator})
    how = {"decisions": source, "curators": names}
    by = MadeBy(tool=TOOL, version=__version__, parameters=how)
    for record in records:
        if record.id in chosen and not record.rejected:
            yield replace(record, made_by=(*record.made_by, by))


def check_chosen(decisions: Mapping[str, Decision], source: Path) -> None:
    """Raises InputError when no decision keeps a cut of the set."""
    if not any(decision.verdict is Verdict.KEEP for decision in decisions.values()):
        raise InputError(
            f"{source}: keeps no cut of this set",
            expected="one or more",
            hint="write keep into its column decision",
        )


def _row(rank: int, record: CutRecord, decided: Decision | None) -> Decision:
    return replace(
        decided or Decision(id=record.id),
        rank=rank,
        patterns=patterns_label(record.patterns),
        summary=" → ".join(
            summary for shot in record.shots if (summary := shot.prompt.summary.strip())
        ),
        film=record.film,
        spans=place_of(record).spans,
    )


def _on(decisions: Iterable[Decision], places: Sequence[CutPlace]) -> list[Decision]:
    """The decisions under the ids that their cuts have in a set, those without one as they are."""
    matching = match(decisions, places)
    return [*matching.matched.values(), *matching.lost]


def _settled(joined: Joined, own: Iterable[Decision]) -> Joined:
    """What was joined, but for what had been decided already."""
    by_key = {decision.key: decision for decision in joined.decisions}
    for mine in (decision for decision in own if decision.touched):
        theirs = by_key.get(mine.key)
        if theirs is None or mine.verdict:
            by_key[mine.key] = mine
        else:
            notes = theirs.note if mine.note in theirs.note else f"{mine.note}; {theirs.note}"
            by_key[mine.key] = replace(theirs, note=notes, more={**mine.more, **theirs.more})
    decided = {decision.id for decision in by_key.values() if decision.verdict}
    open_ = [id_ for id_ in joined.conflicts if id_ not in decided]
    return replace(joined, decisions=list(by_key.values()), conflicts=open_)
