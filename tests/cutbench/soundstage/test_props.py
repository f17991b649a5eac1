from dataclasses import replace

import pytest
from tests.cutbench.soundstage.stage import judge_of, shot

from cut2next.soundstage.props import COLORS, PROPS


@pytest.mark.parametrize("setup", ["insert 0", "insert 1", "two"])
def test_another_colour_another_thing_and_an_empty_table_are_wrong(setup: str) -> None:
    judging = judge_of(setup)
    film_set = judging.shots.film_set
    shown = judging.props(shot(film_set, judging.asked))
    assert shown
    assert all(shown.values())
    for part in shown:
        index = int(part[-1])
        prop = film_set.props[index]
        for other in (
            replace(prop, color=next(color for color in COLORS if color != prop.color)),
            replace(prop, name=next(name for name, _ in PROPS if name != prop.name)),
            replace(prop, at=prop.at + 9),
        ):
            first, second = film_set.props
            props = (first, other) if index else (other, second)
            made = shot(replace(film_set, props=props), judging.asked)
            assert judging.props(made) == {**shown, part: False}


def test_a_close_up_has_nothing_to_say_of_props() -> None:
    judging = judge_of("close up a")
    assert not judging.props(shot(judging.shots.film_set, judging.asked))
