"""Writes the report: one page with all there is to see, and one for each of many films."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cut2next.curation.pictures import picture_name, without_pictures, write_thumbnails
from cut2next.curation.report import histograms as drawing
from cut2next.curation.report.survey import FilmSurvey, Survey
from cut2next.curation.report.timeline import Timeline, timeline
from cut2next.cuts.record import REJECTED, CutRecord
from cut2next.cuts.selection import Selection
from cut2next.film import EditingPattern, OutputError
from cut2next.film.writing import replaced_folder
from cut2next.pages.html import render

PAGE, PICTURES, FILMS = "index.html", "images", "films"
_TEMPLATES = Path(__file__).parents[1] / "templates"
_FILMS_ON_THE_PAGE = 6
"""The others have pages of their own: a set may hold a thousand films."""
_PICTURES_OF_FILMS = 1500
"""Cuts whose shots are shown in a timeline; of further films there are times and reasons alone."""
_WIDTH = 320


@dataclass(frozen=True, kw_only=True)
class _Part:
    """A share of something, as a bar."""

    name: str
    count: int
    of: int
    told: str = ""

    @property
    def percent(self) -> float:
        """Of all."""
        return 100 * self.count / self.of if self.of else 0.0


@dataclass(frozen=True, kw_only=True)
class _FilmView:
    """A film on a page."""

    film: FilmSurvey
    timeline: Timeline
    link: str


def wanted(found: Survey) -> set[str]:
    """The ids of the cuts whose pictures the report shows."""
    ids = found.examples.all()
    budget = _PICTURES_OF_FILMS
    for film in _in_order(found):
        budget -= len(film.cuts)
        if budget >= 0 and film.shots:
            ids.update(cut.id for cut in film.cuts)
    return ids


@contextmanager
def report_folder(path: Path) -> Iterator[Path]:
    """A folder to fill, which takes the place of an older report at the end.

    Raises OutputError when what is there is none, or it cannot be written.
    """
    if path.is_dir():
        others = {one.name for one in path.iterdir()} - {PAGE, PICTURES, FILMS}
        if others:
            raise OutputError(
                f"{path}: holds {min(others)}, which is of no report",
                expected="a new folder, or that of a report to replace",
                hint="choose another --out",
            )
    with replaced_folder(path) as folder:
        yield folder


def write_report(folder: Path, found: Survey, records: Iterable[CutRecord], *, title: str) -> None:
    """Fills a folder. `records` are those of `wanted`, with their pictures."""
    (folder / PICTURES).mkdir()
    examples: dict[str, CutRecord] = {}
    shown = found.examples.all()
    for record in records:
        write_thumbnails(record, folder / PICTURES, width=_WIDTH)
        if record.id in shown:
            examples[record.id] = without_pictures(record)
    there = {path.name for path in (folder / PICTURES).iterdir()}
    films = [_view(number, film) for number, film in enumerate(_in_order(found))]
    page = _page(found, films, examples, there, title)
    (folder / PAGE).write_text(page, encoding="utf-8")
    _write_films(folder, films[_FILMS_ON_THE_PAGE:], there, title)


def _page(
    found: Survey,
    films: list[_FilmView],
    examples: dict[str, CutRecord],
    there: set[str],
    title: str,
) -> str:
    told = [selection for selection, _ in found.thresholds.most_common()]
    selection = told[0] if told else Selection()
    return render(
        _TEMPLATES / "report.html.j2",
        script="report.js",
        title=title,
        found=found,
        steps=list(_steps(found)),
        reasons=[
            (part, [examples[id_] for id_ in found.examples.of(part.name)])
            for part in _reasons(found)
        ],
        patterns=list(_patterns(found)),
        thresholds_told=len(told),
        shot_scores=list(drawing.histograms(found.shot_scores, selection.shot_limits)),
        cut_scores=list(drawing.histograms(found.cut_scores, selection.cut_limits)),
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


def _in_order(found: Survey) -> list[FilmSurvey]:
    return sorted(found.films.values(), key=lambda film: film.name)


def _view(number: int, film: FilmSurvey) -> _FilmView:
    on_page = number < _FILMS_ON_THE_PAGE
    link = f"#film-{number}" if on_page else f"{FILMS}/{number:04d}.html"
    return _FilmView(film=film, timeline=timeline(film), link=link)


def _steps(found: Survey) -> Iterator[_Part]:
    yield _Part(name="cuts found", count=found.cuts, of=found.cuts)
    yield _Part(name="kept", count=found.kept, of=found.cuts)
    for split, count in sorted(found.splits.items()):
        if split != REJECTED:
            yield _Part(name=f"kept in {split}", count=count, of=found.cuts)
    yield _Part(name="annotated", count=found.annotated, of=found.cuts)


def _reasons(found: Survey) -> Iterator[_Part]:
    for name, count in sorted(found.reasons.items(), key=lambda one: (-one[1], one[0])):
        alone = found.alone[name]
        yield _Part(name=name, count=count, of=found.cuts, told=f"{alone} for nothing else")


def _patterns(found: Survey) -> Iterator[_Part]:
    for pattern in EditingPattern:
        yield _Part(name=pattern.label, count=found.patterns[pattern], of=found.kept)
    if found.unlabelled:
        yield _Part(name="none yet", count=found.unlabelled, of=found.kept)
