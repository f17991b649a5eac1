"""What a model does not read is left out in whole words, and what is left fits."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cut2next.conditioning import Segment
from cut2next.film import IndividualPrompt
from cut2next.generation.prompt_length import fitting

NEXT = Segment.NEXT_PROMPT


class Letters:
    """Reads letter by letter, so that it is cut off within words too, and a full stop counts."""

    @staticmethod
    def cut_off(text: str, length: int) -> str:
        return text[length:].strip()


READER: Any = Letters()
words = st.lists(st.text("ab,;", min_size=1, max_size=9), min_size=1, max_size=9)


@given(words, st.integers(1, 40))
def test_what_is_kept_fits_and_what_is_not_is_the_rest(spoken: list[str], length: int) -> None:
    text = IndividualPrompt(summary=" ".join(spoken)).text
    kept, rest = fitting(READER, {NEXT: length}, NEXT, text)
    if len(text) <= length:
        assert (kept, rest) == (text, "")
        return
    assert text.replace(" ", "") == kept.replace(" ", "") + rest.replace(" ", "")
    assert not kept or len(IndividualPrompt(summary=kept).text) <= length
    if " " in kept:
        assert text[len(kept)] in " ,;"


def test_a_word_that_was_cut_through_goes_whole() -> None:
    text = "a red fox, near the cathedral"
    assert fitting(READER, {NEXT: 24}, NEXT, text) == ("a red fox, near the", "cathedral")
    assert fitting(READER, {NEXT: 9}, NEXT, text) == ("a red", "fox, near the cathedral")
    assert fitting(READER, {NEXT: 10}, NEXT, text) == ("a red fox", ", near the cathedral")
    assert fitting(READER, {NEXT: 4}, NEXT, "cathedral") == ("cat", "hedral")
