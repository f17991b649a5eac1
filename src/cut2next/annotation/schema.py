"""What a vision-language model answers: about a cut, and about each of its shots.

The vocabulary of the attributes is ShotBench's; what it has no word for (eye level, say) is None.
Bounds of text and lists are checked here and not asked of a server, since few servers know them.
"""

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from cut2next.film import EditingPattern, parse_pattern
from cut2next.film.png_prompt import printable

LONGEST_TEXT = 2000
"""Characters; more than the text encoders read of a whole prompt."""
LONGEST_LABEL = 120
"""Characters of a name, a look, a colour."""
MOST_CHARACTERS = 12
_LONGEST_FAULT = 500

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
    """A few words that can stand inside `<Name> (look)`."""
    tidy = _text(given)
    if len(tidy) > LONGEST_LABEL:
        raise ValueError(f"is {len(tidy)} characters long, at most {LONGEST_LABEL} are read")
    if re.search(r"[<>()]", tidy):
        raise ValueError("holds brackets")
    return tidy


Text = Annotated[str, AfterValidator(_text)]
Label = Annotated[str, AfterValidator(_label)]


class _Answer(BaseModel):
    # The second is for `asked_schema`: whoever writes an answer writes all of its fields.
    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_serialization_defaults_required=True
    )


class NamedCharacter(_Answer):
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


class CutAnswer(_Answer):
    """About the pair of stills: who, where, what stays the same, how the cut goes."""

    characters: Annotated[tuple[NamedCharacter, ...], AfterValidator(_distinct)]
    scene: Text
    scene_consistency: Text
    character_consistency: Text
    transition: Text
    patterns: Annotated[tuple[PatternName, ...], AfterValidator(_nonempty)]

    @property
    def editing_patterns(self) -> frozenset[EditingPattern]:
        """The patterns in film's words."""
        return frozenset(parse_pattern(name) for name in self.patterns)


class Attributes(_Answer):
    """Cinematography of one still."""

    shot_size: ShotSize | None = None
    framing: Framing | None = None
    camera_angle: CameraAngle | None = None
    lens: Lens | None = None
    lighting_type: LightingType | None = None
    lighting_condition: LightingCondition | None = None
    composition: Composition | None = None
    color: Label | None = None
    focus: Label | None = None

    def named(self) -> dict[str, str]:
        """Those that are told, by readable names in a fixed order: {"Shot Size": "wide", ...}."""
        given = self.model_dump(exclude_none=True)
        return {name.replace("_", " ").title(): value for name, value in given.items()}


class ShotAnswer(_Answer):
    """About one still."""

    summary: Text
    description: Text
    attributes: Attributes


Answered = TypeVar("Answered", bound=BaseModel)


def read_answer(raw: str, schema: type[Answered]) -> Answered | str:
    """The answer in a model's raw text, or what is wrong with it in words for the model.

    A code fence around the JSON, which small models like to write, is taken off.
    """
    fenced = re.fullmatch(r"\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*", raw, flags=re.DOTALL)
    try:
        return schema.model_validate_json(fenced[1] if fenced else raw)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        return "; ".join(map(_in_words, faults))[:_LONGEST_FAULT]


def _in_words(fault: Mapping[str, Any]) -> str:
    where = ".".join(str(step) for step in fault["loc"])
    what = str(fault["msg"]).removeprefix("Value error, ")
    return f"{where}: {what}" if where else what


def asked_schema(schema: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema to ask a server for: every field required, None where it may be left out.

    Stricter than what `read_answer` takes, as servers with a strict mode demand.
    """
    plain = schema.model_json_schema(mode="serialization")
    inlined = _inline(plain, plain.get("$defs", {}))
    assert isinstance(inlined, dict)
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


def schema_text(schema: type[BaseModel]) -> str:
    """The schema as one line of JSON, the same each time: a part of the cache's key."""
    return json.dumps(asked_schema(schema), sort_keys=True, separators=(",", ":"))
