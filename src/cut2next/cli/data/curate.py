"""`cut2next data curate`: proposals to decide on, curators joined, and the curated set."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from cut2next.cli.arguments import pathname, positive_int
from cut2next.cli.reporting import Report
from cut2next.film import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cut2next.curation.agreement import Joined
    from cut2next.curation.curating import Overview
    from cut2next.curation.decisions import Decision
    from cut2next.curation.matching import Matching

NAME = "curate"
HELP = "choose cuts by hand: a page of proposals, decisions in a CSV file, the curated set"

_LISTED = 10
"""Ids that are named before the rest is counted."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The folder, and what to do with decisions."""
    add = parser.add_argument
    add(
        "folder",
        type=pathname,
        metavar="DIR",
        help="a folder of cuts; the page goes to DIR/curation",
    )
    add("--most", type=positive_int, default=1000, metavar="N", help="proposals on the page (1000)")
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--merge",
        type=pathname,
        nargs="+",
        metavar="CSV",
        help="join the decisions of two or more curators; what they differ about is left undecided",
    )
    how.add_argument(
        "--apply",
        type=pathname,
        nargs="?",
        const=Path(),
        metavar="CSV",
        help="write the cuts that are kept to --out (default: by DIR/curation/decisions.csv)",
    )
    add("--out", type=pathname, metavar="NEW", help="the folder of the curated set, with --apply")


def run(args: argparse.Namespace) -> None:
    """Propose, join, or apply."""
    if (args.apply is None) != (args.out is None):
        raise InputError(
            "--apply without --out" if args.out is None else "--out without --apply",
            expected="both",
            hint="for example --apply --out curated",
        )
    if args.merge and len({path.resolve() for path in args.merge}) < 2:
        raise InputError("one file to merge", expected="two or more", hint="name another")
    if args.apply is not None:
        _apply(args)
    else:
        _propose(args)


def _propose(args: argparse.Namespace) -> None:
    from cut2next.curation.curating import CURATION, DECISIONS, join_files, plan
    from cut2next.curation.decisions import read_decisions
    from cut2next.curation.pictures import with_pictures
    from cut2next.curation.sheet import PAGE, content, wanted, write_sheet

    folder = args.folder / CURATION
    own = folder / DECISIONS
    before = content(own)
    known = read_decisions(own) if before is not None else []
    files = {path: read_decisions(path) for path in args.merge or ()}
    overview = _overview(args.report, args.folder)
    # As one of those to join, the set's own file is a curator's like the others.
    settled = [] if own.resolve() in {path.resolve() for path in files} else known
    joined = join_files(files, settled, overview.places) if files else None
    planned = plan(overview, joined.decisions if joined else known, most=args.most)
    shown = wanted(planned)
    records = args.report.progress(with_pictures(args.folder, shown), "pictures", len(shown))
    title = args.folder.resolve().name
    rows = write_sheet(folder, planned, records, title=title, before=before)
    report = args.report
    _show(report, rows, proposed=len(planned.shown), kept=len(overview.nominees))
    if joined:
        _show_agreement(report, joined)
    _show_matching(report, planned.matching)
    for path in (folder / PAGE, own):
        report.say(path, outputs=[path])


def _apply(args: argparse.Namespace) -> None:
    from cut2next.curation.curating import CURATION, DECISIONS, check_chosen, curated
    from cut2next.curation.decisions import Verdict, read_decisions
    from cut2next.curation.matching import match
    from cut2next.cuts.dataset import has_truth, read_records
    from cut2next.cuts.writer import CutWriter

    path = args.folder / CURATION / DECISIONS if args.apply == Path() else args.apply
    decisions = read_decisions(path)
    overview = _overview(args.report, args.folder)
    matching = match(decisions, overview.places)
    check_chosen(matching.matched, path)
    written: set[str] = set()
    with CutWriter(args.out, with_truth=has_truth(args.folder)) as writer:
        records = args.report.progress(read_records(args.folder), "cuts", len(overview.places))
        for record in curated(records, matching.matched, path.name):
            writer.add(record)
            written.add(record.id)
    report = args.report
    report.say(f"{args.out}: {len(written)} cuts", folder=args.out, cuts=len(written))
    kept = [id_ for id_, row in matching.matched.items() if row.verdict is Verdict.KEEP]
    left_out = sorted(set(kept) - written)
    _list(report, "left out by the filter, though a curator keeps them", left_out)
    _show_matching(report, matching)


def _overview(report: Report, folder: Path) -> "Overview":
    from cut2next.curation.curating import overview
    from cut2next.cuts.dataset import read_records

    records = read_records(folder, images=False)
    return overview(report.progress(records, "reading"))


def _show(report: Report, rows: "Sequence[Decision]", *, proposed: int, kept: int) -> None:
    from cut2next.curation.decisions import Verdict

    # Rows without a rank are of cuts that are not proposed, or not even here.
    asked = [row.verdict for row in rows if row.rank is not None]
    counts = [asked.count(verdict) for verdict in (*Verdict, None)]
    decided = dict(zip(("keep", "drop", "undecided"), counts, strict=True))
    line = ", ".join(f"{count} {verdict}" for verdict, count in decided.items())
    of = {"proposed": proposed, "cuts": kept}
    report.say(f"{proposed} of {kept} cuts proposed: {line}", **of, **decided)


def _show_agreement(report: Report, joined: "Joined") -> None:
    for pair in joined.agreements:
        if pair.share is None:
            report.say(f"{pair.first} and {pair.second} decided no cut both")
            continue
        kappa = "undefined" if pair.kappa is None else f"{pair.kappa:.2f}"
        report.say(
            f"{pair.first} and {pair.second} agree on {pair.same} of {pair.both} cuts "
            f"({pair.share:.0%}), Cohen's kappa {kappa}",
            agreements=[{**vars(pair), "share": pair.share, "kappa": pair.kappa}],
        )
    _list(report, "left undecided, because curators differ", joined.conflicts)


def _show_matching(report: Report, matching: "Matching") -> None:
    moved = [f"{then} is now {now}" for then, now in matching.moved if then != now]
    _list(report, "found by their place in the film", moved)
    _list(report, "match no cut", [row.id for row in matching.lost if row.touched])


def _list(report: Report, what: str, ids: "Sequence[str]") -> None:
    if not ids:
        return
    report.say(f"{len(ids)} {what}:", lists=[{"what": what, "cuts": list(ids)}])
    for id_ in ids[:_LISTED]:
        report.say(f"  {id_}")
    if len(ids) > _LISTED:
        report.say(f"  and {len(ids) - _LISTED} more")
