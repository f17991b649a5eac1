"""A leaderboard: a file of rows, one for a maker on a benchmark, each with all that makes it again.

Rows of different benchmarks, or read by different weights, stand in one file and are not to be
compared; what they hold says which are which.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import JsonValue, TypeAdapter, ValidationError

from cut2next.cutbench.entry import SHOTS
from cut2next.cutbench.lines import digest_of
from cut2next.cutbench.report import ALL, rows_to_json
from cut2next.cutbench.report_data import about_entry, to_json
from cut2next.cutbench.results import Results
from cut2next.film import InputError
from cut2next.film.paths import read_bytes
from cut2next.film.writing import check_file, in_turn, whole_file

Row = dict[str, JsonValue]
_ROWS = TypeAdapter(list[Row])
_SAME = ("maker", "benchmark", "pictures", "networks")
"""A row takes the place of one that has these in common."""


def rows_of(results: Results, command: str) -> list[Row]:
    """A row for every maker: no controls."""
    told = to_json(results, command)
    return [
        {
            "maker": entry.maker,
            "benchmark": {
                name: told["benchmark"][name] for name in ("name", "version", "digest", "count")
            },
            "pictures": digest_of(entry.folder / SHOTS),
            "made": about_entry(entry),
            "networks": told["networks"],
            "figures": rows_to_json({ALL: results.figures[entry.maker][ALL]})[ALL],
            "distances": told["distances"][entry.maker],
            "controls": {
                control: rows_to_json({ALL: results.figures[control][ALL]})[ALL]
                for control in told["controls"]
            },
            "command": command,
            "version": told["version"],
        }
        for entry in results.entries
    ]


def read_leaderboard(path: Path) -> list[Row]:
    """The rows of a leaderboard. Raises InputError when it is none."""
    try:
        return _ROWS.validate_json(read_bytes(path, _no_leaderboard))
    except ValidationError as error:
        raise _no_leaderboard(path, "is no leaderboard") from error


def check_leaderboard(path: Path) -> None:
    """Refuses, before hours of work, what `enter` would refuse after them. Raises as it does."""
    if path.exists():
        read_leaderboard(path)
    check_file(path)


def enter(path: Path, rows: Sequence[Row]) -> None:
    """Puts rows into a leaderboard, in the place of what they are newer than; it may be new.

    Raises InputError for a file of something else, OutputError when it cannot be written.
    """
    fresh = {_key(row) for row in rows}
    with in_turn(path):  # a row that came between reading and writing would be lost
        standing = read_leaderboard(path) if path.exists() else []
        kept = [row for row in standing if _key(row) not in fresh]
        with whole_file(path) as partial:
            partial.write_text(json.dumps([*kept, *rows], ensure_ascii=False, indent=1) + "\n")


def _no_leaderboard(path: Path, got: str) -> InputError:
    return InputError(
        f"{path}: {got}",
        expected="a file that `cut2next bench` has written",
        hint="name another, or a new one",
    )


def _key(row: Row) -> str:
    return json.dumps([row.get(name) for name in _SAME], sort_keys=True)
