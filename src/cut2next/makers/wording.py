"""What makers that never saw our prompts share in saying them; each says the whole in its own file.

No torch here.
"""

import re
from collections.abc import Iterable

from cut2next.film import EditingPattern
from cut2next.film.editing_pattern import in_order

_BRACKETED = re.compile(r"<([^<>]+)>")


def plain(text: str) -> str:
    """A prompt without the brackets around names, which are ours: no other model was shown any."""
    return _BRACKETED.sub(r"\1", text)


def technique(patterns: Iterable[EditingPattern]) -> str:
    """How the cut goes, for whom an editor's word alone may say nothing; empty without patterns.

    For example "a cut-in (closer, on a person or a detail that was already in the frame)".
    """
    return " and ".join(_said(pattern) for pattern in in_order(patterns))


def sentences(*parts: str) -> str:
    """Parts that say something, one after the other."""
    return " ".join(part.strip() for part in parts if part.strip())


def _said(pattern: EditingPattern) -> str:
    definition = pattern.definition.rstrip(".")
    return f"a {pattern.label.lower()} ({definition[0].lower()}{definition[1:]})"
