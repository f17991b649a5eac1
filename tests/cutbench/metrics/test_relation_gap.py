import pytest

from cut2next.cutbench.metrics.relation_gap import relation_gap


def test_the_gap_is_between_the_same_cuts() -> None:
    with_relation = {"a": [0.30, 0.32], "b": [0.20], "only": [0.9]}
    gap = relation_gap(with_relation, {"a": [0.28], "b": [0.21], "other": [0.1]})
    assert gap is not None
    assert gap.mean == pytest.approx((0.03 - 0.01) / 2)
    assert gap.count == 2


def test_a_gap_as_small_as_the_papers_is_nothing_without_many_cuts() -> None:
    without = {str(number): [0.25 + 0.01 * (number % 7)] for number in range(100)}
    swing = {name: [one[0] - 0.0005 + 0.02 * (-1) ** int(name)] for name, one in without.items()}
    gap = relation_gap(swing, without)
    assert gap is not None
    assert gap.mean == pytest.approx(-0.0005)
    assert gap.low < 0 < gap.high
    assert gap.p > 0.5
