"""On a CUDA card, where networks may come one at a time."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.makers.checkpoints import BUILT
from tests.makers.test_diffusers_maker import made

from cut2next.makers import loading
from cut2next.makers.placement import OFFLOADED


@pytest.mark.gpu
@pytest.mark.parametrize("name", BUILT)
def test_networks_that_come_one_at_a_time_make_the_picture_of_those_that_stay(
    name: str, checkpoint: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (staying,) = made(checkpoint(name), 3)
    monkeypatch.setattr(loading, "placement", lambda *_: OFFLOADED)
    (coming,) = made(checkpoint(name), 3)
    assert coming.asked.settings["placed"] == OFFLOADED
    assert coming.picture.tobytes() == staying.picture.tobytes()
