"""What a folder of cuts holds, in counts and medians."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from cut2next.cuts.record import CutRecord, ShotRecord
from cut2next.film.keyframe import check_picture
from cut2next.film.png_prompt import printable

_MOST = 20
"""Lines that a table has of one kind; ten thousand films would bury the rest."""


class ShotsOnce:
    """The shots of a set, each once though it stands in two cuts; `len` counts them."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, str]] = set()

    def of(self, record: CutRecord) -> Iterator[ShotRecord]:
        """Those of a cut that were in no cut before."""
        for shot in record.shots:
            if (place := (record.film, shot.name)) not in self._seen:
                self._seen.add(place)
                yield shot

    def __len__(self) -> int:
        return len(self._seen)


@dataclass(kw_only=True)
class Statistics:
    """Grows with every record; memory grows with films, shots and scores, not with pictures."""

    cuts: int = 0
    shots: ShotsOnce = field(default_factory=ShotsOnce)
    annotated: int = 0
    counts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """By kind ("split", "film", ...): by name, how many cuts or, of sizes, shots."""
    scores: dict[str, "array[float]"] = field(
        default_factory=lambda: defaultdict(lambda: array("d"))
    )
    """By name, all values."""

    def add(self, record: CutRecord) -> None:
        """Count one more."""
        self.cuts += 1
        self.annotated += record.annotated
        counts = self.counts
        counts["split"][record.placed] += 1
        counts["film"][record.film] += 1
        counts["licence"][record.licence] += 1
        counts["scene"][_scene(record)] += 1
        counts["pattern"].update(pattern.value for pattern in record.patterns)
        for name, value in record.scores.items():
            self.scores[name].append(value)
        for shot in self.shots.of(record):
            counts["size"][_size(shot)] += 1
            for name, value in shot.scores.items():
                self.scores[f"{name} of shots"].append(value)
            if shot.span is not None:
                self.scores["seconds of shots"].append(shot.span.duration)

    def to_json(self) -> dict[str, Any]:
        """All of it, as JSON knows it."""
        return {
            "cuts": self.cuts,
            "shots": len(self.shots),
            "annotated": self.annotated,
            **{kind: dict(counter.most_common()) for kind, counter in self.counts.items()},
            "scores": {
                name: dict(zip(("count", "min", "median", "max"), figures, strict=True))
                for name, figures in self._figures().items()
            },
        }

    def table(self) -> str:
        """The same for a terminal, the rarer films and scenes left out."""
        films, shots = len(self.counts["film"]), len(self.shots)
        lines = [f"{self.cuts} cuts of {films} films, {shots} shots, {self.annotated} annotated"]
        for kind, counter in self.counts.items():
            lines += ["", f"by {kind}", *_counted(counter)]
        if self.scores:
            lines += ["", f"{'scores':<24}{'count':>9}{'min':>11}{'median':>11}{'max':>11}"]
        for name, (count, *figures) in self._figures().items():
            cells = "".join(f"{figure:>11.4g}" for figure in figures)
            lines.append(f"  {name:<22}{count:>9}{cells}")
        return "\n".join(lines)

    def _figures(self) -> dict[str, tuple[int, float, float, float]]:
        return {
            name: (len(values), min(values), median(values), max(values))
            for name, values in sorted(self.scores.items())
        }


def _counted(counter: Counter[str]) -> list[str]:
    lines = [f"{count:>9}  {printable(name)}" for name, count in counter.most_common(_MOST)]
    if len(counter) > _MOST:
        lines.append(f"{'':>9}  and {len(counter) - _MOST} more")
    return lines


def _scene(record: CutRecord) -> str:
    scenes = [shot.scene for shot in record.shots]
    if None in scenes:
        return "not known"
    return f"{record.film}, {scenes[0]}" if scenes[0] == scenes[1] else "from scene to scene"


def _size(shot: ShotRecord) -> str:
    """Without decoding."""
    width, height = check_picture(shot.image, f"the keyframe of {shot.name}")
    return f"{width}x{height}"
