"""A storyboard as an immutable value: scenes of panels, who is in them, and pictures by hash.

Whoever changes a board makes another (`operations`). What a field may hold is checked here and
nowhere else, so that whatever comes in, by the page, a file or an edit, is held to the same.
A panel may name what is not on the board (any more): a figure, or the panel that it is cut from.
Such a name counts for nothing, and comes to life again when its bearer does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from fractions import Fraction
from functools import cached_property
from secrets import token_hex

from cut2next.film import (
    Character,
    EditingPattern,
    HierarchicalPrompt,
    IndividualPrompt,
    InputError,
    RelationalPrompt,
)
from cut2next.film.errors import one_line
from cut2next.film.fields import check_fields
from cut2next.generation.ranges import GUIDANCE, STEPS, STRENGTH
from cut2next.studio.checks import (
    FRAMES,
    PANELS,
    SEED,
    SIDE,
    check_digest,
    check_id,
    check_line,
    check_text,
    check_unlike,
)

RATES = (
    *(Fraction(24_000, 1001), Fraction(24), Fraction(25), Fraction(30_000, 1001), Fraction(30)),
    *(Fraction(48), Fraction(50), Fraction(60_000, 1001), Fraction(60)),
)
"""Frames a second that a page offers; 23.976 is 24000/1001."""
LONGEST_SIDE = 8192
"""Pixels, of a board's frame and of next shots."""
_LEAST_RATE, _MOST_RATE = Fraction(1), Fraction(120)
_LATEST, _FINEST = 10**9, 10**60
"""Seconds in footage, which may be told by the calendar; parts of one, with digits to count."""


def new_id() -> str:
    """A name for a new part of a board, which nobody else has."""
    return token_hex(8)


class Origin(Enum):
    """Where a picture comes from; exports tell it as XMP's DigitalSourceType."""

    MADE = "made"
    """By a model."""
    DRAWN = "drawn"
    CAMERA = "camera"
    """A photograph, or a frame of a film."""
    UNKNOWN = "unknown"


class Numbering(Enum):
    """How panels are numbered; one that has a number of its own keeps it."""

    PLAIN = "plain"
    """1, 2, 3."""
    LETTERS = "letters"
    """1, 1A, 1B, 2: panels of the same shot have letters."""
    TENS = "tens"
    """10, 20, 30, so that others fit between."""
    SCENES = "scenes"
    """1-1, 1-2, 2-1: scene and panel."""


