"""What curators decided: a CSV file that any spreadsheet opens, one row a cut.

Written as UTF-8 with the mark that Excel knows it by, and read with or without, with commas,
semicolons or tabs. Columns that a curator added are kept. Cells that a spreadsheet would take for a
formula get an apostrophe before them, and lose it when they are read.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from pathlib import Path

from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.film.paths import read_bytes
from cut2next.film.writing import whole_file

Interval = tuple[float, float]
"""From and to, in seconds of a film."""
Key = tuple[str, tuple[Interval, Interval] | None]
"""Id and times of a cut."""

COLUMNS = ("id", "decision", "curator", "note", "rank", "patterns", "summary", "film", "spans")
"""Those that a curator fills in come after the id, then those that help, then where the cut is."""
_NEEDED = ("id", "decision")
_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""Signs of full width are ones to a spreadsheet in Japan."""
_SPANS = re.compile(" ".join([r"(-?[0-9]+\.[0-9]{3})s-(-?[0-9]+\.[0-9]{3})s"] * 2))
_LONGEST_CELL = 10_000_000
MOST = 2**29
"""Bytes of a file: a million decisions with summaries and notes."""


class Verdict(Enum):
    """What a curator may say of a cut; the value is the word in the file."""

    KEEP = "keep"
    DROP = "drop"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One row: a cut, what was decided about it, and what helps to find and know it again."""

    id: str
    verdict: Verdict | None = None
    """None until it is decided."""
    curator: str = ""
    note: str = ""
    rank: int | None = None
    patterns: str = ""
    summary: str = ""
    film: str = ""
    spans: tuple[Interval, Interval] | None = None
    """Of both shots; None where they lie in no film file."""
    more: Mapping[str, str] = field(default_factory=dict)
    """Columns that are not ours."""

    @property
    def key(self) -> Key:
        """The cut it is about; a rebuilt set may give its id to another, at another time."""
        return self.id, self.spans

    @property
    def touched(self) -> bool:
        """Whether someone has written in the row: it must not be lost."""
        return self.verdict is not None or any((self.note, *self.more.values()))


def read_decisions(path: Path) -> list[Decision]:
    """The rows of a file.

    Raises InputError, naming row and column as a spreadsheet counts them, for what is no decision.
    """
    rows = _rows(path)
    header = next(rows, [])
    if missing := [name for name in _NEEDED if name not in header]:
        raise _refused(path, f"no column {missing[0]}", f"the columns {', '.join(_NEEDED)}")
    if repeated := [name for name, count in Counter(header).items() if count > 1 and name]:
        raise _refused(path, f"column {repeated[0]!r} twice", "each column once")
    decisions: dict[Key, Decision] = {}
    for number, row in enumerate(rows, start=2):
        if any(row):
            if any(row[len(header) :]):
                raise _refused(path, f"row {number}: too many cells", f"{len(header)}, as in row 1")
            decision = _decision(path, number, dict(zip(header, row, strict=False)))
            if decision.key in decisions:
                raise _bad_cell(path, number, "id", decision.id, "each cut once")
            decisions[decision.key] = decision
    return list(decisions.values())


def write_decisions(path: Path, decisions: Sequence[Decision]) -> None:
    """Writes the file, whole or not at all. Raises OutputError when it cannot be written."""
    more = dict.fromkeys(name for decision in decisions for name in decision.more)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(map(_shielded, (*COLUMNS, *more)))
    for decision in decisions:
        row = {**decision_row(decision), **decision.more}
        writer.writerow([_shielded(row.get(name, "")) for name in (*COLUMNS, *more)])
    with whole_file(path) as partial:
        partial.write_text(text.getvalue(), encoding="utf-8-sig", newline="")


def decision_row(decision: Decision) -> dict[str, str]:
    """A decision as the cells of our columns."""
    cells = {
        "decision": decision.verdict.value if decision.verdict else "",
        "rank": "" if decision.rank is None else str(decision.rank),
        # With units: a bare number may become another in a spreadsheet of another language.
        "spans": " ".join(f"{start:.3f}s-{end:.3f}s" for start, end in decision.spans or ()),
    }
    return {name: cells[name] if name in cells else getattr(decision, name) for name in COLUMNS}


def _rows(path: Path) -> Iterator[list[str]]:
    refuse = partial(_refused, expected="a file of decisions")
    try:
        text = read_bytes(path, refuse, most=MOST).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(path, "is not UTF-8", "CSV as UTF-8") from error
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(_LONGEST_CELL)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            yield [_bare(cell) for cell in row]
    except csv.Error as error:
        raise _refused(path, f"is no CSV ({one_line(error)})", "a file of decisions") from error


def _decision(path: Path, number: int, row: Mapping[str, str]) -> Decision:
    if not row.get("id"):
        raise _bad_cell(path, number, "id", "", "the id of a cut")
    texts = {name: row.get(name, "") for name in ("curator", "note", "patterns", "summary", "film")}
    return Decision(
        id=row["id"],
        verdict=_verdict(path, number, row.get("decision", "")),
        rank=int(row["rank"]) if re.fullmatch("[0-9]{1,9}", row.get("rank", "")) else None,
        spans=_spans(path, number, row.get("spans", "")),
        more={name: cell for name, cell in row.items() if name and name not in COLUMNS and cell},
        **texts,
    )


def _verdict(path: Path, number: int, cell: str) -> Verdict | None:
    word = cell.strip().casefold()
    if not word:
        return None
    if word not in {verdict.value for verdict in Verdict}:
        raise _bad_cell(path, number, "decision", cell, "keep, drop or nothing")
    return Verdict(word)


def _spans(path: Path, number: int, cell: str) -> tuple[Interval, Interval] | None:
    if not cell.strip():
        return None
    match = _SPANS.fullmatch(cell.strip())
    if match is None:
        raise _bad_cell(path, number, "spans", cell, "times as they were written, or nothing")
    times = [float(time) for time in match.groups()]
    return (times[0], times[1]), (times[2], times[3])


def _shielded(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _bare(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _bad_cell(path: Path, number: int, column: str, cell: str, expected: str) -> InputError:
    return _refused(path, f"row {number}, column {column}: {cell[:60]!r}", expected)


def _refused(path: Path, got: str, expected: str) -> InputError:
    hint = "correct it there, or let `cut2next data curate` write a new one"
    return InputError(f"{path}: {got}", expected=expected, hint=hint)
