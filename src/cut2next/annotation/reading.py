"""From a model's words to an answer: what of them fits the schema, and what is still missing.

Models write around their JSON (thoughts, fences, prose), into it (raw line breaks, trailing commas)
and beside it (fields nobody asked for); some stop in the middle. All that can be read is taken, and
what is missing is named. How loosely each field is read is `lenient`'s.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from cut2next.annotation.lenient import own_fields, parts
from cut2next.annotation.schema import Answered

_LONGEST_FAULT = 500
_MOST_OBJECTS = 200
"""That are looked for, from the end: a model that babbles braces holds nobody up."""
_NOTHING = "no JSON object with these fields can be read"
_DECODER = json.JSONDecoder(strict=False)
"""Lets control characters, raw line breaks above all, stand in strings."""
_STRING = r'"(?:[^"\\]|\\.)*"'
_STRING_OR_TRAILING_COMMA = re.compile(rf"({_STRING})|,(?=\s*[}}\]])", re.DOTALL)
_NAME = re.compile(rf"[\s,]*({_STRING})\s*:\s*", re.DOTALL)
_END_OF_VALUE = re.compile(r"\s*(?:[,}]|\Z)")
"""What may follow a value; after anything else, a quote within a text say, it was not whole."""


@dataclass(frozen=True, kw_only=True)
class Missing:
    """What answers have not told, and what they have."""

    faults: Mapping[str, str]
    """By field what is wrong, in words for the model."""
    known: Mapping[str, Any]
    """The fields that fit, as they came."""

    def __str__(self) -> str:
        return "; ".join(dict.fromkeys(self.faults.values()))[:_LONGEST_FAULT]


def read_answers(raws: Iterable[str], schema: type[Answered]) -> Answered | Missing:
    """The answer that a model's texts amount to, or what they lack; of two, the later counts."""
    known: dict[str, Any] = {}
    faults: Mapping[str, str] = {}
    for raw in raws:
        fitting, faults = _fields(raw, schema)
        known |= fitting
    try:
        return schema.model_validate(known)
    except ValidationError as error:
        lacking = _by_field(error)
    return Missing(faults={name: faults.get(name, lacking[name]) for name in lacking}, known=known)


def _fields(raw: str, schema: type[Answered]) -> tuple[dict[str, Any], Mapping[str, str]]:
    """The fields that fit of the object with most of them, the last of equals; and the faults.

    So a draft in a model's thoughts makes way for what it says in the end.
    """
    best: dict[str, Any] = {}
    faults: Mapping[str, str] = dict.fromkeys(schema.model_fields, _NOTHING)
    for given in (own_fields(node, schema.model_fields) for node in _objects(raw)):
        wrong = _faults(given, schema)
        fitting = {name: value for name, value in given.items() if name not in wrong}
        if given and len(fitting) >= len(best):
            best, faults = fitting, wrong
    return best, faults


def _faults(given: Mapping[str, Any], schema: type[Answered]) -> Mapping[str, str]:
    try:
        schema.model_validate(given)
    except ValidationError as error:
        return _by_field(error)
    return {}


def _by_field(error: ValidationError) -> Mapping[str, str]:
    faults: dict[str, list[str]] = {}
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        where = ".".join(str(step) for step in fault["loc"])
        words = f"{where}: {fault['msg'].removeprefix('Value error, ')}"
        faults.setdefault(str(fault["loc"][0]), []).append(words)
    return {field: "; ".join(words) for field, words in faults.items()}


def _objects(raw: str) -> Iterator[dict[str, Any]]:
    """Every JSON object of a text, those within others too; as it is written counts most."""
    raw = "{".join(["", *raw.split("{")[1:][-_MOST_OBJECTS:]])
    for text in (_STRING_OR_TRAILING_COMMA.sub(r"\1", raw), raw):
        place = text.find("{")
        while place >= 0:
            fields, end = _object_at(text, place)
            # Some models put their answer into a field of another object.
            yield from (node for node in parts(fields) if isinstance(node, dict))
            place = text.find("{", end)


def _object_at(text: str, place: int) -> tuple[dict[str, Any], int]:
    """The fields of an object up to where it ends or breaks off, and that place."""
    fields: dict[str, Any] = {}
    end = place + 1
    while name := _NAME.match(text, end):
        try:
            value, end = _DECODER.raw_decode(text, name.end())
        except (ValueError, RecursionError):
            return fields, name.end()
        if not _END_OF_VALUE.match(text, end):
            break
        fields[name[1].strip('"')] = value
    return fields, end