class Kind(Enum):
    """What a figure is."""

    PERSON = "person"
    PLACE = "place"


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture that lies among the board's, by its content."""

    sha256: str
    """Of the file: a PNG or JPEG."""
    width: int
    height: int
    origin: Origin = Origin.UNKNOWN
    source: str = ""
    """Where it came from, in words for a person: "sintel.mp4, 0:42"."""

    def __post_init__(self) -> None:
        check_fields(self)
        check_digest(self.sha256)
        SIDE.taken(self.width, "width")
        SIDE.taken(self.height, "height")
        check_line(self.source, "a picture's source")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A person or a place, with the words that come back in every prompt of a panel it is in."""

    id: str
    kind: Kind
    name: str
    look: str = ""
    picture: Picture | None = None

    def __post_init__(self) -> None:
        check_fields(self)
        check_id(self.id, "a figure")
        check_line(self.name, "a name")
        check_line(self.look, "a look")
        if not self.name.strip() or set("<>()") & set(self.name) or set("<>()") & set(self.look):
            raise InputError(
                f"a figure called {self.name!r} with the look {self.look!r}",
                expected="a name, and neither < > ( nor ) in it or in the look",
                hint="they are written <Name> (look) in prompts",
            )

    def __str__(self) -> str:
        return str(Character(name=self.name, look=self.look))


@dataclass(frozen=True, kw_only=True)
class Camera:
    """Where the camera stands, in any words; an empty one is not said."""

    azimuth: str = ""
    height: str = ""
    distance: str = ""
    lens: str = ""

    def __post_init__(self) -> None:
        check_fields(self)
        for each in fields(self):
            check_line(getattr(self, each.name), f"a camera's {each.name}")


@dataclass(frozen=True, kw_only=True)
class Strengths:
    """How strongly what a model reads counts; 1 is as it was trained."""

    relational: float = 1.0
    current: float = 1.0

    def __post_init__(self) -> None:
        check_fields(self)
        STRENGTH.taken(self.relational, "relational strength")
        STRENGTH.taken(self.current, "current strength")


@dataclass(frozen=True, kw_only=True)
class Way:
    """The way to cut to a panel: all that a next shot is asked for with, but what it shows."""

    source: str | None = None
    """The panel that it is cut from; None, or one that is gone, is the panel before it."""
    patterns: tuple[EditingPattern, ...] = ()
    relation: RelationalPrompt | None = None
    """Of the three prompts the first; None is what the patterns imply."""
    camera: Camera = field(default_factory=Camera)
    seed: int | None = None
    """Locked; None is another for every next shot."""
    strengths: Strengths = field(default_factory=Strengths)
    steps: int | None = None
    """None is the maker's own number."""
    guidance: float | None = None

    def __post_init__(self) -> None:
        check_fields(self)
        check_unlike((pattern.value for pattern in self.patterns), "patterns")
        if self.relation is not None:
            _check_prompt(self.relation)
        if self.seed is not None:
            SEED.taken(self.seed, "seed")
        if self.steps is not None:
            STEPS.taken(self.steps, "steps")
        if self.guidance is not None:
            GUIDANCE.taken(self.guidance, "guidance")


@dataclass(frozen=True, kw_only=True)
class Media:
    """The footage that a panel stands for, as an edit names it. Never opened by this name."""

    url: str
    """As the timeline has it: a relative path, or a file:// URL."""
    start: Fraction = Fraction(0)
    """Seconds in that footage."""

    def __post_init__(self) -> None:
        check_fields(self)
        check_text(self.url, "a medium's URL")
        if not 0 <= self.start <= _LATEST or self.start.denominator > _FINEST:
            raise InputError(
                f"media from {float(min(self.start, Fraction(_LATEST + 1))):g} s",
                expected=f"0 to {_LATEST:,} s",
                hint="check the timeline",
            )


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One panel: a shot, or with `continues` a further picture of the shot before."""

    id: str
    frames: int
    """How long it lasts, frames at the board's rate."""
    picture: Picture | None = None
    """The one that was accepted; None is an empty panel."""
    continues: bool = False
    number: str = ""
    """Its own number, kept whatever the numbering; empty is what that makes."""
    dialogue: str = ""
    action: str = ""
    notes: str = ""
    shows: IndividualPrompt | None = None
    """What it shows: the next shot's prompt when it is made, the current's when it is cut from."""
    way: Way = field(default_factory=Way)
    figures: tuple[str, ...] = ()
    """Ids of the people and places whose words its prompts are given; none unless chosen."""
    media: Media | None = None

    def __post_init__(self) -> None:
        check_fields(self)
        check_id(self.id, "a panel")
        FRAMES.taken(self.frames, "frames")
        check_line(self.number, "a panel's number")
        for name in ("dialogue", "action", "notes"):
            check_text(getattr(self, name), f"a panel's {name}")
        if self.shows is not None:
            _check_prompt(self.shows)
        check_unlike(self.figures, "figures of a panel")


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Panels in their order."""

    id: str
    panels: tuple[Panel, ...] = ()
    heading: str = ""
    """As a script has it: "INT. KITCHEN - DAY"."""
    number: str = ""
    """Its own; empty is its place."""
    notes: str = ""

    def __post_init__(self) -> None:
        check_fields(self)
        check_id(self.id, "a scene")
        check_line(self.heading, "a scene's heading")
        check_line(self.number, "a scene's number")
        check_text(self.notes, "a scene's notes")


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A picture that a panel may have: a job's result, kept without being accepted."""

    id: str
    panel: str
    """It may be gone; should it come back, so do its candidates."""
    picture: Picture
    maker: str
    """As it is called."""
    prompt: HierarchicalPrompt
    way: Way
    """With the seed that it was really made by."""

    def __post_init__(self) -> None:
        check_fields(self)
        check_id(self.id, "a candidate")
        check_id(self.panel, "a panel")
        check_line(self.maker, "a maker")
        for prompt in (self.prompt.relational, self.prompt.current, self.prompt.next):
            _check_prompt(prompt)


