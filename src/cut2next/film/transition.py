"""How a pattern is said: the transition caption, the words through which it reaches the model."""

from collections.abc import Iterable
from random import Random

from cut2next.film.editing_pattern import EditingPattern, in_order
from cut2next.film.errors import InputError
from cut2next.film.fields import check_kind

_PHRASES = {
    EditingPattern.SHOT_REVERSE_SHOT: (
        "a shot/reverse shot: the camera answers with the converse view of {subject}",
        "a shot/reverse shot that turns to {subject}",
    ),
    EditingPattern.CUT_IN: (
        "a cut-in: the camera goes closer to {subject}",
        "a cut-in on {subject}",
    ),
    EditingPattern.CUT_OUT: (
        "a cut-out: the camera goes back to a wider view of {subject}",
        "a cut-out to {subject}",
    ),
    EditingPattern.CUTAWAY: (
        "a cutaway: the camera leaves them for {subject}",
        "a cutaway to {subject}",
    ),
    EditingPattern.MULTI_ANGLE: (
        "a multi-angle cut: {subject} from another angle",
        "a multi-angle cut that moves around {subject}",
    ),
}


def transition_caption(
    patterns: Iterable[EditingPattern], subject: str, chance: Random | None = None
) -> str:
    """Which editing techniques join two shots and what they do for the next shot's `subject`.

    Without `chance` the plainest wording of each pattern is used. Raises InputError without a
    pattern or a subject: the sentence would have no end.
    """
    check_kind("subject", subject, str)
    chosen = in_order(patterns)
    if not chosen or not subject.strip():
        raise InputError(
            f"a transition without a {'subject' if chosen else 'pattern'}",
            expected="patterns, and what the next shot is of",
            hint='for example {EditingPattern.CUT_IN}, "<Anna>"',
        )
    captions = [
        (chance.choice(_PHRASES[pattern]) if chance else _PHRASES[pattern][0]).format(
            subject=subject
        )
        for pattern in chosen
    ]
    return f"The transition between shots is {' and '.join(captions)}"
