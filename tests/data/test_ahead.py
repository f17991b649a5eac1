"""Things read ahead are the same things; what goes wrong is told, and nothing goes on unasked."""

from collections.abc import Iterator
from itertools import count, islice
from threading import active_count

import pytest

from cut2next.data.ahead import ahead


@pytest.mark.parametrize("number", [0, 1, 8, 100])
def test_nothing_is_changed(number: int) -> None:
    assert list(ahead(range(number))) == list(range(number))


def test_what_goes_wrong_is_raised_in_its_place() -> None:
    def eight() -> Iterator[int]:
        yield from range(8)
        raise KeyError("nine")

    taken = ahead(eight())
    assert list(islice(taken, 8)) == list(range(8))
    with pytest.raises(KeyError, match="nine"):
        next(taken)


def test_no_more_is_taken_than_asked_for_and_a_few() -> None:
    numbers, before = count(), active_count()
    taken = ahead(numbers, 2)
    assert list(islice(taken, 10)) == list(range(10))
    taken.close()
    assert next(numbers) <= 10 + 8 * 3
    assert active_count() == before
