"""The annotations of a dataclass are the rule of what it takes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from cut2next.film.errors import InputError
from cut2next.film.fields import check_fields, fits


class Colour(Enum):
    RED = "red"


FITTING: list[tuple[Any, Any]] = [
    ("text", str),
    (3, int),
    (np.int64(3), int),
    (3, float),
    (np.float32(0.5), float),
    (Fraction(1, 2), float),
    (None, str | None),
    ("text", str | None),
    ((1, 2), tuple[int, int]),
    ({"a": 1}, Mapping[str, int]),
    ([Colour.RED], Sequence[Colour]),
    ({Colour.RED}, Collection[Colour]),
    ((), Sequence[Colour]),
    ([("a", 1)], Sequence[tuple[str, float]]),
    (True, bool),
]
OTHERS: list[tuple[Any, Any]] = [
    (b"text", str),
    (True, int),
    (False, float),
    (np.bool_(True), int),
    (3.0, int),
    ("3", float),
    (None, str),
    (5, str | None),
    ((1, 2, 3), tuple[int, int]),
    ([1, 2], tuple[int, int]),
    ({"a": "1"}, Mapping[str, int]),
    ([("a", 1)], Mapping[str, int]),
    ("red", Sequence[Colour]),
    (["red"], Sequence[Colour]),
    ({Colour.RED}, Sequence[Colour]),
    ("ab", Sequence[str]),
    (1, bool),
]


@pytest.mark.parametrize(("given", "kind"), FITTING)
def test_what_is_of_a_kind_fits(given: Any, kind: Any) -> None:
    assert fits(given, kind)


@pytest.mark.parametrize(("given", "kind"), OTHERS)
def test_all_else_does_not(given: Any, kind: Any) -> None:
    assert not fits(given, kind)


@dataclass
class Order:
    what: Colour
    sizes: Sequence[tuple[int, int]] = ()
    note: str | None = None


def test_a_refusal_names_field_value_and_kind_in_one_line() -> None:
    check_fields(Order(Colour.RED, [(1, 2)], "soon"))
    wrong: Any = "red\n" * 100
    for order, said in (
        (Order(wrong), "Order.what='red"),
        (Order(Colour.RED, wrong), "a list, of each (a whole number, a whole number)"),
        (Order(Colour.RED, note=wrong and 5), "Order.note=5; expected text;"),  # type: ignore[arg-type]
    ):
        with pytest.raises(InputError) as refusal:
            check_fields(order)
        assert said in str(refusal.value)
        assert "\n" not in str(refusal.value)
        assert len(str(refusal.value)) < 250
