"""Writes the report: one page with all there is to see, and one for each of many films."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cut2next.curation.pictures import OF_FILE_MANAGERS, picture_name, strangers, with_thumbnails
from cut2next.curation.report import histograms as drawing
from cut2next.curation.report.survey import FilmSurvey, Survey
from cut2next.curation.report.timeline import Timeline, timeline
from cut2next.cuts.record import REJECTED, CutRecord
from cut2next.cuts.selection import Selection
from cut2next.film import EditingPattern, OutputError
from cut2next.film.writing import replaced_folder
from cut2next.pages.html import made_here, render

PAGE, PICTURES, FILMS = "index.html", "images", "films"
_TEMPLATES = Path(__file__).parents[1] / "templates"
_FILMS_ON_THE_PAGE = 6
"""The others have pages of their own: a set may hold a thousand films."""
_PICTURES_OF_FILMS = 1500
"""Cuts whose shots are shown in a timeline; of further films there are times and reasons alone."""
_WIDTH = 320
_FILM = re.compile(r"[0-9]{4,}\.html")


@dataclass(frozen=True, kw_only=True)
class _FilmView:
    """A film on a page."""

    film: FilmSurvey
    timeline: Timeline
    link: str


def wanted(seen: Survey) -> set[str]:
    """The ids of the cuts whose pictures the report shows."""
    ids = seen.left_out.all()
    budget = _PICTURES_OF_FILMS
    for film in seen.films.values():
        budget -= len(film.cuts)
        if budget >= 0 and film.shots:
            ids.update(cut.id for cut in film.cuts)
    return ids


@contextmanager
def report_folder(path: Path) -> Iterator[Path]:
    """A folder to fill, which takes the place of an older report at the end.

    Raises OutputError when what is there is none, or it cannot be written.
    """
    if path.is_dir() and (other := next(_strangers(path), None)) is not None:
        raise OutputError(
            f"{path}: holds {other.relative_to(path)}, which is of no report",
            expected="a new folder, or that of a report to replace",
            hint="choose another --out",
        )
    with replaced_folder(path) as folder:
        yield folder


def _strangers(folder: Path) -> Iterator[Path]:
    """What lies in the folder of a report and is not of one."""
    for path in sorted(folder.iterdir()):
        if path.name in OF_FILE_MANAGERS:
            continue
        if path.name == PICTURES and path.is_dir():
            yield from strangers(path)
        elif path.name == FILMS and path.is_dir():
            yield from (page for page in path.iterdir() if not _FILM.fullmatch(page.name))
        elif path.name != PAGE or not path.is_file() or not made_here(path):
            yield path


def write_report(folder: Path, seen: Survey, records: Iterable[CutRecord], *, title: str) -> None:
    """Fills a folder. `records` are those of `wanted`, with their pictures."""
    (folder / PICTURES).mkdir()
    shown = seen.left_out.all()
    plain = with_thumbnails(records, folder / PICTURES, width=_WIDTH)
    examples = {record.id: record for record in plain if record.id in shown}
    there = {path.name for path in (folder / PICTURES).iterdir()}
    films = [_view(number, film) for number, film in enumerate(seen.films.values())]
    page = _page(seen, films, examples, there, title)
    (folder / PAGE).write_text(page, encoding="utf-8")
    _write_films(folder, films[_FILMS_ON_THE_PAGE:], there, title)


def _page(
    seen: Survey,
    films: list[_FilmView],
    examples: dict[str, CutRecord],
    there: set[str],
    title: str,
) -> str:
    selections = [selection for selection, _ in seen.thresholds.most_common()]
    selection = selections[0] if selections else Selection()
    splits, reasons = sorted(seen.splits.keys() - {REJECTED}), seen.left_out.counts
    return render(
        _TEMPLATES / "report.html.j2",
        script="report.js",
        title=title,
        seen=seen,
        steps=[
            ("cuts found", seen.cuts),
            ("kept", seen.kept),
            *((f"kept in {split}", seen.splits[split]) for split in splits),
            ("annotated", seen.annotated),
        ],
        reasons=[
            (name, count, [examples[id_] for id_ in seen.left_out.of(name)])
            for name, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
        ],
        patterns=[(pattern.label, seen.patterns[pattern]) for pattern in EditingPattern],
        sets_of_thresholds=len(selections),
        shot_scores=list(drawing.histograms(seen.shot_scores, selection.shot_limits)),
        cut_scores=list(drawing.histograms(seen.cut_scores, selection.cut_limits)),
        drawing=drawing,
        films=films,
        on_page=films[:_FILMS_ON_THE_PAGE],
        picture=lambda record, shot: f"{PICTURES}/{picture_name(record.film, shot)}",
        pictures=PICTURES,
        there=there,
    )


def _write_films(folder: Path, films: list[_FilmView], there: set[str], title: str) -> None:
    for view in films:
        (folder / FILMS).mkdir(exist_ok=True)
        page = render(
            _TEMPLATES / "film.html.j2",
            script="report.js",
            title=title,
            view=view,
            pictures=f"../{PICTURES}",
            there=there,
        )
        (folder / view.link).write_text(page, encoding="utf-8")


def _view(number: int, film: FilmSurvey) -> _FilmView:
    on_page = number < _FILMS_ON_THE_PAGE
    link = f"#film-{number}" if on_page else f"{FILMS}/{number:04d}.html"
    return _FilmView(film=film, timeline=timeline(film), link=link)
