"""The columns of a table of cuts: what each is called, holds and may hold, listed once.

A class below is a struct of columns, each with its type in a line of JSON (`exporting.py`); how a
table stores it (`schema.py`) follows from that, or is named beside it with `Stored`. One and the
same class reads both: of Python's values it knows that they come from a table.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    ValidationInfo,
)
from pydantic_core import from_json

from cut2next.cuts.record import REJECTED
from cut2next.film import EditingPattern, InputError, parse_pattern
from cut2next.film.errors import one_line

FORMAT = 2
"""Version of the columns; it goes up when a reader of today would read them wrongly."""


@dataclass(frozen=True)
class Stored:
    """What a table holds where a line holds something else, or any number: a type of `datasets`."""

    kind: str


@dataclass(frozen=True)
class Since:
    """The format that first had a column; without it the first."""

    format: int


def _in_table(read: Callable[[Any], Any]) -> BeforeValidator:
    """How a table's value becomes that of a line, which itself stays as it is."""

    def value(given: Any, info: ValidationInfo) -> Any:
        return read(given) if info.mode == "python" and given is not None else given

    return BeforeValidator(value)


def _by_name(pairs: list[dict[str, Any] | None]) -> dict[Any, Any]:
    """A mapping, which a table holds as a list of name and value."""
    named = {pair["name"]: pair["value"] for pair in pairs if pair is not None}
    if len(named) < len(pairs):
        raise ValueError("a name is there twice, or without a value")
    return named


def _something(struct: dict[str, Any]) -> dict[str, Any] | None:
    """A struct that is absent comes back from `datasets` as one of absent fields."""
    return struct if any(value is not None for value in struct.values()) else None


@lru_cache(maxsize=256)  # what made a set is the same in most of its rows
def _check_text(text: str) -> None:
    json.dumps(from_json(text), allow_nan=False)


def _check_json(value: Any) -> Any:
    """Refuses what would not come back: text that is no JSON, or too deep, and 1e999."""
    if isinstance(value, str):
        _check_text(value)
    else:
        json.dumps(value, allow_nan=False)
    return value


def _check_lines(value: Any, info: ValidationInfo) -> Any:
    """As `_check_json`, of what was no text before."""
    return value if info.mode == "python" else _check_json(value)


def _text_in_table(given: Any, info: ValidationInfo) -> Any:
    if info.mode == "python" and not isinstance(given, str):
        raise ValueError("should be JSON as text")
    return given


def _from_json(text: str) -> Any:
    _check_text(text)
    return from_json(text)


def _check_pattern(name: str) -> str:
    try:
        return name if name in _PATTERNS else parse_pattern(name).value
    except InputError as error:
        raise ValueError(error.got) from error


_PATTERNS = frozenset(pattern.value for pattern in EditingPattern)


def _check_size(score: float) -> float:
    if abs(score) > _LARGEST:
        raise ValueError(f"should be within {_LARGEST:g} of nothing")
    return score


_LARGEST = 1e300
"""The distance between two scores is a number still."""


def _check_split(name: str) -> str:
    if not name.isidentifier() or name == REJECTED:
        raise ValueError("the split should be a name like train, and not rejected")
    return name


_Text = Annotated[str, Field(min_length=1)]
_unnamed = BeforeValidator(lambda given, info: "" if info.mode == "python" else given)
_Picture = Annotated[str, Stored("image"), _unnamed]
"""In a line the name of a file; in a table the file, which is looked at by itself."""
_Json = Annotated[
    JsonValue, Stored("string"), BeforeValidator(_text_in_table), AfterValidator(_check_json)
]
_Whole = Annotated[int, Field(ge=-(2**63), lt=2**63), Stored("int64")]
_Number = Annotated[int, Field(ge=-(2**31), lt=2**31), Stored("int32")]
_Score = Annotated[
    float, Field(allow_inf_nan=False), AfterValidator(_check_size), Stored("float64")
]
_Scores = Annotated[dict[_Text, _Score], _in_table(_by_name)]


class _Columns(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Relational(_Columns):
    scene: str
    transition: str
    scene_consistency: str
    character_consistency: str


class _Prompt(_Columns):
    summary: str
    description: str
    attributes: Annotated[dict[str, str], _in_table(_by_name)]


class _Span(_Columns):
    start: _Whole
    keyframe: _Whole
    end: _Whole
    time_base: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,17}(/[1-9][0-9]{0,17})?$")]


