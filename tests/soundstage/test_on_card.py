"""The ray caster on a card: on one where there is one, and in numba's simulator of one."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.soundstage.test_render import DOWNWARDS, EXTENT, LID, lights

from cut2next.film import InputError
from cut2next.soundstage.primitives import (
    Floats,
    Geometry,
    Ints,
    Material,
    Texture,
    cylinder,
    ellipsoid,
    ring,
    turn,
    vector,
)
from cut2next.soundstage.render import Illumination, render

_RENDER = """
import sys
import numpy as np
from tests.soundstage.test_on_card import picture
light, ids = picture(on_card=True)
np.savez(sys.argv[1], light=light, ids=ids)
"""


def picture(*, on_card: bool) -> tuple[Floats, Ints]:
    """A solid of each kind over a floor of bricks."""
    blue, bricks = (
        Material(part="blue", color=(0, 0, 1), gloss=0.5),
        Material(part="floor", color=(1, 0, 0), color2=(1, 1, 1), texture=Texture.BRICKS),
    )
    solids = [
        LID,
        ellipsoid((1.5, 0, 1), (0.5, 0.3, 0.5), blue, clip=(0, 0, -1, -0.5)),
        cylinder((-1.2, 0.3, 0.8), (0.4, 0.4, 0.3), blue),
        ring((0, 1, 1.5), (0.6, 0.6), blue, rotation=turn(0.3)),
    ]
    geometry = Geometry(solids, [bricks] * 6)
    light = Illumination(geometry, EXTENT, lights(vector([1, 0, 1]), 0.1))
    return render(geometry, EXTENT, DOWNWARDS, light, (36, 24), 2, on_card=on_card)


def _check(light: Floats, ids: Ints) -> None:
    """That a picture is the processor's, but for rounding at edges."""
    true_light, true_ids = picture(on_card=False)
    assert len(np.unique(true_ids)) == 3
    assert (ids == true_ids).mean() > 0.99
    assert np.abs(light - true_light).mean() < 1e-3
    assert np.median(np.abs(light - true_light)) < 1e-5


def test_a_simulated_card_makes_the_picture_of_the_processor(tmp_path: Path) -> None:
    out = tmp_path / "picture.npz"
    simulated = {"NUMBA_ENABLE_CUDASIM": "1", "NUMBA_DISABLE_JIT": "1"}
    paths = {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run(
        [sys.executable, "-c", _RENDER, str(out)], env=os.environ | simulated | paths, check=True
    )
    with np.load(out) as made:
        _check(made["light"], made["ids"])


@pytest.mark.gpu
def test_a_card_makes_the_picture_of_the_processor() -> None:
    _check(*picture(on_card=True))


def test_without_a_card_it_is_said_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("numba.cuda.is_available", lambda: False)
    with pytest.raises(InputError, match="no CUDA card"):
        picture(on_card=True)
