"""The columns of a table of cuts: what each is called, holds and may hold, listed once.

A class below is a struct of columns, each with its type in a line of JSON (`exporting.py`); how a
table stores it (`schema.py`) follows from that, or is named beside it with `Stored`.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from cut2next.cuts.record import REJECTED

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


_Picture = Annotated[str, Stored("image")]
"""In a line the name of a file; in a table the file."""
_Json = Annotated[JsonValue, Stored("string")]
_Whole = Annotated[int, Field(ge=-(2**63), lt=2**63), Stored("int64")]
_Number = Annotated[int, Field(ge=-(2**31), lt=2**31), Stored("int32")]
_Scores = dict[str, Annotated[float, Field(allow_inf_nan=False), Stored("float64")]]


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
    attributes: dict[str, str]


class _Span(_Columns):
    start: _Whole
    keyframe: _Whole
    end: _Whole
    time_base: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,17}(/[1-9][0-9]{0,17})?$")]


class _ShotFacts(_Columns):
    span: _Span | None
    scene: _Number | None
    marks: list[str]
    scores: _Scores


class _Maker(_Columns):
    tool: str
    version: str
    parameters: Annotated[dict[str, JsonValue], Stored("string")]


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
    film: Annotated[str, _about("origin")]
    contents: Annotated[str | None, _about("origin"), Since(2)]
    split: Annotated[str, _about("split")]
    current_name: Annotated[str, _about("origin")]
    next_name: Annotated[str, _about("origin")]
    current_image: Annotated[_Picture, _about("keyframes")]
    next_image: Annotated[_Picture, _about("keyframes")]
    patterns: Annotated[list[str], _about("patterns")]
    relational_prompt: Annotated[_Relational, _about("relation")]
    current_prompt: Annotated[_Prompt, _about("prompts")]
    next_prompt: Annotated[_Prompt, _about("prompts")]
    current_shot: Annotated[_ShotFacts, _about("shots"), Since(2)]
    next_shot: Annotated[_ShotFacts, _about("shots"), Since(2)]
    scores: Annotated[_Scores, _about("scores"), Since(2)]
    rejected: Annotated[list[str], _about("scores"), Since(2)]
    made_by: Annotated[list[_Maker], _about("makers")]
    licence: Annotated[str, _about("makers")]
    source: Annotated[str, _about("makers")]
    current_truth: Annotated[TruthColumns | None, _about("truth")] = None
    next_truth: Annotated[TruthColumns | None, _about("truth")] = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        """What the writer of data sets would refuse, without the number of the line."""
        if not self.split.isidentifier() or self.split == REJECTED:
            raise ValueError("the split should be a name like train, and not rejected")
        if (self.current_truth is None) != (self.next_truth is None):
            raise ValueError("only one of the shots has its truth")
        return self


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
