"""What a vision-language model answers: about a cut, and about each of its shots.

The vocabulary of the attributes is ShotBench's; what it has no word for (eye level, say) is None.
Bounds of text and lists are checked here and not asked of a server, since few servers know them.
What is asked for is strict; what is taken is not, see `lenient`.
"""

import json
import re
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from cut2next.annotation.lenient import is_label, joined, named, own_fields, people
from cut2next.film import EditingPattern, parse_pattern
from cut2next.film.png_prompt import printable

LONGEST_TEXT = 2000
"""Characters; more than the text encoders read of a whole prompt."""
LONGEST_LABEL = 120
"""Characters of a name, a look, a colour."""
MOST_CHARACTERS = 12

ShotSize = Literal[
    "extreme wide", "wide", "medium wide", "medium", "medium close up", "close up",
    "extreme close up",
]  # fmt: skip
Framing = Literal[
    "single", "2 shot", "3 shot", "group", "over the shoulder", "insert", "establishing"
]
CameraAngle = Literal["low", "high", "overhead", "aerial", "dutch"]
Lens = Literal["ultra wide", "wide", "medium", "long"]
LightingType = Literal[
    "daylight", "artificial", "mixed", "firelight", "overcast", "practical", "sunny", "moonlight",
    "fluorescent", "HMI", "tungsten", "LED",
]  # fmt: skip
LightingCondition = Literal[
    "side", "back", "high contrast", "silhouette", "edge", "under", "top", "hard", "soft",
    "low contrast",
]  # fmt: skip
Composition = Literal[
    "center", "balanced", "symmetrical", "left heavy", "right heavy", "short side"
]
# Spelt out for the type checker; a test holds it to EditingPattern.
PatternName = Literal["shot-reverse-shot", "cut-in", "cut-out", "cutaway", "multi-angle"]


def _text(given: str) -> str:
    """One tidy line that says something and does not run on."""
    tidy = " ".join(printable(given).split())
    if not any(sign.isalnum() for sign in tidy):
        raise ValueError("says nothing")
    if len(tidy) > LONGEST_TEXT:
        raise ValueError(f"is {len(tidy)} characters long, at most {LONGEST_TEXT} are read")
    return tidy


def _label(given: str) -> str:
    """A few words that can stand inside `<Name> (look)`; brackets around them are taken off."""
    tidy = _text(given).strip("<>() ")
    if len(tidy) > LONGEST_LABEL:
        raise ValueError(f"is {len(tidy)} characters long, at most {LONGEST_LABEL} are read")
    if re.search(r"[<>()]", tidy):
        raise ValueError("holds brackets")
    return tidy


def word_of(vocabulary: Any) -> BeforeValidator:
    """The first word of a vocabulary that is named; None for what is not in it."""
    return BeforeValidator(lambda given: next(iter(named(given, get_args(vocabulary))), None))


def _patterns(given: Any) -> Any:
    """Patterns by name or label; as they came where none is known."""
    return named(given, get_args(PatternName)) or ([given] if isinstance(given, str) else given)


def _if_told(given: Any, read: ValidatorFunctionWrapHandler) -> str | None:
    """A label in the model's own words; None for what is none."""
    try:
        label: str | None = read(given)
    except ValidationError:
        return None
    return label if label and is_label(label) else None


def _object(given: Any) -> Any:
    return given if isinstance(given, dict) else {}


Text = Annotated[str, BeforeValidator(joined), AfterValidator(_text)]
Label = Annotated[str, BeforeValidator(joined), AfterValidator(_label)]
OwnWords = Annotated[Label | None, WrapValidator(_if_told)]


class AnswerFields(BaseModel):
    """What is answered: fields by any spelling of their names, and no others."""

    # The second is for `asked_schema`: whoever writes an answer writes all of its fields.
    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_serialization_defaults_required=True
    )

    @model_validator(mode="before")
    @classmethod
    def _own_fields(cls, given: Any) -> Any:
        return own_fields(given, cls.model_fields) if isinstance(given, dict) else given


