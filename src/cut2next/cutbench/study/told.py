"""A study's results for people, as lines, and for programs, as JSON."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from cut2next.cutbench.statistics.agreement import Alpha
from cut2next.cutbench.statistics.bradley_terry import Strength
from cut2next.cutbench.statistics.intervals import Mean
from cut2next.cutbench.study.results import Answered, Preference, RaterSeen, Results
from cut2next.film import EditingPattern

_NAME = 26
"""Characters of the first column."""


def to_json(results: Results) -> dict[str, Any]:
    """All of it; no rater's link is in it."""
    return asdict(results)


def table(results: Results) -> str:
    """All of it, as lines."""
    return "\n".join(_lines(results))


def _lines(results: Results) -> Iterator[str]:
    counted = sum(not rater.left_out for rater in results.raters)
    yield f"{results.benchmark}: {', '.join(results.makers)}"
    yield (
        f"{counted} of {len(results.raters)} raters counted: those with "
        f"{results.attention:.0%} of their attention checks right"
    )
    yield ""
    yield f"{'rater':{_NAME}}{'votes':>7}{'checks':>9}{'left %':>8}{'again %':>9}"
    yield from (_rater(rater) for rater in results.raters)
    for question, answered in results.questions.items():
        of = f"{answered.raters} raters on {answered.cases} cases"
        yield from ("", f"{question}: {answered.votes} votes of {of}")
        yield from _question(answered)


def _rater(rater: RaterSeen) -> str:
    checks = f"{rater.right}/{rater.checks}"
    line = f"{rater.name:{_NAME}}{rater.votes:>7}{checks:>9}{_part(rater.left):>8}"
    line += f"{_part(rater.again):>9}"
    return f"{line}  left out: {rater.left_out}" if rater.left_out else line


def _question(answered: Answered) -> Iterator[str]:
    for preference in answered.preferences:
        yield from _preference(preference)
    if answered.agreeing:
        yield f"  {'raters that agree':{_NAME}}{_percent(answered.agreeing)}"
    if answered.alpha:
        yield f"  {'Krippendorff alpha':{_NAME}}{_alpha(answered.alpha)}"
    for maker, strength in answered.strengths.items():
        yield f"  {'strength of ' + maker:{_NAME}}{_strength(strength)}"


def _preference(found: Preference) -> Iterator[str]:
    names = f"{found.first} over {found.second}"
    yield (
        f"  {names:{_NAME}}{_percent(found.over_cases)} over cases, "
        f"[{_range(found.over_raters)}] over raters, p {found.p_of_all:.2g}"
    )
    for pattern, mean in found.patterns.items():
        label = EditingPattern(pattern).label
        yield f"    {label:{_NAME - 2}}{_percent(mean)} ({mean.count} cases)"


def _percent(mean: Mean) -> str:
    return f"{100 * mean.mean:.1f} % [{_range(mean)}]"


def _range(mean: Mean) -> str:
    return f"{100 * mean.low:.1f}, {100 * mean.high:.1f}"


def _alpha(found: Alpha) -> str:
    return f"{found.alpha:.2f} [{found.low:.2f}, {found.high:.2f}], on {found.units} items"


def _strength(found: Strength) -> str:
    return (
        f"{found.strength:+.2f} [{found.low:+.2f}, {found.high:+.2f}], "
        f"{found.wins} of {found.votes} votes"
    )


def _part(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.0f}"
