"""The report as a page that opens from disk: tables, then pictures for the eye, every prompt."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image

from cut2next.cutbench.calibration import Calibration
from cut2next.cutbench.entry import Entry, ShotLine
from cut2next.cutbench.metrics.learned import PAPER as TABLE_1
from cut2next.cutbench.metrics.metric import Metric
from cut2next.cutbench.report import ALL, Figures
from cut2next.cutbench.report_data import (
    about_entry,
    meanings,
    set_cells,
    shown,
    shown_distance,
)
from cut2next.cutbench.results import EXACT, Comparison, Results
from cut2next.cutbench.scoring import CONTROLS, Scored
from cut2next.cutbench.statistics.auc import Auc
from cut2next.film import EditingPattern, HierarchicalPrompt, patterns_label
from cut2next.pages.html import render

_TEMPLATES = Path(__file__).parent / "templates"
_WIDTH = 480
"""Pixels of a thumbnail, at most."""
_SHOWN = 6
"""Cases in a row of the best, of the worst."""
_RANKED_BY = ("look", "dino to truth", "clip-i to truth", "psnr")
"""By the first of these that has something to say, pictures are called best and worst."""
SURE = 0.05
"""What a corrected p-value is under where two makers differ."""
PAPER = {
    "IC-LoRA-Cond": (0.4669, 0.7152, 0.2805, 80.43),
    "Cut2Next": (0.4952, 0.7298, 0.2979, 59.37),
}
"""Table 1 of arXiv 2508.08244: DINO, CLIP-I, CLIP-T, FID, on its own, unpublished cases."""


@dataclass(frozen=True, kw_only=True)
class Strip:
    """One case to look at: the current shot, the true next one, and what makers made."""

    name: str
    label: str
    patterns: str
    """Their values, with spaces between them."""
    prompt: HierarchicalPrompt
    pictures: Sequence[tuple[str, str]]
    """What each shows, and its file; empty where the maker failed."""
    asked: Sequence[tuple[str, str]]
    """What each maker was really asked."""
    told: str = ""
    """A figure of it, where that is why it is shown."""


def write_page(results: Results, page: Path, pictures: Path) -> None:
    """Writes the page, and thumbnails into a folder beside it, which is there."""
    strips = {
        each.case.name: _strip(results, each, pictures, page.parent) for each in results.scored
    }
    metrics = [metric for metric in results.spoken if metric.column]
    ranked = next((name for name in _RANKED_BY if name in {m.name for m in metrics}), "")
    entries = {entry.maker: about_entry(entry) for entry in results.entries}
    labels = {pattern.value: pattern.label for pattern in EditingPattern}
    text = render(
        _TEMPLATES / "bench.html.j2",
        script="bench.js",
        results=results,
        about=results.benchmark.about,
        metrics=metrics,
        cell=shown,
        rows=[(maker, groups[ALL]) for maker, groups in results.figures.items()],
        by_pattern=_by_pattern(results, labels),
        sets={maker: set_cells(results, maker) for maker in results.figures},
        calibrations=_calibrations(results),
        controls=CONTROLS,
        exact=EXACT if results.exact else (),
        entries=entries,
        labels=labels,
        paper=PAPER,
        ours=_table_1(results),
        comparisons=[_told(each, results) for each in results.comparisons if each.corrected < SURE],
        ranked=ranked,
        extremes={maker: list(_extremes(results, maker, ranked, strips)) for maker in entries},
        first_of_patterns=[
            strips[cases[0].case.name] for group, cases in results.groups.items() if group != ALL
        ],
        strips=list(strips.values()),
        meanings=meanings(results),
    )
    page.write_text(text, encoding="utf-8")


def _by_pattern(
    results: Results, labels: Mapping[str, str]
) -> Mapping[str, Sequence[tuple[str, Figures]]]:
    """Of every maker, no controls, a row for each pattern."""
    return {
        entry.maker: [
            (labels[name], row) for name, row in results.figures[entry.maker].items() if name != ALL
        ]
        for entry in results.entries
    }


def _table_1(results: Results) -> Mapping[str, Sequence[str]]:
    """The paper's four columns for our makers, as far as weights were named."""
    named = {metric.name: metric for metric in results.metrics}
    sets = {metric.name: metric for metric in results.scoring.set_metrics}
    rows = {}
    for maker, groups in results.figures.items():
        cells = dict.fromkeys(TABLE_1, "no weights named")
        cells |= {name: shown(groups[ALL][name], named[name]) for name in cells if name in named}
        far = results.distances[maker]
        cells |= {name: shown_distance(far[name], sets[name]) for name in cells if name in sets}
        rows[maker] = list(cells.values())
    return rows


