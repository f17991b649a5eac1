"""Holm's correction: many makers compared at once (Scandinavian Journal of Statistics 6, 1979)."""

from collections.abc import Mapping
from itertools import accumulate


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """By name, the p-values corrected so that all that are under .05 hold together with 95 %."""
    ordered = sorted(p_values, key=lambda name: p_values[name])
    several = len(ordered)
    scaled = ((several - place) * p_values[name] for place, name in enumerate(ordered))
    corrected = dict(zip(ordered, accumulate(scaled, max), strict=True))
    return {name: min(1.0, corrected[name]) for name in p_values}
