"""Which cuts are kept: thresholds on what the other steps found. It comes last, and only judges.

The paper names its filters and no thresholds (supplement, data); these are ours, set on real films.
Nothing is thrown away: a cut that is left out says why and goes to the split "rejected", so other
thresholds can be tried without decoding a film again.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace

from cut2next import __version__
from cut2next.cuts.record import SIDES, CutRecord, MadeBy, ShotRecord
from cut2next.cuts.scores import CutScore, ShotScore, check_scores
from cut2next.film import InputError
from cut2next.film.fields import check_fields

_ALLOWED_MARKS = ("flash", "whip pan")
"""Marks of a shot that speak for nothing; every other one is a reason."""
FILTER = "cut2next data filter"
"""The tool that tells of thresholds that were changed later."""
_PARAMETER = "selection"
"""Under which every tool that selects tells its thresholds."""


@dataclass(frozen=True, kw_only=True)
class Limit:
    """What a score may be; None leaves that end open. A score that was not taken passes."""

    score: str
    least: float | None = None
    most: float | None = None

    def __post_init__(self) -> None:
        check_scores([self.score])
        if self.least is not None and self.most is not None and self.least > self.most:
            raise InputError(
                f"{self.score} from {self.least:g} to {self.most:g}",
                expected="the least below the most",
                hint="exchange them",
            )

    def fault(self, value: float | None) -> str | None:
        """How a value breaks the limit, in words."""
        if value is not None and self.least is not None and value < self.least:
            return f"{value:.3g} is under {self.least:g}"
        if value is not None and self.most is not None and value > self.most:
            return f"{value:.3g} is over {self.most:g}"
        return None


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The least and the most of a score (`scores.py`), by name; None switches a threshold off."""

    max_motion: float | None = 15.0
    """The paper keeps low motion, and therefore fails on action: set to None to keep action."""
    min_duration: float | None = 0.4
    min_sharpness: float | None = 3.0
    """A floor, under which nothing is to be seen in any film."""
    min_focus: float | None = 0.3
    """Sharpness by that of the film's median shot. A single in soft light has half of it, which
    blur takes from no shot alone."""
    min_brightness: float | None = 12.0
    max_brightness: float | None = 235.0
    min_contrast: float | None = 10.0
    max_text: float | None = 0.01
    min_aesthetic: float | None = 4.5
    min_quality: float | None = 0.4
    max_nsfw: float | None = 0.5
    max_gap: float | None = 0.0
    min_difference: float | None = 0.1
    """Less is the same picture twice."""
    min_novelty: float | None = 0.06
    """Less is the same cut again."""
    max_inconsistencies: float | None = 0.0
    within_scene: bool = True
    """Keep only cuts whose two shots are of one scene."""

    def __post_init__(self) -> None:
        check_fields(self)
        self.shot_limits, self.cut_limits  # noqa: B018  # each checks its numbers

    @property
    def shot_limits(self) -> tuple[Limit, ...]:
        """What both shots of a cut must keep."""
        return tuple(map(self._limit, ShotScore))

    @property
    def cut_limits(self) -> tuple[Limit, ...]:
        """What the cut must keep."""
        return tuple(map(self._limit, CutScore))

    def _limit(self, score: str) -> Limit:
        least, most = (getattr(self, f"{end}_{score}", None) for end in ("min", "max"))
        return Limit(score=score, least=least, most=most)


def faults(record: CutRecord, selection: Selection) -> Iterator[str]:
    """Why a cut is not kept: "motion: 14.2 is over 12 in the next shot", each once."""
    for limit in selection.cut_limits:
        if fault := limit.fault(record.scores.get(limit.score)):
            yield f"{limit.score}: {fault}"
    current, following = (shot.scene for shot in record.shots)
    if selection.within_scene and None not in (current, following) and current != following:
        yield "scene: the shots are of two scenes"
    for side, shot in zip(SIDES, record.shots, strict=True):
        yield from (f"{fault} in the {side} shot" for fault in shot_faults(shot, selection))


def shot_faults(shot: ShotRecord, selection: Selection) -> Iterator[str]:
    """Why no cut with a shot is kept, as `faults`."""
    scores = dict(shot.scores)
    if shot.span is not None:
        scores[ShotScore.DURATION] = shot.span.duration
    for limit in selection.shot_limits:
        if fault := limit.fault(scores.get(limit.score)):
            yield f"{limit.score}: {fault}"
    yield from (f"{mark}: marked so" for mark in shot.marks if mark not in _ALLOWED_MARKS)


def reason(fault: str) -> str:
    """The short name of a reason, to count by: "motion"."""
    return fault.partition(":")[0]


def select(records: Iterable[CutRecord], selection: Selection) -> Iterator[CutRecord]:
    """Every record with its reasons, which alone put it into "rejected" or back into its split."""
    return (replace(record, rejected=tuple(faults(record, selection))) for record in records)


def filtered(records: Iterable[CutRecord], selection: Selection) -> Iterator[CutRecord]:
    """Every record judged, with these thresholds told last in what made it.

    Those of an earlier filter are told no more: they no longer count.
    """
    by = MadeBy(tool=FILTER, version=__version__, parameters={_PARAMETER: asdict(selection)})
    for record in select(records, selection):
        earlier = (maker for maker in record.made_by if maker.tool != FILTER)
        yield replace(record, made_by=(*earlier, by))


def thresholds_of(record: CutRecord) -> Selection | None:
    """The thresholds that judged a cut last; None where none are told, or nonsense is."""
    known = {field.name for field in fields(Selection)}
    for by in reversed(record.made_by):
        if isinstance(thresholds := by.parameters.get(_PARAMETER), dict):
            told = {name: thresholds[name] for name in known & thresholds.keys()}
            with suppress(InputError, OverflowError):
                whole = {name: float(value) for name, value in told.items() if type(value) is int}
                return Selection(**told | whole)
            return None
    return None