def _calibrations(results: Results) -> Sequence[tuple[str, Sequence[str]]]:
    """What each column is worth here."""
    return [
        (metric.column.heading, _calibrated(metric, row, results.exact.get(metric.name, {})))
        for metric, row in zip(results.spoken, results.calibrations, strict=True)
        if metric.column
    ]


def _calibrated(
    metric: Metric[Any], row: Calibration, exact: Mapping[str, Auc | None]
) -> Sequence[str]:
    """The controls' figures, and how well the metric tells own film and exact truth."""
    controls = (shown(figure, metric) for figure in (row.truth, row.copy, row.shuffled))
    areas = (row.same_film, *(exact.get(truth) for truth in EXACT))
    return [*controls, *map(_area, areas)]


def _area(area: Auc | None) -> str:
    return "–" if area is None else f"{area.auc:.3f} [{area.low:.3f}, {area.high:.3f}]"


def _told(comparison: Comparison, results: Results) -> tuple[str, str, str, str, str]:
    """Metric, both makers, how far they are apart, and how sure that is."""
    metric = next(each for each in results.metrics if each.name == comparison.metric)
    factor, form = (metric.column.factor, metric.column.form) if metric.column else (1, ".3g")
    apart = format(comparison.difference.mean * factor, "+" + form.removeprefix("+"))
    return metric.name, comparison.first, comparison.second, apart, f"{comparison.corrected:.2g}"


def _extremes(
    results: Results, maker: str, metric: str, strips: Mapping[str, Strip]
) -> Iterator[tuple[str, list[Strip]]]:
    """The cases that a maker made best, and worst, by a metric."""
    values = results.of_cases(maker, metric) if metric else {}
    ordered = sorted(values, key=lambda case: (-values[case], case))
    for kind, cases in (("best", ordered[:_SHOWN]), ("worst", ordered[::-1][:_SHOWN])):
        yield kind, [replace(strips[case], told=f"{metric} {values[case]:.3g}") for case in cases]


def _strip(results: Results, scored: Scored, folder: Path, beside: Path) -> Strip:
    """A case's pictures as files, and its words."""
    case, entries = scored.case, results.entries
    made = [(entry, line) for entry in entries for line in entry.of(case.name)]
    shots: list[tuple[str, Image.Image | None]]
    shots = [("current shot", case.current()), ("true next shot", case.true_next())]
    shots += [(_label(entry, line), entry.picture(line, case)) for entry, line in made]
    return Strip(
        name=case.name,
        label=patterns_label(frozenset(case.line.patterns)),
        patterns=" ".join(pattern.value for pattern in case.line.patterns),
        prompt=case.prompt,
        pictures=[
            (label, _thumbnail(picture, folder / f"{case.name}-{at}.jpg", beside))
            for at, (label, picture) in enumerate(shots)
        ],
        asked=[(_label(entry, line), line.asked.words) for entry, line in made if line.asked],
    )


def _label(entry: Entry, line: ShotLine) -> str:
    return entry.maker if entry.manifest.each == 1 else f"{entry.maker} {line.number}"


def _thumbnail(picture: Image.Image | None, path: Path, beside: Path) -> str:
    """The file of a small copy, as the page names it; empty for no picture."""
    if picture is None:
        return ""
    small = picture.copy()
    small.thumbnail((_WIDTH, _WIDTH), Image.Resampling.LANCZOS)
    small.save(path, format="JPEG", quality=85)
    return str(path.relative_to(beside))
