"""What a report counts, gathered in one pass over a set without its pictures.

A shot that stands in two cuts counts once, as in `cut2next data stats`. What is kept of each cut is
small: a few numbers.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from cut2next.curation.examples import Examples
from cut2next.curation.pictures import picture_name
from cut2next.cuts.record import CutRecord, ShotRecord
from cut2next.cuts.schema import to_json
from cut2next.cuts.scores import CutScore, ShotScore
from cut2next.cuts.selection import Selection, reason, thresholds_of
from cut2next.cuts.statistics import ShotsOnce
from cut2next.film import EditingPattern

_EXAMPLES_A_REASON = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class FilmShot:
    """A shot of a film, as a timeline needs it; times in seconds."""

    name: str
    start: float
    end: float
    scene: int | None
    marks: tuple[str, ...]
    picture: str
    """The name of its file, should it be written."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FilmCut:
    """A cut of a film, as a timeline needs it."""

    id: str
    at: float | None
    """Seconds; None where its shots lie in no film file."""
    gap: float
    """Seconds of dissolve or fade."""
    rejected: tuple[str, ...]
    pictures: tuple[str, ...]


@dataclass(kw_only=True)
class FilmSurvey:
    """What a set holds of one film."""

    name: str
    shots: dict[str, FilmShot] = field(default_factory=dict)
    """By name; only those with a place in a film file."""
    count: int = 0
    """Of all its shots."""
    scenes: set[int] = field(default_factory=set)
    cuts: list[FilmCut] = field(default_factory=list)

    @property
    def kept(self) -> int:
        """Cuts that no filter left out."""
        return sum(not cut.rejected for cut in self.cuts)


@dataclass(kw_only=True)
class Survey:
    """What one pass over a set finds."""

    splits: Counter[str] = field(default_factory=Counter)
    """Cuts in each, "rejected" among them."""
    annotated: int = 0
    kept: int = 0
    patterns: Counter[EditingPattern] = field(default_factory=Counter)
    """Of the cuts that are kept."""
    unlabelled: int = 0
    """Kept cuts without a pattern."""
    left_out: Examples = field(default_factory=lambda: Examples(_EXAMPLES_A_REASON))
    """Of the cuts that were left out, by reason; one cut may have several."""
    alone: Counter[str] = field(default_factory=Counter)
    """Cuts that were left out for nothing else."""
    makers: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Cuts that a tool, in a version, with parameters as JSON, took part in making."""
    thresholds: Counter[Selection] = field(default_factory=Counter)
    shot_scores: dict[str, "array[float]"] = field(
        default_factory=lambda: defaultdict(lambda: array("d"))
    )
    cut_scores: dict[str, "array[float]"] = field(
        default_factory=lambda: defaultdict(lambda: array("d"))
    )
    films: dict[str, FilmSurvey] = field(default_factory=dict)
    """By name, in the order of names."""

    @property
    def cuts(self) -> int:
        """All of them."""
        return self.splits.total()

    @property
    def shots(self) -> int:
        """All of them."""
        return sum(film.count for film in self.films.values())

    @property
    def scenes(self) -> int:
        """All that are known."""
        return sum(len(film.scenes) for film in self.films.values())


def survey(records: Iterable[CutRecord]) -> Survey:
    """Goes through a set once."""
    seen, once = Survey(), ShotsOnce()
    for record in records:
        _count(seen, record)
        film = seen.films.setdefault(record.film, FilmSurvey(name=record.film))
        for shot in once.of(record):
            film.count += 1
            _add_shot(seen, film, shot)
        film.cuts.append(_cut(record))
        for name, value in record.scores.items():
            seen.cut_scores[name].append(value)
    seen.films = dict(sorted(seen.films.items()))
    return seen


def _count(seen: Survey, record: CutRecord) -> None:
    seen.splits[record.placed] += 1
    seen.annotated += record.annotated
    seen.makers.update((by.tool, by.version, to_json(by.parameters)) for by in record.made_by)
    if thresholds := thresholds_of(record):
        seen.thresholds[thresholds] += 1
    if not record.rejected:
        seen.kept += 1
        seen.patterns.update(record.patterns)
        seen.unlabelled += not record.patterns
    reasons = {reason(fault) for fault in record.rejected}
    seen.alone.update(reasons if len(reasons) == 1 else ())
    for why in reasons:
        seen.left_out.offer(why, record.id)


def _add_shot(seen: Survey, film: FilmSurvey, shot: ShotRecord) -> None:
    for name, value in shot.scores.items():
        seen.shot_scores[name].append(value)
    if shot.scene is not None:
        film.scenes.add(shot.scene)
    if shot.span is not None:
        seen.shot_scores[ShotScore.DURATION].append(shot.span.duration)
        film.shots[shot.name] = FilmShot(
            name=shot.name,
            start=shot.span.seconds(shot.span.start),
            end=shot.span.seconds(shot.span.end),
            scene=shot.scene,
            marks=shot.marks,
            picture=picture_name(film.name, shot),
        )


def _cut(record: CutRecord) -> FilmCut:
    span = record.next.span
    return FilmCut(
        id=record.id,
        at=None if span is None else span.seconds(span.start),
        gap=record.scores.get(CutScore.GAP, 0.0),
        rejected=record.rejected,
        pictures=tuple(picture_name(record.film, shot) for shot in record.shots),
    )
