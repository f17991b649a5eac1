"""Requests for next shots in a file of JSON lines, each in the words of the command's options.

What a line does not say is as on the command line. A line that cannot be used is refused with its
number; whether all lines can be used is known before any work.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cut2next.film import Cut2NextError, InputError
from cut2next.film.errors import one_line
from cut2next.film.paths import read_lines


class Line(BaseModel):
    """One request as JSON; what the values mean is checked as on the command line."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    image: str = ""
    output: str = ""
    pattern: list[str] = Field(default=[])
    next: list[str] = Field(default=[])
    relation: str = ""
    current: str = ""
    count: int = 1
    seed: int = 0
    steps: int = 1
    size: str = ""
    guidance: float = 1
    relational_strength: float = 1
    current_strength: float = 1


def read_batch(
    path: Path, types: Mapping[str, Callable[[str], Any]], usual: argparse.Namespace
) -> Iterator[tuple[str, argparse.Namespace]]:
    """The requests of a file, each after the words that say which line it is.

    `types` make values of texts, by option. Raises InputError for a line that is none.
    """
    for number, line in read_lines(path):
        if line.strip():
            where = f"{path}, line {number}"
            yield where, argparse.Namespace(**{**vars(usual), **_said(line, where, types)})


def at(where: str, error: Cut2NextError) -> Cut2NextError:
    """The same error, after the words that say where it lies, where there are some."""
    got = f"{where}: {error.got}" if where else error.got
    return type(error)(got, expected=error.expected, hint=error.hint)


def _said(line: bytes, where: str, types: Mapping[str, Callable[[str], Any]]) -> dict[str, Any]:
    """What a line says, by option."""
    given = _parsed(line, where).model_dump(exclude_unset=True)
    said = {}
    for name, value in given.items():
        try:
            texts = value if isinstance(value, list) else [str(value)]
            values = [types[name](text) for text in texts]
        except argparse.ArgumentTypeError as error:
            raise _refused(f"{where}, {name}: {error}") from error
        said[name] = values if isinstance(value, list) else values[0]
    return said


def _parsed(line: bytes, where: str) -> Line:
    try:
        said = json.loads(line)
        if isinstance(said, dict):  # in which programs write null for what they do not say
            there = {name: value for name, value in said.items() if value is not None}
            said = {name.replace("-", "_"): value for name, value in there.items()}
            several = {name: said[name] for name in ("pattern", "next") if name in said}
            said |= {name: [as_is] for name, as_is in several.items() if isinstance(as_is, str)}
        return Line.model_validate(said)
    except ValidationError as error:
        (fault, *_) = error.errors(include_url=False)
        name = "".join(f", {part}" for part in fault["loc"])
        raise _refused(f"{where}{name}: {one_line(fault['msg'], 80)}") from error
    except (ValueError, RecursionError) as error:
        raise _refused(f"{where}: is no JSON ({one_line(error, 80)})") from error


def _refused(got: str) -> InputError:
    names = ", ".join(Line.model_fields)
    return InputError(
        got,
        expected=f"an object with {names}, as `cut2next generate` takes them",
        hint="mend the line",
    )
