from dataclasses import replace

import pytest
from PIL import Image
from tests.cutbench.stage import HELD_OUT, case, judge, judge_of, shot, wrong
from tests.soundstage.sets import setup_of

from cut2next.cutbench.judge import Verdict
from cut2next.film import InputError
from cut2next.soundstage.film_set import FilmSet
from cut2next.soundstage.lighting import HOURS
from cut2next.soundstage.palette import WALLS

CASES = range(HELD_OUT.count)


@pytest.mark.parametrize("number", CASES)
def test_the_truth_is_right_in_everything(number: int) -> None:
    verdict = judge(number).verdict(case(number).cut.next.keyframe)
    assert verdict.camera
    assert verdict.shown == case(number).following.name
    assert verdict.look == 1
    assert verdict.psnr == pytest.approx(58.92, abs=0.01)
    assert verdict.ssim == pytest.approx(1)
    assert _failures(verdict) == set()


@pytest.mark.parametrize("number", CASES)
def test_the_current_shot_again_is_a_static_cut_and_nothing_else(number: int) -> None:
    verdict = judge(number).verdict(case(number).cut.current.keyframe)
    assert _failures(verdict) == {"static_cut"}
    assert not verdict.camera
    assert verdict.shown == case(number).current.name


@pytest.mark.parametrize(
    ("region", "change"),
    [
        ("a.hair", {"hair": ("black", "blond")}),
        ("a.skin", {"skin": ("pale", "dark")}),
        ("a.top", {"top_color": ("teal", "orange")}),
    ],
)
def test_another_colour_on_one_person_fails_there_only(
    region: str, change: dict[str, tuple[str, str]]
) -> None:
    # In a close up there is hair enough, in a medium close up cloth enough.
    judging = judge_of("close up a" if region == "a.hair" else "medium close up a")
    film_set = judging.case.film_set
    person = film_set.cast[0]
    (field, colors), *_ = change.items()
    other = next(color for color in colors if color != getattr(person.look, field))
    changed = replace(person, look=replace(person.look, **{field: other}))
    recast = replace(film_set, cast=(changed, *film_set.cast[1:]))
    verdict = judging.verdict(shot(recast, judging.case.following))
    assert wrong(verdict) == {region}
    assert verdict.camera


def test_a_change_of_several_is_identity_drift() -> None:
    judging = judge_of("medium close up a")
    film_set = judging.case.film_set
    one, other, *more = film_set.cast
    # As when a model gives one lead the face and clothes of the other.
    swapped = (replace(one, look=other.look), replace(other, look=one.look), *more)
    verdict = judging.verdict(shot(replace(film_set, cast=swapped), judging.case.following))
    assert verdict.camera
    assert {"a.skin", "a.top"} <= wrong(verdict)
    assert verdict.identity_drift
    assert not verdict.incoherence


def test_another_setup_has_the_wrong_camera_and_is_incoherent() -> None:
    judging = judge_of("close up a")
    film_set = judging.case.film_set
    for name in ("two", "profile b", "feature0"):
        verdict = judging.verdict(shot(film_set, setup_of(film_set, name)))
        assert not verdict.camera
        assert verdict.shown == name
        # All that it shows is true of the set; it was only not asked for.
        assert verdict.incoherence or verdict.static_cut
        assert not verdict.identity_drift


@pytest.mark.parametrize("number", CASES)
def test_another_hour_fails_in_the_light(number: int) -> None:
    given = case(number)
    for hour in HOURS:
        other = replace(given.film_set, hour=hour)
        verdict = judge(number).verdict(shot(other, given.following))
        assert verdict.looks["light"] == (hour == given.film_set.hour)


def test_a_grey_card_has_little_of_the_look() -> None:
    grey = Image.new("RGB", HELD_OUT.size, (90, 90, 90))
    judging = judge_of("close up a")
    verdict = judging.verdict(grey)
    assert verdict.look < 0.8
    assert verdict.psnr < 25


def test_the_shares_of_a_kind() -> None:
    judging = judge_of("two")
    verdict = judging.verdict(judging.case.cut.next.keyframe)
    assert {"a.top", "b.top", "light"} <= set(verdict.looks)
    assert verdict.kind("top") == 1
    half = replace(verdict, looks={"a.top": True, "b.top": False, "light": True})
    assert half.kind("top") == 0.5
    assert half.kind("hair") is None
    assert half.look == pytest.approx(2 / 3)


def test_another_size_is_refused() -> None:
    with pytest.raises(InputError, match="192x80; expected one of 96x40"):
        judge(0).verdict(Image.new("RGB", (192, 80)))


def test_a_wall_in_another_paint_fails_there_only() -> None:
    inside = next(number for number in CASES if not case(number).film_set.place.outside)
    judging = judge_of("two", inside)
    repainted = _repainted(judging.case.film_set, "blue", "mustard")
    assert wrong(judging.verdict(shot(repainted, judging.case.following))) == {"walls"}


def _failures(verdict: Verdict) -> set[str]:
    names = ("static_cut", "identity_drift", "incoherence")
    return {name for name in names if getattr(verdict, name)}


def _repainted(film_set: FilmSet, *choices: str) -> FilmSet:
    paint = next(paint for paint in choices if paint != film_set.place.walls)
    shell = [
        replace(side, color=WALLS[paint]) if side.part == "walls" else side
        for side in film_set.place.shell
    ]
    return replace(film_set, place=replace(film_set.place, shell=shell))
