"""What a machine is quick in: of threads, the quickest number of what there is."""

from collections.abc import Iterator

import pytest
import torch

from cut2next.training import machine
from cut2next.training.machine import take_quickest_threads


@pytest.fixture(autouse=True)
def _threads_as_before() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("seconds", "most", "taken"),
    [
        ({1: 3.0, 2: 2.0}, 2, 2),
        ({1: 2.0, 2: 3.0}, 2, 1),
        ({1: 2.1, 2: 2.0}, 2, 1),
        ({1: 4.0, 2: 3.0, 3: 2.0}, 3, 3),
    ],
)
def test_the_quickest_is_taken_and_of_about_equals_the_fewest(
    seconds: dict[int, float], most: int, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.set_num_threads(most)
    monkeypatch.setattr(machine, "_seconds", lambda count, _: seconds[count])
    assert take_quickest_threads(torch.float32) == taken == torch.get_num_threads()


def test_no_more_than_there_are() -> None:
    torch.set_num_threads(1)
    assert take_quickest_threads(torch.float32) == 1
