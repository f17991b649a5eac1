from collections.abc import Sequence

import choix
import numpy as np
import pytest

from cut2next.cutbench.statistics.bradley_terry import Vote, strengths_of
from cut2next.film import InputError

MAKERS = ("a", "b", "c", "d")
TRUE = np.array([1.0, 0.3, -0.2, -1.1])


def drawn(count: int, seed: int = 0) -> list[tuple[int, int]]:
    """Winners and losers of random pairs, by the true strengths."""
    draw = np.random.default_rng(seed)
    pairs = [draw.choice(len(TRUE), 2, replace=False) for _ in range(count)]
    won = draw.random(count)
    chances = [1 / (1 + np.exp(TRUE[j] - TRUE[i])) for i, j in pairs]
    return [
        (int(i), int(j)) if luck < chance else (int(j), int(i))
        for (i, j), luck, chance in zip(pairs, won, chances, strict=True)
    ]


def votes(pairs: Sequence[tuple[int, int]]) -> list[Vote]:
    return [
        Vote(winner=MAKERS[i], loser=MAKERS[j], case=str(number))
        for number, (i, j) in enumerate(pairs)
    ]


def test_strengths_are_those_of_choix_with_half_a_vote_more_for_either_side() -> None:
    pairs = drawn(40)
    met = {pair for i, j in pairs for pair in ((i, j), (j, i))}
    theirs = choix.opt_pairwise(len(MAKERS), [*pairs, *pairs, *met], alpha=0, tol=1e-12)
    strengths = strengths_of(votes(pairs))
    found = [strengths[maker].strength for maker in MAKERS]
    assert found == pytest.approx(list(theirs - theirs.mean()), abs=1e-5)


def test_intervals_hold_the_true_strengths() -> None:
    held = 0
    for seed in range(12):
        strengths = strengths_of(votes(drawn(200, seed)))
        for maker, true in zip(MAKERS, TRUE - TRUE.mean(), strict=True):
            held += strengths[maker].low <= true <= strengths[maker].high
    assert held / 48 > 0.88


def test_who_never_lost_has_a_place_and_an_order() -> None:
    strengths = strengths_of(
        [Vote(winner="a", loser="b", case=str(number)) for number in range(20)]
    )
    assert list(strengths) == ["a", "b"]
    # half a vote in twenty-one: ln(20.5 / 0.5), shared by the two
    assert strengths["a"].strength == pytest.approx(np.log(41) / 2)
    assert (strengths["a"].wins, strengths["a"].votes) == (20, 20)
    assert (strengths["b"].wins, strengths["b"].votes) == (0, 20)


def test_strengths_have_the_mean_0_however_far_apart() -> None:
    pairs = [(0, 1), (0, 2), (0, 3)] * 30 + [(1, 2), (2, 3), (3, 1)]
    strengths = strengths_of(votes(pairs))
    assert sum(one.strength for one in strengths.values()) == pytest.approx(0, abs=1e-9)
    assert strengths["a"].low > strengths["b"].high


def test_votes_of_a_case_are_one_cluster() -> None:
    once, many = (strengths_of(votes(drawn(400)) * times)["a"] for times in (1, 10))
    assert (many.low, many.high) == pytest.approx((once.low, once.high), abs=0.05)


def test_makers_that_nothing_compares_are_refused() -> None:
    apart = [Vote(winner="a", loser="b", case="1"), Vote(winner="c", loser="d", case="2")]
    with pytest.raises(InputError, match="no votes that lead from a to c"):
        strengths_of(apart)


def test_no_votes_have_no_strengths() -> None:
    assert strengths_of([]) == {}
