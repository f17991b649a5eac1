"""What the votes of a study say, each question apart.

Who has too few attention checks right is named, and left out of everything by that one rule.
Preferences are told with two intervals: over cases (would other pictures say the same?) and over
raters (would other people?). Agreement is that of first answers; what a rater said when asked again
is told of the rater.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

from cut2next.cutbench.statistics.agreement import Alpha, krippendorff_alpha
from cut2next.cutbench.statistics.bradley_terry import Strength, strengths_of
from cut2next.cutbench.statistics.bradley_terry import Vote as Preferred
from cut2next.cutbench.statistics.holm import holm
from cut2next.cutbench.statistics.intervals import Mean, case_means, mean_of, mean_of_cases
from cut2next.cutbench.statistics.paired import difference_of
from cut2next.cutbench.study.design import Question, StudyFacts
from cut2next.cutbench.study.order import Side
from cut2next.cutbench.study.votes import Rater, Vote, Votes
from cut2next.film import EditingPattern, InputError

_Group = TypeVar("_Group")


@dataclass(frozen=True, kw_only=True)
class RaterSeen:
    """A rater, and how attentively the votes were given."""

    name: str
    votes: int
    """Checks not counted."""
    checks: int
    right: int
    """Of the checks."""
    left: float | None
    """Part of the votes that took the left picture: .5 but for a habit."""
    again: float | None
    """Part of the repeated questions that were answered as the first time."""
    left_out: str
    """Why the votes are not counted; empty where they are."""


@dataclass(frozen=True, kw_only=True)
class Preference:
    """How often the first of two makers was chosen."""

    first: str
    second: str
    votes: int
    over_cases: Mean
    over_raters: Mean
    p: float
    """Two-sided, over cases: how often two equal makers would come out as far apart."""
    p_of_all: float
    """The same, corrected (Holm) for all pairs of makers."""
    patterns: Mapping[str, Mean]
    """The preference over the cases of each editing pattern."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What was said to one question."""

    votes: int
    cases: int
    raters: int
    preferences: Sequence[Preference]
    alpha: Alpha | None
    """Krippendorff's; None where there was nothing to differ about."""
    agreeing: Mean | None
    """Part of the pairs of raters that said the same of an item, over items."""
    strengths: Mapping[str, Strength]
    """Bradley and Terry's, the strongest first; empty for two makers, and where votes join not all
    of them."""


@dataclass(frozen=True, kw_only=True)
class Results:
    """A study's votes, counted."""

    benchmark: str
    makers: Sequence[str]
    attention: float
    """The part of the checks that a rater must have right."""
    raters: Sequence[RaterSeen]
    questions: Mapping[Question, Answered]


def results_of(votes: Votes, attention: float) -> Results:
    """Counts a study's votes; raters with a smaller part of the checks right are left out."""
    study, given = votes.study, _grouped(votes.given(), lambda vote: vote.rater)
    seen = {
        rater.number: _seen(study, rater, given.get(rater.number, []), attention)
        for rater in votes.raters()
    }
    counted = [
        vote
        for rater, own in given.items()
        if not seen[rater].left_out
        for vote in own
        if not study.items[vote.item].check
    ]
    asked = _grouped(counted, lambda vote: vote.question)
    return Results(
        benchmark=study.benchmark,
        makers=study.makers,
        attention=attention,
        raters=list(seen.values()),
        questions={question: _answered(study, asked.get(question, [])) for question in Question},
    )


def _seen(study: StudyFacts, rater: Rater, given: Sequence[Vote], attention: float) -> RaterSeen:
    checks = [vote.chose_first for vote in given if study.items[vote.item].check]
    votes = [vote for vote in given if not study.items[vote.item].check]
    asked = _grouped(votes, lambda vote: (vote.question, vote.item)).values()
    again = [vote.chose_first is own[0].chose_first for own in asked for vote in own[1:]]
    left = [vote.side is Side.LEFT for vote in votes]
    fault = ""
    if not given:
        fault = "no answer yet"
    elif any(item.check for item in study.items) and not checks:
        fault = "no attention check yet"
    elif checks and sum(checks) < attention * len(checks):
        fault = f"{sum(checks)} of {len(checks)} attention checks right"
    return RaterSeen(
        name=rater.name,
        votes=len(votes),
        checks=len(checks),
        right=sum(checks),
        left=_share(left),
        again=_share(again),
        left_out=fault,
    )


