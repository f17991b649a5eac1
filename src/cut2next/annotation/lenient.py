"""How loosely a model's answer is read: names by their letters, lists and texts for each other.

Each function takes a value as JSON gave it and returns what the schema asks for, or the value as it
came where there is none in it; `schema` then judges. It knows no schema of ours.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from cut2next.film import mentions

_ENDED = (".", "!", "?", ",", ";", ":")
_NO_LABELS = ("null", "none", "na", "unknown")


def parts(node: Any) -> Iterator[Any]:
    """A value of JSON and all that is in it, in order, however deep."""
    waiting = [node]
    while waiting:
        yield (node := waiting.pop())
        inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        waiting += reversed(list(inner))


def joined(given: Any) -> Any:
    """All texts of a list or an object as one."""
    texts = [part.strip() for part in parts(given) if isinstance(part, str)]
    if isinstance(given, str) or not texts:
        return given
    ended = (text if text.endswith(_ENDED) else f"{text}," for text in texts)
    return " ".join(ended).removesuffix(",")


def _folded(name: str) -> str:
    """As `film.parse_pattern` compares names."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def named(given: Any, words: Iterable[str]) -> list[str]:
    """Those of a vocabulary that are named, by themselves, in a list or one after the other."""
    known = {_folded(word): word for word in words}
    texts = (part for part in parts(given) if isinstance(part, str))
    pieces = (piece for text in texts for piece in re.split(r"[,;:(|&+\n]| / | and ", text))
    return list(dict.fromkeys(known[name] for name in map(_folded, pieces) if name in known))


def people(given: Any) -> Any:
    """Nobody for null; a person alone, or `<Name> (look)` for a person, as if in a list."""
    if given is None:
        return []
    given = [given] if isinstance(given, dict | str) else given
    if not isinstance(given, list) or not all(isinstance(person, str) for person in given):
        return given
    listed = [person for text in given for person in mentions(text)]
    return [{"name": person.name, "look": person.look} for person in listed] or given


def is_label(text: str) -> bool:
    """Whether a label says something, and not that there is nothing to say."""
    return _folded(text) not in _NO_LABELS


def own_fields(given: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The fields of these names, however they are written; others are dropped."""
    known = {_folded(name): name for name in names}
    folded = ((_folded(name), value) for name, value in given.items())
    return {known[name]: value for name, value in folded if name in known}
