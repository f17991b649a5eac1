"""Whether what strangers hand in is of the kind that is written beside it.

Python asks nobody: a string in the place of a prompt, or of a list, goes far before it fails, or
never does. The annotations of a dataclass are the rule; nothing is listed twice. No torch here.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, is_dataclass
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from cut2next.film.errors import InputError, one_line

_WORDS = {str: "text", int: "a whole number", float: "a number", bool: "True or False"}


def check_fields(value: Any) -> None:
    """Raises InputError, naming the field, unless all of a dataclass's are as annotated."""
    for field in fields(value):
        check_kind(f"{type(value).__name__}.{field.name}", getattr(value, field.name), field.type)


def check_kind(name: str, given: object, kind: Any, hint: str = "") -> None:
    """Raises InputError unless what was given under a name is of a kind, an annotation."""
    if not fits(given, kind):
        raise InputError(
            f"{name}={one_line(repr(given), 80)}",
            expected=_said(kind),
            hint=hint or _example(kind),
        )


def fits(given: Any, kind: Any) -> bool:
    """Whether a value is of a kind, its elements too; text is no list, and True no number."""
    if type(given) is kind:
        return True  # as most are
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return any(fits(given, part) for part in parts)
    if origin is tuple and parts[1:] == (...,):
        return isinstance(given, tuple) and all(fits(each, parts[0]) for each in given)
    if origin is tuple:
        paired = isinstance(given, tuple) and len(given) == len(parts)
        return paired and all(map(fits, given, parts))
    if origin is Mapping:
        return isinstance(given, Mapping) and all(
            fits(key, parts[0]) and fits(held, parts[1]) for key, held in given.items()
        )
    if origin in (Sequence, Collection):
        listed = isinstance(given, origin) and not isinstance(given, str | bytes)
        return listed and all(fits(each, parts[0]) for each in given)
    if kind in (int, float):
        return isinstance(given, Integral if kind is int else Real) and not isinstance(given, bool)
    return isinstance(given, origin or kind)


def _said(kind: Any) -> str:
    """A kind in words."""
    origin = get_origin(kind)
    parts = [_said(part) for part in get_args(kind) if part not in (NoneType, ...)]
    if origin in (Union, UnionType):
        return " or ".join(parts)
    if origin is tuple and ... not in get_args(kind):
        return f"({', '.join(parts)})"
    if origin is Mapping:
        return f"a mapping from {parts[0]} to {parts[1]}"
    if origin in (tuple, Sequence, Collection):
        return f"a list, of each {parts[0]}"
    name = (origin or kind).__name__
    return _WORDS.get(kind, f"a{'n' * (name[0] in 'AEIOU')} {name}")


def _example(kind: Any) -> str:
    """How the first dataclass of a kind is written; a field without defaults has MISSING twice."""
    for part in (kind, *get_args(kind)):
        if isinstance(part, type) and is_dataclass(part):
            needed = [field for field in fields(part) if field.default is field.default_factory]
            return f"for example {part.__name__}({', '.join(f'{each.name}=…' for each in needed)})"
    return "see its documentation"
