"""Several ways to cut from one current shot, asked for together: each pattern, and what it shows.

No torch here.
"""

import re
from collections.abc import Sequence

from cut2next.film import EditingPattern, InputError, mentions

MOST = 60
"""Pictures that are asked for together."""
_FRAMED = re.compile(r"\b(shot|close[- ]up|insert|view|detail|profile|shoulder)\b", re.IGNORECASE)
_FRAMINGS = {
    EditingPattern.SHOT_REVERSE_SHOT: "Medium close up of {subject}",
    EditingPattern.CUT_IN: "Close up of {subject}",
    EditingPattern.CUT_OUT: "Wide shot of {subject}",
    EditingPattern.CUTAWAY: "Medium close up of {subject}",
    EditingPattern.MULTI_ANGLE: "Medium shot of {subject} from above",
}
"""Of people; things are shown in an insert."""


def several_cuts(
    patterns: Sequence[EditingPattern], subjects: Sequence[str], count: int
) -> list[tuple[EditingPattern, str]]:
    """Each pattern with what the next shot shows: all five where none is given.

    There is a subject for each pattern, or one for all, or two of which a cutaway goes to the one
    that names nobody. Raises InputError for other numbers, and where `count` pictures of each are
    too many.
    """
    patterns = patterns or list(EditingPattern)
    if len(subjects) not in (1, 2, len(patterns)):
        raise InputError(
            f"--next {len(subjects)} times, for {len(patterns)} patterns",
            expected="it once, or twice, or once for each pattern",
            hint="of two, a cutaway goes to the one that names nobody",
        )
    if len(patterns) * count > MOST:
        raise InputError(
            f"{len(patterns) * count} pictures on a sheet",
            expected=f"{MOST} at most",
            hint="lower --count",
        )
    if len(subjects) != len(patterns):
        subjects = [_fitting(pattern, subjects) for pattern in patterns]
    pairs = zip(patterns, subjects, strict=True)
    return [(pattern, next_shot_of(subject, pattern)) for pattern, subject in pairs]


def next_shot_of(subject: str, pattern: EditingPattern) -> str:
    """What the next shot shows: words that frame a shot as they are, a mere subject as is usual.

    A cut-in of "<Anna>" is "Close up of <Anna>"; of "<Anna> in profile" it is just that.
    """
    if _FRAMED.search(subject):
        return subject
    shown = _FRAMINGS[pattern] if _names_somebody(subject) else "Insert of {subject}"
    return shown.format(subject=subject)


def _fitting(pattern: EditingPattern, subjects: Sequence[str]) -> str:
    """The subject that suits a pattern, or the first."""
    somebody = pattern is not EditingPattern.CUTAWAY
    return next((it for it in subjects if _names_somebody(it) is somebody), subjects[0])


def _names_somebody(subject: str) -> bool:
    return any(mentions(subject))