class _ShotFacts(_Columns):
    span: Annotated[_Span | None, _in_table(_something)]
    scene: _Number | None
    marks: list[str]
    scores: _Scores


class _Maker(_Columns):
    tool: _Text
    version: str
    parameters: Annotated[
        dict[str, JsonValue], Stored("string"), _in_table(_from_json), AfterValidator(_check_lines)
    ]


class TruthColumns(_Columns):
    """What the film set knows of a shot."""

    object_ids: _Picture
    parts: list[str]
    subjects: list[str]
    camera: _Json
    palette: _Json
    words: _Json


_ABOUT = {
    "origin": "where the two shots come from; digest of the film file",
    "keyframes": "their keyframes",
    "shots": "first frame, keyframe and end in the film's own timestamps (null where there is no "
    "film), scene, marks, scores",
    "split": "of the film; a cut that lies in the split rejected keeps it",
    "patterns": "the editing patterns of the cut; none until it is annotated",
    "relation": "what must hold across the cut, and how it goes",
    "prompts": "what each shot shows: summary, description, attributes",
    "scores": "of the cut; why a filter left it out",
    "makers": "which tools made it, how, and from what",
    "truth": "on the film set only: object ids by pixel, the parts they number, subjects; camera, "
    "palette and its words as JSON",
}
"""What columns hold, in the order in which the card of a set tells it."""


def _about(what: str) -> Any:
    return Field(description=_ABOUT[what])


class Line(_Columns):
    """A cut: every column of the table, in the order of a line."""

    format: Annotated[int, Field(ge=FORMAT, le=FORMAT), Stored("int32")]
    id: Annotated[str, _about("origin"), Since(2)]
    film: Annotated[_Text, _about("origin")]
    contents: Annotated[str | None, _about("origin"), Since(2)]
    split: Annotated[str, AfterValidator(_check_split), _about("split")]
    current_name: Annotated[_Text, _about("origin")]
    next_name: Annotated[_Text, _about("origin")]
    current_image: Annotated[_Picture, _about("keyframes")]
    next_image: Annotated[_Picture, _about("keyframes")]
    patterns: Annotated[list[Annotated[str, AfterValidator(_check_pattern)]], _about("patterns")]
    relational_prompt: Annotated[_Relational, _about("relation")]
    current_prompt: Annotated[_Prompt, _about("prompts")]
    next_prompt: Annotated[_Prompt, _about("prompts")]
    current_shot: Annotated[_ShotFacts, _about("shots"), Since(2)]
    next_shot: Annotated[_ShotFacts, _about("shots"), Since(2)]
    scores: Annotated[_Scores, _about("scores"), Since(2)]
    rejected: Annotated[list[str], _about("scores"), Since(2)]
    made_by: Annotated[list[_Maker], Field(min_length=1), _about("makers")]
    licence: Annotated[_Text, _about("makers")]
    source: Annotated[_Text, _about("makers")]
    current_truth: Annotated[TruthColumns | None, _about("truth")] = None
    next_truth: Annotated[TruthColumns | None, _about("truth")] = None


class ShotLine(_Columns):
    """A shot alone, without the side of a cut that it is on."""

    name: _Text
    image: _Picture
    prompt: _Prompt
    shot: _ShotFacts


TRUTH_COLUMNS = ("current_truth", "next_truth")
"""Which only the film set knows."""
TRUTH_JSON = ("camera", "palette", "words")
"""Of the truth: in a line JSON, in a table text that is."""
IMAGE_COLUMNS = ("current_image", "next_image")


def about_columns() -> dict[str, list[str]]:
    """The names of columns by what they hold, for people; the format tells for itself."""
    columns = Line.model_fields.items()
    return {
        about: [name for name, column in columns if column.description == about]
        for about in _ABOUT.values()
    }


def faults_of(error: ValidationError) -> Iterator[tuple[str, str]]:
    """What a class above does not take: the column, and what is wrong with it."""
    for fault in error.errors(include_url=False):
        text, given = fault["msg"].removeprefix("Value error, "), fault["input"]
        # A value is told, unless the words are ours or it is a struct, which its column tells.
        ours = fault["type"] == "value_error"
        told = (
            "" if ours or isinstance(given, dict | list) else f", not {one_line(repr(given), 60)}"
        )
        yield ".".join(map(str, fault["loc"])), f"{text}{told}"
