"""Writes a report: a page, a table in Markdown, everything in JSON, whole or not at all."""

import json
from pathlib import Path

from cut2next.cutbench.report_data import to_json, to_markdown
from cut2next.cutbench.report_page import write_page
from cut2next.cutbench.results import Results
from cut2next.film import OutputError
from cut2next.film.writing import filled_folder
from cut2next.pages.html import made_here

PAGE, TABLE, DATA, PICTURES = "report.html", "report.md", "report.json", "report-pictures"


def check_report(out: Path) -> None:
    """Raises OutputError where a folder of pictures is in the way that is of no report."""
    if (out / PICTURES).exists() and not ((out / PAGE).is_file() and made_here(out / PAGE)):
        raise OutputError(
            f"{out / PICTURES}: is of no report", expected="no such folder", hint="rename it"
        )


def write_report(results: Results, out: Path, command: str) -> list[Path]:
    """Writes into a folder, where the rest stays; returns what to look at.

    Raises OutputError when it cannot be written, InputError for pictures that cannot be read.
    """
    with filled_folder(out) as folder:
        (folder / PICTURES).mkdir()
        write_page(results, folder / PAGE, folder / PICTURES)
        (folder / TABLE).write_text(to_markdown(results), encoding="utf-8")
        text = json.dumps(to_json(results, command), ensure_ascii=False, indent=1)
        (folder / DATA).write_text(text + "\n", encoding="utf-8")
    return [out / name for name in (PAGE, TABLE, DATA)]
