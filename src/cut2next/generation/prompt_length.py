"""How much of a prompt a model reads: what is longer is refused, or shortened where asked."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cut2next.backbones import Backbone
from cut2next.conditioning import Segment
from cut2next.film import HierarchicalPrompt, IndividualPrompt, InputError, RelationalPrompt
from cut2next.film.errors import one_line

_BETWEEN = " ,;:"
"""What joins to words that are left out."""


def check_length(backbone: Backbone, segment: Segment, text: str, length: int) -> None:
    """Raises InputError for a text of more than `length` tokens."""
    if cut := backbone.cut_off(text, length):
        raise InputError(
            f"a {segment} of {backbone.token_count(text)} tokens",
            expected=f"{length} at most, as the model was trained",
            hint=f"leave out {one_line(cut)!r}; `pipe.shortened(prompt)` does so",
        )


def fitting(
    backbone: Backbone, lengths: Mapping[Segment, int], segment: Segment, text: str
) -> tuple[str, str]:
    """A prompt's text as far as it is read, in whole words, and what is left out of it."""
    cut = backbone.cut_off(text, lengths[segment])
    if not cut:
        return text, ""
    kept = text.removesuffix(cut)
    through_a_word = kept[-1:].isalnum() and cut[:1].isalnum()
    kept = _without_last_word(kept) if through_a_word else kept.rstrip(_BETWEEN)
    # A prompt's text ends in a full stop, which must fit as well.
    while kept and backbone.cut_off(IndividualPrompt(summary=kept).text, lengths[segment]):
        kept = _without_last_word(kept)
    return kept, text.removeprefix(kept).strip()


def with_texts(prompt: HierarchicalPrompt, texts: Mapping[Segment, str]) -> HierarchicalPrompt:
    """The prompt with other texts for some of its segments, each in one field."""
    shots = {Segment.CURRENT_PROMPT: "current", Segment.NEXT_PROMPT: "next"}
    said: dict[str, Any] = {
        name: IndividualPrompt(summary=texts[at]) for at, name in shots.items() if at in texts
    }
    if Segment.RELATIONAL_PROMPT in texts:
        said["relational"] = RelationalPrompt(transition=texts[Segment.RELATIONAL_PROMPT])
    return replace(prompt, **said)


def _without_last_word(text: str) -> str:
    """Or without its last letter, where words are not apart."""
    head, space, _ = text.rstrip().rpartition(" ")
    return (head if space else text[:-1]).rstrip(_BETWEEN)
