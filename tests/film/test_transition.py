"""The words through which patterns reach the model."""

from itertools import combinations
from random import Random
from typing import Any

import pytest

from cut2next.film import EditingPattern, InputError, transition_caption

PATTERNS = list(EditingPattern)


def test_the_plainest_words_are_used_unless_there_is_chance() -> None:
    assert transition_caption({EditingPattern.CUT_IN}, "<Ben>") == (
        "The transition between shots is a cut-in: the camera goes closer to <Ben>"
    )


def test_several_patterns_are_said_in_the_order_of_the_paper() -> None:
    caption = transition_caption([EditingPattern.MULTI_ANGLE, EditingPattern.CUTAWAY], "a mug")
    assert caption == (
        "The transition between shots is a cutaway: the camera leaves them for a mug and "
        "a multi-angle cut: a mug from another angle"
    )


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_wording_names_its_pattern_and_its_subject(pattern: EditingPattern) -> None:
    captions = {transition_caption({pattern}, "<Ben>", Random(seed)) for seed in range(20)}
    assert len(captions) > 1
    assert transition_caption({pattern}, "<Ben>") in captions
    for caption in captions:
        assert pattern.label.casefold() in caption.casefold()
        assert "<Ben>" in caption


def test_no_two_sets_of_patterns_are_said_alike() -> None:
    sets = [set(some) for count in range(1, 6) for some in combinations(PATTERNS, count)]
    assert len({transition_caption(some, "<Ben>") for some in sets}) == len(sets) == 31


@pytest.mark.parametrize(
    ("patterns", "subject", "said"),
    [
        ((), "<Ben>", "a transition without a pattern; expected patterns, and what"),
        ({EditingPattern.CUT_IN}, " ", "a transition without a subject"),
        ("cut-in", "<Ben>", "patterns='cut-in'; expected a list, of each an EditingPattern"),
        (["cut-in"], "<Ben>", r"patterns=\['cut-in'\]; .*parse_pattern"),
    ],
)
def test_half_a_sentence_is_not_written(patterns: Any, subject: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        transition_caption(patterns, subject)
