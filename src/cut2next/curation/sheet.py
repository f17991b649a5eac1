"""The page a curator decides on: proposals with pictures, prompts, scores; what was left out.

It opens from disk, where decisions stay in the browser until they are saved as the same CSV file
that `decisions.py` reads; or it is served, by a `Desk` that saves them.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from cut2next.curation.curating import DECISIONS, Plan, rows
from cut2next.curation.decisions import COLUMNS, MOST, Decision, decision_row, write_decisions
from cut2next.curation.pictures import picture_name, strangers, with_thumbnails
from cut2next.cuts.record import CutRecord
from cut2next.film import EditingPattern, OutputError
from cut2next.film.paths import read_bytes
from cut2next.film.writing import one_writer_in, replaced_folder, whole_file
from cut2next.pages.html import made_here, render

PAGE, PICTURES = "index.html", "images"
SCRIPT = "curation.js"
TEMPLATES = Path(__file__).parent / "templates"
_WIDTH = 400
"""Of a thumbnail, in pixels."""


def wanted(planned: Plan) -> set[str]:
    """The ids of the cuts that the page shows."""
    return {proposal.nominee.id for proposal in planned.shown} | planned.overview.left_out.all()


def write_sheet(
    folder: Path, planned: Plan, records: Iterable[CutRecord], *, title: str, before: bytes | None
) -> list[Decision]:
    """Writes page, pictures and decisions into a folder; other files in it stay. Returns the rows.

    `records` are those of `wanted`, with their pictures; `before` is what the file of decisions
    held when it was read. Raises OutputError when that has changed, another process writes there,
    or nothing can be written.
    """
    with one_writer_in(folder):
        return rows(planned, fill_sheet(folder, planned, records, title=title, before=before))


def fill_sheet(
    folder: Path, planned: Plan, records: Iterable[CutRecord], *, title: str, before: bytes | None
) -> dict[str, CutRecord]:
    """As `write_sheet`, for who has the folder for itself. Returns what is shown, without pictures.

    By the cuts' ids.
    """
    _check_ours(folder)
    with replaced_folder(folder / PICTURES) as pictures:
        smaller = with_thumbnails(records, pictures, width=_WIDTH)
        plain = {record.id: record for record in smaller}
        decisions = rows(planned, plain)
        page = sheet_page(planned, plain, decisions, title=title)
        # All that may fail is done before anything is replaced.
        check_unchanged(folder / DECISIONS, before)
    with whole_file(folder / PAGE) as partial:
        partial.write_text(page, encoding="utf-8")
    write_decisions(folder / DECISIONS, decisions)
    return plain


def _check_ours(folder: Path) -> None:
    """Raises OutputError for somebody else's page, or pictures, in the place of ours."""
    page = folder / PAGE
    others = [page] if page.is_file() and not made_here(page) else []
    if other := next(iter([*others, *strangers(folder / PICTURES)]), None):
        raise OutputError(
            f"{other}: is not of our making", expected="nothing under that name", hint="rename it"
        )


def content(path: Path) -> bytes | None:
    """What a file of decisions holds; None where there is none."""
    return read_bytes(path, most=MOST) if os.path.lexists(path) else None


def sheet_page(
    planned: Plan,
    records: Mapping[str, CutRecord],
    decisions: Sequence[Decision],
    *,
    title: str,
    served: Mapping[str, str] | None = None,
) -> str:
    """The page. `served` is what its script tells who serves it; None for one that is a file."""
    shown = [records[proposal.nominee.id] for proposal in planned.shown]
    more = dict.fromkeys(name for decision in decisions for name in decision.more)
    seen = planned.overview
    return render(
        TEMPLATES / "curation.html.j2",
        script=SCRIPT,
        served=served is not None,
        title=title,
        # The decisions on others come after those on what is shown.
        cards=list(zip(shown, planned.shown, decisions, strict=False)),
        films=sorted({record.film for record in shown}),
        patterns=[
            pattern
            for pattern in EditingPattern
            if any(pattern in record.patterns for record in shown)
        ],
        kept=len(seen.nominees),
        left_out=len(seen.places) - len(seen.nominees),
        reasons=[
            (why, many, [records[id_] for id_ in seen.left_out.of(why)])
            for why, many in seen.left_out.counts.most_common()
        ],
        picture=lambda record, shot: f"{PICTURES}/{picture_name(record.film, shot)}",
        decisions={
            "columns": [*COLUMNS, *more],
            "rows": [{**decision_row(decision), **decision.more} for decision in decisions],
            "served": served,
        },
    )


def check_unchanged(path: Path, before: bytes | None) -> None:
    """Raises OutputError where a file of decisions is not as it was read."""
    if content(path) != before:
        raise OutputError(
            f"{path}: was changed meanwhile",
            expected="decisions as they were read",
            hint="run again, nothing is lost",
        )
