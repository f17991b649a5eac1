"""Several ways to cut at once: each pattern gets what suits it of what was asked for."""

import pytest

from cut2next.film import EditingPattern, InputError
from cut2next.generation.several_cuts import MOST, next_shot_of, several_cuts

ANNA, CLOCK = "<Anna> (red bob) in the café", "the clock on the wall"
CUT_IN, CUTAWAY = EditingPattern.CUT_IN, EditingPattern.CUTAWAY


def test_one_subject_is_framed_anew_for_each_of_the_five_patterns() -> None:
    cuts = several_cuts([], [ANNA], 1)
    assert [pattern for pattern, _ in cuts] == list(EditingPattern)
    shown = [words for _, words in cuts]
    assert all(ANNA in words for words in shown)
    assert shown[1] == f"Close up of {ANNA}"
    assert shown[2] == f"Wide shot of {ANNA}"
    assert shown[4] == f"Medium shot of {ANNA} from above"


@pytest.mark.parametrize("subjects", [[ANNA, CLOCK], [CLOCK, ANNA]])
def test_of_two_subjects_a_cutaway_goes_to_the_one_that_names_nobody(subjects: list[str]) -> None:
    for pattern, words in several_cuts([], subjects, 1):
        assert (f"Insert of {CLOCK}" == words) is (pattern is CUTAWAY)


def test_as_many_subjects_as_patterns_go_together_in_their_order() -> None:
    cuts = several_cuts([CUTAWAY, CUT_IN], [ANNA, CLOCK], 1)
    assert cuts == [(CUTAWAY, f"Medium close up of {ANNA}"), (CUT_IN, f"Insert of {CLOCK}")]


@pytest.mark.parametrize(
    "words",
    ["Close-up of <Anna>", "<Anna> in profile", "An insert of a mug", "Over the shoulder of <Ben>"],
)
def test_words_that_frame_a_shot_are_left_as_they_are(words: str) -> None:
    assert next_shot_of(words, EditingPattern.CUT_OUT) == words


@pytest.mark.parametrize("subjects", [[], [ANNA] * 3, [ANNA] * 6])
def test_another_number_of_subjects_is_refused(subjects: list[str]) -> None:
    with pytest.raises(InputError, match=f"--next {len(subjects)} times, for 5 patterns"):
        several_cuts([], subjects, 1)


def test_more_than_a_sheet_holds_is_refused() -> None:
    assert several_cuts([], [ANNA], MOST // 5)
    with pytest.raises(InputError, match=f"{MOST + 5} pictures on a sheet; expected {MOST}"):
        several_cuts([], [ANNA], MOST // 5 + 1)
