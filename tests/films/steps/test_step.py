"""Steps are run one after the other, each on what the one before gives, and none ahead of need."""

from collections.abc import Iterable, Iterator

from cut2next.films.steps.step import run_steps


def doubled(numbers: Iterable[int]) -> Iterator[int]:
    return (2 * number for number in numbers)


def without_fours(numbers: Iterable[int]) -> Iterator[int]:
    return (number for number in numbers if number != 4)


def spelled(numbers: Iterable[int]) -> Iterator[str]:
    return map(str, numbers)


def test_each_step_takes_what_the_one_before_gives() -> None:
    assert list(run_steps([1, 2, 4], [doubled, without_fours, spelled])) == ["2", "8"]
    assert list(run_steps([1, 2, 4], [without_fours, doubled])) == [2, 4]
    assert list(run_steps([1, 2, 4], [])) == [1, 2, 4]


def test_no_record_is_taken_before_it_is_needed() -> None:
    source = iter(range(5))
    assert next(run_steps(source, [doubled, spelled])) == "0"
    assert next(source) == 1