@dataclass(frozen=True, kw_only=True)
class Board:
    """A whole storyboard."""

    title: str = ""
    rate: Fraction = Fraction(24)
    """Frames a second, exact."""
    width: int = 1280
    height: int = 720
    """Of the frame that panels are shown in and exported at, pixels; even, as video asks."""
    numbering: Numbering = Numbering.PLAIN
    scenes: tuple[Scene, ...] = ()
    figures: tuple[Figure, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    """Of all panels, the oldest first; beside the panels, so that one may come at any time."""

    def __post_init__(self) -> None:
        check_fields(self)
        check_line(self.title, "a title")
        _check_rate(self.rate)
        _check_frame(self.width, self.height)
        panels = [panel.id for panel in self.panels]
        if len(panels) > PANELS:
            raise InputError(
                f"a board of {len(panels):,} panels",
                expected=f"at most {PANELS:,}",
                hint="split it",
            )
        check_unlike(panels, "panels")
        check_unlike((scene.id for scene in self.scenes), "scenes")
        check_unlike((figure.id for figure in self.figures), "figures")
        check_unlike((candidate.id for candidate in self.candidates), "candidates")

    @property
    def panels(self) -> Iterator[Panel]:
        """Of all scenes, in their order."""
        return (panel for scene in self.scenes for panel in scene.panels)

    @cached_property
    def by_id(self) -> Mapping[str, Panel]:
        """Every panel, in their order."""
        return {panel.id: panel for panel in self.panels}

    @property
    def frames(self) -> int:
        """How long it lasts."""
        return sum(panel.frames for panel in self.panels)

    def source_of(self, panel: str) -> Panel | None:
        """The panel that one is cut from; None for the first.

        Raises KeyError when the panel is not on the board.
        """
        named = self.by_id[panel].way.source
        if named is not None and named != panel and named in self.by_id:
            return self.by_id[named]
        return self._before[panel]

    def scene_of(self, panel: str) -> Scene:
        """The scene of a panel. Raises KeyError when the panel is not on the board."""
        return self._scenes[panel]

    @cached_property
    def _before(self) -> Mapping[str, Panel | None]:
        """By panel, the one before it."""
        return dict(zip(self.by_id, [None, *self.by_id.values()], strict=False))

    @cached_property
    def _scenes(self) -> Mapping[str, Scene]:
        return {panel.id: scene for scene in self.scenes for panel in scene.panels}

    def candidates_of(self, panel: str) -> tuple[Candidate, ...]:
        """What a panel may have, the oldest first."""
        return tuple(each for each in self.candidates if each.panel == panel)


def _check_rate(rate: Fraction) -> None:
    if not _LEAST_RATE <= rate <= _MOST_RATE or rate.denominator > 1001:
        raise InputError(
            f"{one_line(rate, 60)} frames a second",
            expected="1 to 120",
            hint="for example 24000/1001",
        )


def _check_frame(width: int, height: int) -> None:
    for side in (width, height):
        if not 16 <= side <= LONGEST_SIDE or side % 2:
            raise InputError(
                f"a frame of {width}x{height} pixels",
                expected=f"even sides of 16 to {LONGEST_SIDE}",
                hint="for example 1280x720",
            )


def _check_prompt(prompt: RelationalPrompt | IndividualPrompt) -> None:
    """Every text of it; `film` says only that they are texts."""
    for name, value in vars(prompt).items():
        for text in (value,) if isinstance(value, str) else (*value.keys(), *value.values()):
            check_text(text, f"a prompt's {name}")