def _answered(study: StudyFacts, votes: Sequence[Vote]) -> Answered:
    first_answers = _grouped((vote for vote in votes if vote.round == 1), lambda vote: vote.item)
    said = [[vote.chose_first for vote in own] for own in first_answers.values()]
    return Answered(
        votes=len(votes),
        cases=len({study.items[vote.item].case for vote in votes}),
        raters=len({vote.rater for vote in votes}),
        preferences=_preferences(study, votes),
        alpha=krippendorff_alpha(said),
        agreeing=mean_of([_agreeing(own) for own in said if len(own) > 1]),
        strengths=_strengths(study, votes) if len(study.makers) > 2 else {},
    )


def _preferences(study: StudyFacts, votes: Sequence[Vote]) -> list[Preference]:
    met = _grouped(votes, lambda vote: _makers(study, vote))
    pairs = [pair for pair in combinations(study.makers, 2) if pair in met]
    shares = {pair: case_means(_by_case(study, met[pair])) for pair in pairs}
    p_values = {pair: _p_value(found) for pair, found in shares.items()}
    corrected = holm({str(pairs.index(pair)): p for pair, p in p_values.items()})
    return [
        Preference(
            first=pair[0],
            second=pair[1],
            votes=len(met[pair]),
            over_cases=_sure(mean_of(list(shares[pair].values()))),
            over_raters=_sure(mean_of_cases(_by_rater(met[pair]))),
            p=p_values[pair],
            p_of_all=corrected[str(number)],
            patterns=_by_pattern(study, met[pair]),
        )
        for number, pair in enumerate(pairs)
    ]


def _by_pattern(study: StudyFacts, votes: Sequence[Vote]) -> dict[str, Mean]:
    found = {
        pattern.value: mean_of_cases(
            _by_case(study, [v for v in votes if pattern in study.items[v.item].patterns])
        )
        for pattern in EditingPattern
    }
    return {pattern: mean for pattern, mean in found.items() if mean}


def _p_value(shares: Mapping[str, float]) -> float:
    """Of the first's share of each case against the second's."""
    difference = difference_of(shares, {case: 1 - share for case, share in shares.items()})
    return difference.p if difference else 1.0


def _strengths(study: StudyFacts, votes: Sequence[Vote]) -> dict[str, Strength]:
    try:
        return strengths_of([_preferred(study, vote) for vote in votes])
    except InputError:  # so far nobody has set some makers beside others
        return {}


def _preferred(study: StudyFacts, vote: Vote) -> Preferred:
    first, second = _makers(study, vote)
    winner, loser = (first, second) if vote.chose_first else (second, first)
    return Preferred(winner=winner, loser=loser, case=study.items[vote.item].case)


def _makers(study: StudyFacts, vote: Vote) -> tuple[str, str]:
    item = study.items[vote.item]
    return item.first.maker, item.second.maker


def _by_case(study: StudyFacts, votes: Iterable[Vote]) -> dict[str, list[float]]:
    groups = _grouped(votes, lambda vote: study.items[vote.item].case)
    return {case: [float(vote.chose_first) for vote in own] for case, own in groups.items()}


def _by_rater(votes: Iterable[Vote]) -> dict[str, list[float]]:
    groups = _grouped(votes, lambda vote: str(vote.rater))
    return {rater: [float(vote.chose_first) for vote in own] for rater, own in groups.items()}


def _grouped(votes: Iterable[Vote], of: Callable[[Vote], _Group]) -> dict[_Group, list[Vote]]:
    groups: dict[_Group, list[Vote]] = defaultdict(list)
    for vote in votes:
        groups[of(vote)].append(vote)
    return dict(groups)


def _agreeing(answers: Sequence[bool]) -> float:
    """Part of the pairs of raters that said the same."""
    count, first = len(answers), sum(answers)
    same = first * (first - 1) + (count - first) * (count - first - 1)
    return same / (count * (count - 1))


def _share(said: Sequence[bool]) -> float | None:
    return sum(said) / len(said) if said else None


def _sure(mean: Mean | None) -> Mean:
    assert mean is not None  # of makers that met
    return mean