class NamedCharacter(AnswerFields):
    """Someone in the scene: the name all prompts use, and what tells them from the others."""

    name: Label
    look: Label


def _distinct(given: tuple[NamedCharacter, ...]) -> tuple[NamedCharacter, ...]:
    if len(given) > MOST_CHARACTERS:
        raise ValueError(f"are {len(given)}, at most {MOST_CHARACTERS} are read")
    if len({character.name for character in given}) < len(given):
        raise ValueError("share a name")
    return given


def _nonempty(given: tuple[PatternName, ...]) -> tuple[PatternName, ...]:
    if not given:
        raise ValueError("are none, at least one is needed")
    return given


Patterns = Annotated[tuple[PatternName, ...], BeforeValidator(_patterns), AfterValidator(_nonempty)]
"""One or more, by name or label."""


class CutAnswer(AnswerFields):
    """About the pair of stills: who, where, what stays the same, how the cut goes."""

    characters: Annotated[
        tuple[NamedCharacter, ...], BeforeValidator(people), AfterValidator(_distinct)
    ]
    scene: Text
    scene_consistency: Text
    character_consistency: Text
    transition: Text
    patterns: Patterns

    @property
    def editing_patterns(self) -> frozenset[EditingPattern]:
        """The patterns in film's words."""
        return frozenset(parse_pattern(name) for name in self.patterns)


class Attributes(AnswerFields):
    """Cinematography of one still."""

    shot_size: Annotated[ShotSize | None, word_of(ShotSize)] = None
    framing: Annotated[Framing | None, word_of(Framing)] = None
    camera_angle: Annotated[CameraAngle | None, word_of(CameraAngle)] = None
    lens: Annotated[Lens | None, word_of(Lens)] = None
    lighting_type: Annotated[LightingType | None, word_of(LightingType)] = None
    lighting_condition: Annotated[LightingCondition | None, word_of(LightingCondition)] = None
    composition: Annotated[Composition | None, word_of(Composition)] = None
    color: OwnWords = None
    focus: OwnWords = None

    def named(self) -> dict[str, str]:
        """Those that are told, by readable names in a fixed order: {"Shot Size": "wide", ...}."""
        given = self.model_dump(exclude_none=True)
        return {name.replace("_", " ").title(): value for name, value in given.items()}


class ShotAnswer(AnswerFields):
    """About one still."""

    summary: Text
    description: Text
    attributes: Annotated[Attributes, BeforeValidator(_object)]


Answered = TypeVar("Answered", bound=BaseModel)


def asked_schema(schema: type[BaseModel], fields: Collection[str] | None = None) -> dict[str, Any]:
    """The JSON schema to ask a server for: every field required, None where it may be left out.

    Stricter than what is taken, as servers with a strict mode demand. Of some fields where they
    are named.
    """
    plain = schema.model_json_schema(mode="serialization")
    inlined: dict[str, Any] = _inline(plain, plain.get("$defs", {}))
    if fields is not None:
        inlined["required"] = [name for name in inlined["required"] if name in fields]
        inlined["properties"] = {name: inlined["properties"][name] for name in inlined["required"]}
    return inlined


def _inline(node: Any, definitions: Mapping[str, Any]) -> Any:
    """A schema without references, titles, defaults and docstrings: what every server reads."""
    if isinstance(node, list):
        return [_inline(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _inline(definitions[node["$ref"].rpartition("/")[2]], definitions)
    properties = {
        name: _inline(item, definitions) for name, item in node.get("properties", {}).items()
    }
    dropped = ("$defs", "title", "default", "description", "properties")
    rest = {key: _inline(item, definitions) for key, item in node.items() if key not in dropped}
    return {**rest, "properties": properties} if properties else rest


def as_line(schema: dict[str, Any]) -> str:
    """A schema as one line of JSON, the same each time."""
    return json.dumps(schema, sort_keys=True, separators=(",", ":"))
