"""A curator's desk: proposals on a served page, whose decisions go to the set's own file at once.

Whoever holds the desk has `DIR/curation` for itself. A spreadsheet asks nobody, and two pages may
be open: so each save tells what the file held when its page was made, and another is refused.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from threading import Lock

from cut2next.curation.curating import CURATION, DECISIONS, Overview, Plan, plan, rows
from cut2next.curation.decisions import (
    Decision,
    Verdict,
    decision_row,
    read_decisions,
    write_decisions,
)
from cut2next.curation.matching import match
from cut2next.curation.pictures import picture_name, with_pictures
from cut2next.curation.sheet import (
    PICTURES,
    SCRIPT,
    TEMPLATES,
    check_unchanged,
    content,
    fill_sheet,
    sheet_page,
    wanted,
)
from cut2next.cuts.record import CutRecord
from cut2next.film import InputError, OutputError
from cut2next.film.errors import one_line
from cut2next.film.paths import read_bytes
from cut2next.film.writing import one_writer_in
from cut2next.pages.html import STYLE

FILES: Mapping[str, Path] = {
    path.name: path for path in (STYLE, TEMPLATES / "curation.css", TEMPLATES / SCRIPT)
}
"""What the page asks for beside itself, by name."""


class ChangedError(OutputError):
    """The file of decisions is not what a page was made from."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a page says of one cut."""

    id: str
    spans: str
    """As the file has them; with the id they tell the cut."""
    verdict: Verdict | None
    curator: str
    note: str


class Desk:
    """The page of one set, and its file of decisions. Threads may share it."""

    def __init__(
        self, folder: Path, planned: Plan, records: Mapping[str, CutRecord], title: str
    ) -> None:
        """`folder` is that of the curation, filled; `records` are shown on its page."""
        self._folder, self._planned, self._records, self._title = folder, planned, records, title
        self._pictures = {
            picture_name(record.film, shot) for record in records.values() for shot in record.shots
        }
        self._lock = Lock()
        self._last = ("", "")
        """What the file was after the last save, and who saved."""

    def page(self) -> str:
        """The page, with what the file says now. Raises InputError where that cannot be read."""
        with self._lock:
            decisions, before = self._now()
        name = sha256(str(self._folder.resolve()).encode(errors="surrogateescape")).hexdigest()
        served = {"version": _version(before), "set": name}
        return sheet_page(self._planned, self._records, decisions, title=self._title, served=served)

    def picture(self, name: str) -> bytes | None:
        """A JPEG of the page; None where it has none of that name."""
        if name not in self._pictures:
            return None
        return read_bytes(self._folder / PICTURES / name)

    def save(self, choices: Sequence[Choice], *, version: str, curator: str) -> str:
        """Writes choices into the file of decisions; the new version.

        `version` is that of the page, or of its last save. Raises ChangedError when the file has
        another, InputError for a cut that the file does not know, OutputError when it cannot be
        written; then nothing was changed.
        """
        with self._lock:
            decisions, before = self._now()
            if version != _version(before):
                raise self._changed(_version(before))
            if choices:
                chosen = _chosen(decisions, choices)
                check_unchanged(self._path, before)
                write_decisions(self._path, chosen)
                self._last = _version(content(self._path)), curator
                version = self._last[0]
            return version

    @property
    def _path(self) -> Path:
        return self._folder / DECISIONS

    def _now(self) -> tuple[list[Decision], bytes | None]:
        """All rows as they are to be written, and what the file holds."""
        before = content(self._path)
        known = read_decisions(self._path) if before is not None else []
        matching = match(known, self._planned.overview.places)
        return rows(replace(self._planned, matching=matching), self._records), before

    def _changed(self, now: str) -> ChangedError:
        last, curator = self._last
        who = f"{one_line(curator, 80) or 'another page'} has saved" if last == now else ""
        return ChangedError(
            f"{DECISIONS}: {who or 'another program has changed it'} since this page was opened",
            expected="the file as the page knows it",
            hint="load the page again: what you decided stays, but where the file says otherwise",
        )


@contextmanager
def open_desk(cuts: Path, seen: Overview, *, most: int) -> Iterator[Desk]:
    """A desk on a folder of cuts, which `seen` is of; page, pictures and file are made first.

    Raises as `write_sheet` does: OutputError while another process has it.
    """
    folder, title = cuts / CURATION, cuts.resolve().name
    with one_writer_in(folder):
        before = content(folder / DECISIONS)
        known = read_decisions(folder / DECISIONS) if before is not None else []
        planned = plan(seen, known, most=most)
        pictured = with_pictures(cuts, wanted(planned))
        records = fill_sheet(folder, planned, pictured, title=title, before=before)
        yield Desk(folder, planned, records, title)


def _chosen(decisions: Sequence[Decision], choices: Sequence[Choice]) -> list[Decision]:
    """The rows, with the choices in them. Raises InputError for a cut that has none."""
    by_cut = {_cut(decision): decision for decision in decisions}
    for choice in choices:
        cut = choice.id, choice.spans
        if cut not in by_cut:
            raise InputError(
                f"a decision on {one_line(choice.id, 80)!r}",
                expected="a cut of the page",
                hint="load the page again",
            )
        by_cut[cut] = replace(
            by_cut[cut], verdict=choice.verdict, curator=choice.curator, note=choice.note
        )
    return list(by_cut.values())


def _cut(decision: Decision) -> tuple[str, str]:
    return decision.id, decision_row(decision)["spans"]


def _version(file: bytes | None) -> str:
    return sha256(file or b"").hexdigest()
