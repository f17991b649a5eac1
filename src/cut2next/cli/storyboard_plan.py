"""A plan of a storyboard: JSON with a still, what it shows, and the cuts that are made of it.

    {"image": "shot.png", "current": "Two shot of <Anna> (red bob) and <Ben> (beard) in the café",
     "cuts": [{"pattern": "cut-in", "next": "Close up of <Anna> (red bob) in the café", "seed": 7},
              {"pattern": ["cut-out"], "next": "Wide shot of ...", "relation": "..."}]}

What the still shows may be left to its PNG, and how a cut goes to its patterns.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cut2next.cli.arguments import pathname, text
from cut2next.cli.batch import at
from cut2next.film import Cut2NextError, InputError, parse_pattern
from cut2next.film.errors import one_line
from cut2next.film.keyframe import read_keyframe
from cut2next.film.paths import read_json
from cut2next.generation.request import NextShotRequest
from cut2next.generation.several_cuts import MOST

_CONFIG = ConfigDict(extra="forbid", strict=True, frozen=True)


class PlannedCut(BaseModel):
    """One cut of a plan; what the values mean is checked as on the command line."""

    model_config = _CONFIG

    next: str
    pattern: str | list[str] = Field(default=[])
    relation: str | None = None
    seed: int = 0


class Plan(BaseModel):
    """A still and the cuts that follow."""

    model_config = _CONFIG

    image: str
    current: str | None = None
    cuts: list[PlannedCut] = Field(min_length=1, max_length=MOST)


def read_plan(path: Path, **settings: Any) -> Sequence[NextShotRequest]:
    """The requests of a plan, in their order; `settings` are those of all of them.

    Raises InputError, naming the place, for what is no plan.
    """
    plan = _parsed(path)
    image, current = _taken(pathname, plan.image, path, "image"), None
    if plan.current is not None:
        current = _taken(text, plan.current, path, "current")
    picture = read_keyframe(image)
    said = {"picture": picture, "source": str(image), "current": current, **settings}
    cuts = enumerate(plan.cuts, start=1)
    return [_request(cut, f"{path}, cut {number}", said) for number, cut in cuts]


def _request(cut: PlannedCut, where: str, said: dict[str, Any]) -> NextShotRequest:
    patterns = [cut.pattern] if isinstance(cut.pattern, str) else cut.pattern
    words = {
        name: _taken(text, value, where, name)
        for name, value in (("next", cut.next), ("relation", cut.relation))
        if value is not None
    }
    try:
        return NextShotRequest(
            **said, **words, patterns=[parse_pattern(name) for name in patterns], seed=cut.seed
        )
    except Cut2NextError as error:
        raise at(where, error) from error


def _taken(kind: Any, value: str, where: object, name: str) -> Any:
    """A text as the command line takes it."""
    try:
        return kind(value)
    except argparse.ArgumentTypeError as error:
        raise _refused(f"{where}, {name}: {error}") from error


def _parsed(path: Path) -> Plan:
    try:
        return Plan.model_validate(read_json(path))
    except ValidationError as error:
        (fault, *_) = error.errors(include_url=False)
        name = "".join(f", {part}" for part in fault["loc"])
        raise _refused(f"{path}{one_line(name, 80)}: {one_line(fault['msg'], 80)}") from error


def _refused(got: str) -> InputError:
    cut, plan = ", ".join(PlannedCut.model_fields), ", ".join(Plan.model_fields)
    return InputError(
        got, expected=f"an object with {plan}, each cut with {cut}", hint="mend the plan"
    )
