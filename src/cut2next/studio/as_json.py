"""Boards and their parts as JSON, and back: fields by name, fractions as "24000/1001".

What comes back is built by the dataclasses themselves, so their checks are the only ones.
"""

from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from cut2next.film import InputError
from cut2next.film.errors import one_line

Value = TypeVar("Value")


_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def adapter(kind: Any) -> TypeAdapter[Any]:
    """What reads and writes a kind: a dataclass, or a union of several. Made once."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def to_json(value: Any, kind: Any = None) -> Any:
    """Values that `json` writes; `kind` where it is a union's member with a word to tell it by."""
    return adapter(kind or type(value)).dump_python(value, mode="json")


def from_json(kind: type[Value], told: Any) -> Value:
    """What `to_json` told. Raises InputError, naming the field, for anything else."""
    try:
        value: Value = adapter(kind).validate_python(told)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = kind.__name__.lower() if isinstance(kind, type) else "value"
        place = ".".join(map(str, first["loc"])) or "it"
        raise InputError(
            f"{one_line(place, 80)}: {one_line(first['msg'], 80)}",
            expected=f"a{'n' * (name[0] in 'aeiou')} {name}",
            hint="see the API's documentation",
        ) from error
    except RecursionError as error:
        raise InputError("nested too deep", expected="a board", hint="check the file") from error
    return value
