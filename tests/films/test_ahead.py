"""Things read ahead are the same things; what goes wrong is told, and nothing goes on unasked."""

from collections.abc import Iterator
from itertools import count, islice
from threading import active_count

import pytest

from cut2next.films.ahead import ahead


@pytest.mark.parametrize("number", [0, 1, 16, 100])
def test_nothing_is_changed(number: int) -> None:
    assert list(ahead(range(number))) == list(range(number))


def test_what_goes_wrong_is_raised_in_its_place() -> None:
    def sixteen() -> Iterator[int]:
        yield from range(16)
        raise KeyError("next")

    taken = ahead(sixteen())
    assert list(islice(taken, 16)) == list(range(16))
    with pytest.raises(KeyError, match="next"):
        next(taken)


def test_no_more_is_taken_than_asked_for_and_a_few() -> None:
    numbers, before = count(), active_count()
    taken = ahead(numbers, 2)
    assert list(islice(taken, 10)) == list(range(10))
    taken.close()
    assert next(numbers) <= 16 * 4
    assert active_count() == before
