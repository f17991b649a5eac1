"""A cut with all that is known of it: where it lies in its film, its scores, what made it.

`Cut` is what the method sees; a record is what the data room works on. Steps take records and give
records, and a data set folder holds one in each row (`schema.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from PIL import Image

from cut2next.film import Cut, EditingPattern, IndividualPrompt, RelationalPrompt, Shot, cut_id
from cut2next.film.keyframe import read_picture

SIDES = ("current", "next")
"""Of a cut."""
REJECTED = "rejected"
"""The split of the cuts that a filter left out; they are kept, so that it can be asked again."""


@dataclass(frozen=True, kw_only=True)
class MadeBy:
    """Which tool made a cut, or something of it, and how: enough to make it again."""

    tool: str
    version: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """What JSON can hold."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """Where a shot lies in its film, exactly: presentation timestamps in units of a time base."""

    start: int
    """Of the first frame."""
    keyframe: int
    """Of the frame that stands for the shot."""
    end: int
    """Of the first frame after the shot."""
    time_base: Fraction
    """Seconds that one unit lasts."""

    def seconds(self, timestamp: int) -> float:
        """A timestamp in seconds."""
        return float(timestamp * self.time_base)

    @property
    def duration(self) -> float:
        """Seconds from the first frame to the end of the last."""
        return self.seconds(self.end - self.start)


@dataclass(frozen=True, kw_only=True)
class ShotRecord:
    """A shot and all that was found out about it."""

    name: str
    """Unique within its film."""
    image: bytes = field(repr=False)
    """The keyframe as a PNG or JPEG file; empty where it was not asked for."""
    prompt: IndividualPrompt
    span: Span | None = None
    """None for a shot that lies in no film file."""
    scene: int | None = None
    """Shots with one number are of one scene; None where scenes are not known."""
    marks: tuple[str, ...] = ()
    """What else a step noticed: "flash", "title card", ..."""
    scores: Mapping[str, float] = field(default_factory=dict)

    def keyframe(self, cut: str = "") -> Image.Image:
        """The keyframe, RGB and upright. Raises InputError, with the cut's id, if it is damaged."""
        return read_picture(self.image, f"{cut}: the keyframe of {self.name}".removeprefix(": "))

    def shot(self, cut: str = "") -> Shot:
        """The shot as next shot generation sees it. Raises InputError as `keyframe` does."""
        return Shot(name=self.name, keyframe=self.keyframe(cut), prompt=self.prompt)


@dataclass(frozen=True, kw_only=True)
class CutRecord:
    """Two adjoining shots and all that was found out about their cut."""

    film: str
    current: ShotRecord
    next: ShotRecord
    patterns: frozenset[EditingPattern] = frozenset()
    """Empty until the cut is annotated."""
    relational: RelationalPrompt
    scores: Mapping[str, float] = field(default_factory=dict)
    rejected: tuple[str, ...] = ()
    """Why a filter left the cut out, one reason for each threshold; empty for those it kept."""
    made_by: tuple[MadeBy, ...]
    """In the order of the work."""
    licence: str
    """What may be done with the pictures, an SPDX name where there is one."""
    source: str
    """Where they come from."""
    contents: str | None = None
    """Digest of the film file, which tells it under whatever name; None where there is none."""
    split: str = "train"
    """Of its film, so that nothing leaks; a cut keeps it when a filter leaves it out."""
    truth: tuple[Mapping[str, Any], Mapping[str, Any]] | None = field(default=None, repr=False)
    """Of the film set alone: the columns `current_truth` and `next_truth`."""

    @property
    def id(self) -> str:
        """Unique across films."""
        return cut_id(self.film, self.current.name, self.next.name)

    @property
    def film_identity(self) -> str:
        """What two names of one film have in common, and two films of one name do not."""
        return self.contents or self.film

    @property
    def placed(self) -> str:
        """The split of a data set that holds the cut: its own, or "rejected"."""
        return REJECTED if self.rejected else self.split

    @property
    def shots(self) -> tuple[ShotRecord, ShotRecord]:
        """Current and next."""
        return self.current, self.next

    @property
    def annotated(self) -> bool:
        """Whether prompts have been written."""
        return bool(self.current.prompt.summary and self.next.prompt.summary)

    def cut(self) -> Cut:
        """The cut as next shot generation sees it, its keyframes decoded."""
        return Cut(
            film=self.film,
            current=self.current.shot(self.id),
            next=self.next.shot(self.id),
            patterns=self.patterns,
            relational=self.relational,
        )
