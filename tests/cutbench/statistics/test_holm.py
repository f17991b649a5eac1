import pytest
from hypothesis import given
from hypothesis import strategies as st

from cut2next.cutbench.statistics.holm import holm


def test_corrected_values_are_those_of_r() -> None:
    # R: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm"); statsmodels' multipletests says the same
    given = {"a": 0.01, "b": 0.02, "c": 0.03, "d": 0.04, "e": 0.05}
    expected = {"a": 0.05, "b": 0.08, "c": 0.09, "d": 0.09, "e": 0.09}
    assert holm(given) == pytest.approx(expected)


@given(st.dictionaries(st.text(max_size=3), st.floats(0, 1), max_size=8))
def test_no_value_falls_and_none_overtakes_another(p_values: dict[str, float]) -> None:
    corrected = holm(p_values)
    assert list(corrected) == list(p_values)
    for name, p in p_values.items():
        assert p <= corrected[name] <= min(1, len(p_values) * p + 1e-12)
        assert all(corrected[name] <= corrected[other] for other, q in p_values.items() if p < q)
