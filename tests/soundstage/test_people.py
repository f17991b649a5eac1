from dataclasses import replace
from random import Random

from cut2next.soundstage.palette import CLOTHES, HAIR
from cut2next.soundstage.people import (
    COMPANY,
    HEIGHTS,
    Look,
    Person,
    draw_look,
    held_out_look,
)

ANNA = Person(
    name="Anna",
    look=COMPANY[0],
    mark=(0.0, 0.0),
    yaw=0.0,
    gaze=0.0,
    tilt=0.0,
    seated=False,
    gesture=False,
)


def test_people_differ_in_height_and_sit_lower() -> None:
    eyes = {
        height: replace(ANNA, look=replace(ANNA.look, height=height)).eyes[2] for height in HEIGHTS
    }
    assert eyes["short"] < eyes["average"] < eyes["tall"]
    assert replace(ANNA, seated=True).eyes[2] < eyes["short"]


def test_a_look_is_said_in_the_prompts_words() -> None:
    assert [look.short for look in COMPANY] == [
        "red bob, green sweater",
        "black crop, glasses, orange striped shirt",
        "long blond hair, blue jacket",
        "grey curls, beard, white jacket",
        "brown bun, hat, purple sweater",
    ]
    assert str(ANNA.character) == "<Anna> (red bob, green sweater)"


def test_looks_that_are_drawn_can_be_told_apart() -> None:
    chance = Random(0)
    for _ in range(50):
        looks: list[Look] = []
        for _ in range(3):
            looks.append(draw_look(chance, looks))
        assert len({look.hair for look in looks}) == len({look.top_color for look in looks}) == 3


def test_every_colour_is_taught_and_one_pair_in_nine_is_withheld() -> None:
    looks = [replace(COMPANY[0], hair=hair, top_color=top) for hair in HAIR for top in CLOTHES]
    withheld = [look for look in looks if held_out_look(look)]
    assert 9 * len(withheld) == len(looks)
    taught = [look for look in looks if not held_out_look(look)]
    assert {look.hair for look in taught} == set(HAIR)
    assert {look.top_color for look in taught} == set(CLOTHES)
    assert not any(held_out_look(look) for look in COMPANY)
