from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image
from tests.generation.toy import toy

from cut2next.cutbench.contenders import (
    GREY,
    MODEL,
    by_autoencoder,
    by_model,
    contenders,
    without_current_shot,
)
from cut2next.cutbench.soundstage.held_out import HeldOut
from cut2next.film import Cut
from cut2next.soundstage.repertoire import repertoire_named

SIZE = (96, 48)


@pytest.fixture(scope="module")
def cuts() -> list[Cut]:
    held_out = HeldOut(count=3, size=SIZE, repertoire=repertoire_named("café"), samples=1)
    return [held_out.case(number).cut for number in range(3)]


def _bytes(images: Sequence[Image.Image]) -> list[bytes]:
    return [image.tobytes() for image in images]


def test_a_next_shot_depends_on_its_cut_alone(cuts: list[Cut]) -> None:
    model = by_model(toy(), steps=1)
    together, backwards = model(cuts), model(cuts[::-1])[::-1]
    (alone,) = model(cuts[1:2])
    for shot, same_shot in ((together[0], backwards[0]), (together[1], alone)):
        apart = np.asarray(shot, int) - np.asarray(same_shot, int)
        assert np.abs(apart).max() <= 1
    assert len(set(_bytes(together))) == 3


def test_without_a_current_shot_nothing_of_it_is_left(cuts: list[Cut]) -> None:
    blind = without_current_shot(cuts[0])
    assert blind.current.keyframe.getcolors() == [(SIZE[0] * SIZE[1], GREY)]
    assert blind.current.prompt.text.rstrip(".") == cuts[0].current.prompt.summary
    assert blind.next is cuts[0].next
    assert blind.name == cuts[0].name


def test_the_autoencoder_sees_the_true_next_shot_only(cuts: list[Cut]) -> None:
    autoencoder = by_autoencoder(toy())
    made = autoencoder(cuts)
    assert [image.size for image in made] == [SIZE] * 3
    assert _bytes(autoencoder([without_current_shot(cut) for cut in cuts])) == _bytes(made)


def test_every_contender_makes_a_next_shot_of_each_cut(cuts: list[Cut]) -> None:
    made = {name: make(cuts) for name, make in contenders(toy(), steps=1).items()}
    assert {len(images) for images in made.values()} == {3}
    assert {image.size for images in made.values() for image in images} == {SIZE}
    assert made["truth"] == [cut.next.keyframe for cut in cuts]
    assert made["copy input"] == [cut.current.keyframe for cut in cuts]
    assert _bytes(made[MODEL]) != _bytes(made["no current shot"])
