"""What a maker is: it is given a cut without its next shot, and makes that. No torch here."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Protocol, runtime_checkable

from PIL import Image, ImageOps
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from cut2next.film import Cut2NextError, EditingPattern, HierarchicalPrompt, IndividualPrompt


class MakerError(Cut2NextError):
    """A maker failed, or made what is no next shot."""


@dataclass(frozen=True, kw_only=True, eq=False)
class EarlierShot:
    """A shot that came before the current one."""

    picture: Image.Image
    prompt: IndividualPrompt


@dataclass(frozen=True, kw_only=True, eq=False)
class Brief:
    """A cut whose next shot is still to be made: all that a maker is told."""

    name: str
    """Unique among those of a run."""
    current: Image.Image
    """The current shot, RGB."""
    prompt: HierarchicalPrompt
    patterns: frozenset[EditingPattern]
    size: tuple[int, int]
    """Width and height that the next shot shall have, pixels."""
    seed: int
    earlier: Sequence[EarlierShot] = ()
    """What came before the current shot, in its order, for makers that read more than that."""


def _finite(told: dict[str, JsonValue]) -> dict[str, JsonValue]:
    json.dumps(told, allow_nan=False)  # or ValueError says why not
    return told


Told = Annotated[dict[str, JsonValue], AfterValidator(_finite)]
"""Whatever anybody tells, as JSON knows it, which has neither NaN nor infinity."""


class Asked(BaseModel):
    """What a maker was really asked for one picture: enough to ask it again."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    words: str
    """The prompt, as the maker's own text encoder or server was given it."""
    size: Annotated[tuple[int, int], Field(strict=False)]
    """Width and height that the picture was made at, pixels; it may be brought to the brief's."""
    seed: int | None = None
    """None for what knows no seed."""
    steps: int | None = None
    guidance: float | None = None
    weights: str = ""
    """Digest of the weights, or the version of what was asked; empty where nobody can tell."""
    settings: Told = Field(default_factory=dict)
    """Whatever else it was told."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Made:
    """A next shot, of the brief's size, RGB."""

    picture: Image.Image
    asked: Asked


class Maker(Protocol):
    """Makes next shots; one that makes several in a pass says how many `together`."""

    def make(self, briefs: Sequence[Brief]) -> Iterable[Made]:
        """One for each brief, in their order. Raises MakerError when it cannot."""
        ...


@runtime_checkable
class StoppableMaker(Protocol):
    """A maker that looks, in the midst of a picture, whether anybody still wants it."""

    def made_while(self, brief: Brief, goes_on: Callable[[], bool]) -> Made | None:
        """As `Maker.make` for one brief; None soon after `goes_on` says no. It is asked often."""
        ...


def brought_to(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A picture at a brief's size: its centre, scaled and not stretched."""
    if picture.size == size:
        return picture
    return ImageOps.fit(picture, size, Image.Resampling.LANCZOS)
