from tests.cutbench.geometry.faces import Told, face, sight

from cut2next.cutbench.geometry.metrics import geometry_metrics, kept
from cut2next.film import EditingPattern

TWO = Told(
    {
        "current": sight(face(0, 0.2, -30), face(1, 0.2, 30), face(2, 0.2)),
        "true": sight(face(0, 0.4, -30), face(1, 0.4, 30)),
        "half": sight(face(0, 0.4, 40), face(3, 0.4, 30)),
        "strangers": sight(face(4, 0.4, -30)),
        "nobody": sight(),
    }
)
FILM_WITHOUT_FACES = Told({"current": sight(), "true": sight(), "made": sight(face(0))})


def told(watcher: Told, name: str, *patterns: EditingPattern) -> list[float | None]:
    """Pattern adherence, identity kept, head count, screen direction."""
    case = watcher.case(*(patterns or (EditingPattern.CUT_IN,)))
    return [one.of(case, watcher.pictures[name]) for one in geometry_metrics(watcher)]


def test_the_truth_is_right_in_all() -> None:
    assert told(TWO, "true") == [1, 1, 1, 1]


def test_half_of_the_people_are_half_of_the_identity() -> None:
    _, identity, heads, direction = told(TWO, "half")
    assert (identity, heads) == (0.5, 1)
    assert direction == 0  # who is the same looks the other way


def test_who_comes_with_the_cut_is_nobody_to_keep() -> None:
    seen = {"current": sight(face(0)), "true": sight(face(0), face(5)), "made": sight(face(0))}
    watcher = Told(seen)
    assert told(watcher, "made")[1] == 1


def test_strangers_keep_nothing_and_are_a_cutaway() -> None:
    assert told(TWO, "strangers", EditingPattern.CUTAWAY)[:3] == [1, 0, 0]
    assert told(TWO, "strangers", EditingPattern.CUT_IN)[0] == 0


def test_a_copy_of_the_current_shot_is_no_cut_and_keeps_its_people() -> None:
    assert told(TWO, "current")[:2] == [0, 1]


def test_of_an_empty_picture_no_pattern_is_told_and_nobody_is_there() -> None:
    assert told(TWO, "nobody") == [None, 0, 0, None]


def test_where_no_faces_are_to_be_seen_nothing_is_said() -> None:
    assert told(FILM_WITHOUT_FACES, "made") == [None, None, None, None]


def test_adherence_shares_what_is_asked_and_found() -> None:
    both = (EditingPattern.CUT_IN, EditingPattern.MULTI_ANGLE)
    assert told(TWO, "true", *both)[0] == 0.5


def test_identity_is_what_failures_take() -> None:
    case = TWO.case(EditingPattern.CUT_IN)
    assert kept(TWO, case, TWO.pictures["half"]) == 0.5
