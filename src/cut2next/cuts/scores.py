"""The scores of shots and cuts, listed once: what a step takes, a threshold limits, a report shows.

A package that brings a scorer names its score by an entry point (see `films/scorers/scorer.py`).
A set may hold scores that are in no list, those of a package that is not installed for one; but
nothing here takes or limits such a score.
"""

from collections.abc import Iterable
from enum import StrEnum
from importlib.metadata import EntryPoint, entry_points

from cut2next.film import InputError


class ShotScore(StrEnum):
    """Of a shot and its keyframe."""

    DURATION = "duration"
    """Seconds; follows from the span, so it is not stored."""
    MOTION = "motion"
    """Mean change of luma between neighbouring frames, levels of 255."""
    SHARPNESS = "sharpness"
    """Standard deviation of the Laplacian: 5 is blurred, 20 crisp."""
    FOCUS = "focus"
    """Sharpness, by that of the median shot of its film."""
    BRIGHTNESS = "brightness"
    """Mean luma, of 255."""
    CONTRAST = "contrast"
    """Standard deviation of luma, of 255."""
    TEXT = "text"
    """Share of the picture that burned-in text covers."""
    AESTHETIC = "aesthetic"
    """LAION's predictor, 1 to 10."""
    QUALITY = "quality"
    """Technical quality, 0 to 1."""
    NSFW = "nsfw"
    """How likely not safe for work, 0 to 1."""


class CutScore(StrEnum):
    """Of the two shots together."""

    GAP = "gap"
    """Seconds of dissolve, fade or scraps between the shots; a hard cut has none."""
    DIFFERENCE = "difference"
    """Between the keyframes: 0 the same picture, about 0.5 unrelated."""
    NOVELTY = "novelty"
    """By the same measure, how far the nearest earlier cut of the film is; 1 for the first."""
    INCONSISTENCIES = "inconsistencies"
    """Contradictions between the prompts; only what is annotated has this score."""


def installed_scorers() -> dict[str, EntryPoint]:
    """What other packages bring, by the score that each gives; nothing of them is imported."""
    return {point.name: point for point in entry_points(group="cut2next.scorers")}


def check_scores(names: Iterable[str]) -> None:
    """Raises InputError for a score that nobody gives."""
    others = set(names).difference(ShotScore, CutScore)
    # Whoever asks for nothing unusual need not look through all that is installed.
    installed = installed_scorers() if others else {}
    if unknown := sorted(others - installed.keys()):
        raise InputError(
            f"unknown score {unknown[0]!r}",
            expected="one of " + ", ".join([*ShotScore, *CutScore, *installed]),
            hint="a package with a scorer of that name may be missing",
        )
