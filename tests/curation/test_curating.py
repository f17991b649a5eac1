"""From a set and its decisions to what is proposed, what is kept, and by whom."""

from pathlib import Path

import pytest
from tests.cuts.sample import found

from cut2next.curation.curating import check_chosen, curated, join_files, overview, plan, rows
from cut2next.curation.decisions import Decision, Verdict
from cut2next.curation.matching import place_of
from cut2next.film import InputError

CUTS = [found(number) for number in range(4)]
LEFT_OUT = found(9, rejected=("motion: 14 is over 12", "gap: 1 is over 0"))
KEEP, DROP = Verdict.KEEP, Verdict.DROP


def decision(number: int, verdict: Verdict | None = KEEP, curator: str = "ann") -> Decision:
    place = place_of(found(number))
    return Decision(
        id=place.id, film="film", spans=place.spans, verdict=verdict, curator=curator, note=""
    )


def test_an_overview_tells_proposals_from_what_a_filter_left_out() -> None:
    seen = overview([*CUTS, LEFT_OUT])
    assert [nominee.id for nominee in seen.nominees] == [record.id for record in CUTS]
    assert len(seen.places) == 5
    assert seen.left_out.counts == {"motion": 1, "gap": 1}
    assert seen.left_out.of("motion") == [LEFT_OUT.id]


def test_a_plan_shows_the_best_and_whatever_was_decided() -> None:
    planned = plan(overview(CUTS), [], most=2)
    assert [proposal.rank for proposal in planned.shown] == [1, 2]
    last = plan(overview(CUTS), [], most=4).shown[-1]
    number = [record.id for record in CUTS].index(last.nominee.id)
    again = plan(overview(CUTS), [decision(number)], most=2)
    assert [proposal.rank for proposal in again.shown] == [1, 2, 4]


def test_the_rows_are_the_proposals_and_then_what_else_was_decided() -> None:
    gone = Decision(id="film:gone-away", verdict=DROP, curator="ann", note="", rank=7)
    planned = plan(overview(CUTS), [decision(0), gone], most=4)
    written = rows(planned, {record.id: record for record in CUTS})
    assert [row.rank for row in written] == [1, 2, 3, 4, None]
    assert written[-1].id == "film:gone-away"
    (kept,) = [row for row in written if row.verdict is KEEP]
    assert (kept.id, kept.curator) == (CUTS[0].id, "ann")
    assert kept.summary == "Shot 0 of <Ána> (long hair) → Shot 1 of <Ána> (long hair)"


def test_only_what_was_kept_and_no_filter_left_out_is_curated() -> None:
    decisions = {
        record.id: Decision(id=record.id, verdict=verdict, curator=curator, note="")
        for record, verdict, curator in zip(
            [*CUTS, LEFT_OUT], (KEEP, DROP, None, KEEP, KEEP), "bbbaa", strict=True
        )
    }
    chosen = list(curated([*CUTS, LEFT_OUT], decisions, "decisions.csv"))
    assert [record.id for record in chosen] == [CUTS[0].id, CUTS[3].id]
    for record in chosen:
        assert record.made_by[-1].parameters == {
            "decisions": "decisions.csv",
            "curators": ["a", "b"],
        }


def test_decisions_that_keep_nothing_are_refused() -> None:
    with pytest.raises(InputError, match="keeps no cut of this set"):
        check_chosen({"a": Decision(id="a", verdict=DROP, curator="", note="")}, Path("d.csv"))


def test_what_was_settled_before_stands_when_curators_are_joined() -> None:
    places = [place_of(record) for record in CUTS]
    files = {
        Path("ann.csv"): [decision(0, KEEP, "ann"), decision(1, KEEP, "ann")],
        Path("bob.csv"): [decision(0, DROP, "bob"), decision(1, KEEP, "bob")],
    }
    joined = join_files(files, [], places)
    assert joined.conflicts == [CUTS[0].id]
    settled = join_files(files, [decision(0, DROP, "eve")], places)
    assert settled.conflicts == []
    verdicts = {row.id: row.verdict for row in settled.decisions}
    assert verdicts == {CUTS[0].id: DROP, CUTS[1].id: KEEP}
